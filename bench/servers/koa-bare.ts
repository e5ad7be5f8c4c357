import { koaApp } from "./koa-app.js";

export const serve = () => koaApp();
