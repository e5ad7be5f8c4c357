import { authSession } from "cognito-auth-session/koa";
import type { Stage } from "../stage.js";
import { koaApp } from "./koa-app.js";
import { ourOptions } from "./ours.js";

/** One middleware, as `koa-by-hand` is: Koa's own handler answers what it refuses. */
export const serve = ({ pool }: Stage) => koaApp(authSession(ourOptions(pool)));
