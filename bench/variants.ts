/** What answers requests: one of these to a process. */
export interface Variant {
  readonly title: string;
  readonly framework: "express" | "koa";
  /** `bare`: authenticates nobody. */
  readonly kind: "bare" | "ours" | "peer" | "study";
}

const express = (title: string, kind: Variant["kind"] = "peer") => ({ title, framework: "express", kind }) as const;
const koa = (title: string, kind: Variant["kind"] = "peer") => ({ title, framework: "koa", kind }) as const;

/** By name, which is the name of the file in `servers/` as well. */
export const VARIANTS = {
  "express-bare": express("Express 5, bare", "bare"),
  "express-no-op": express("a middleware that does nothing", "bare"),
  "express-least": express("Express 5: one SHA-256, one property", "bare"),
  "express-least-kept": express("Express 5: the same, and the claims of its tokens kept", "bare"),
  "express-ours": express("cognito-auth-session", "ours"),
  "express-ours-uncached": express("cognito-auth-session, tokenCacheSize 0", "ours"),
  "express-ours-id": express("cognito-auth-session, ID tokens", "ours"),
  "express-ours-eager": express("cognito-auth-session, eager credentials", "ours"),
  "express-oauth2-jwt-bearer": express("express-oauth2-jwt-bearer"),
  "express-jwt": express("express-jwt + jwks-rsa"),
  "express-passport-jwt": express("passport-jwt + jwks-rsa"),
  "express-by-hand": express("aws-jwt-verify by hand"),
  "express-aws-cognito-express": express("aws-cognito-express"),
  "express-fast-jwt": express("fast-jwt with its cache"),
  "express-jose": express("jose"),
  "express-verify-inline": express("crypto.verify, on the thread that serves", "study"),
  "express-verify-pool": express("crypto.verify, in the thread pool", "study"),
  "koa-bare": koa("Koa 3, bare", "bare"),
  "koa-least": koa("Koa 3: one SHA-256", "bare"),
  "koa-least-cold": koa("Koa 3: crypto.verify, two JSON.parse", "bare"),
  "koa-least-judged": koa("Koa 3: aws-jwt-verify of what was parsed", "bare"),
  "koa-ours": koa("cognito-auth-session", "ours"),
  "koa-ours-handled": koa("cognito-auth-session, authErrorHandler()", "ours"),
  "koa-jwt": koa("koa-jwt + jwks-rsa"),
  "koa-by-hand": koa("aws-jwt-verify by hand"),
} as const satisfies Readonly<Record<string, Variant>>;

export type VariantName = keyof typeof VARIANTS;

/** All names, in the order of the tables. */
export const VARIANT_NAMES = Object.keys(VARIANTS) as VariantName[];

/** What a variant's throughput is a share of. */
export function bareOf(name: VariantName): VariantName {
  return VARIANTS[name].framework === "express" ? "express-bare" : "koa-bare";
}

export function frameworkOf(name: VariantName): string {
  return VARIANTS[name].framework === "express" ? "Express" : "Koa";
}

/** Whether it asks who calls: others answer 200 to everybody. */
export function authenticates(name: VariantName): boolean {
  return VARIANTS[name].kind !== "bare";
}

/** Whether it is there for one decision, and compared with nothing else. It gets both cores, for threads of its own. */
export function isStudy(name: VariantName): boolean {
  return VARIANTS[name].kind === "study";
}

/** Whether it takes the ID tokens of `LocalCognito` instead of the other pool's access tokens. */
export function takesIdTokens(name: VariantName): boolean {
  return name === "express-ours-id" || name === "express-ours-eager";
}
