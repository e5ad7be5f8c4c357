import { authErrorHandler, authSession } from "cognito-auth-session/koa";
import type { Stage } from "../stage.js";
import { koaApp } from "./koa-app.js";
import { ourOptions } from "./ours.js";

export const serve = ({ pool }: Stage) => koaApp(authErrorHandler(), authSession(ourOptions(pool)));
