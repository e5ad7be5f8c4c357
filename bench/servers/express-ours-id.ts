import { authErrorHandler, authSession } from "cognito-auth-session";
import type { Stage } from "../stage.js";
import { expressApp } from "./express-app.js";
import { ourOptions } from "./ours.js";

/** The same ID tokens as with eager credentials, without credentials: what those are compared with. */
export const serve = ({ local }: Stage) => expressApp(authSession(ourOptions(local)), authErrorHandler());
