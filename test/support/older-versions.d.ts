/** Older releases under names of their own. Their types are their successors' here: what the adapters use is the same. */
declare module "express4" {
  export { default } from "express";
}

declare module "koa2" {
  export { default } from "koa";
}
