import { authErrorHandler, authSession } from "cognito-auth-session";
import type { Stage } from "../stage.js";
import { expressApp } from "./express-app.js";
import { ourOptions } from "./ours.js";

export const serve = ({ pool }: Stage) => expressApp(authSession(ourOptions(pool)), authErrorHandler());
