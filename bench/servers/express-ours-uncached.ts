import { authErrorHandler, authSession } from "cognito-auth-session";
import type { Stage } from "../stage.js";
import { expressApp } from "./express-app.js";
import { ourOptions } from "./ours.js";

/** Every request is verified anew: what the cache has to beat. */
export const serve = ({ pool }: Stage) =>
  expressApp(authSession({ ...ourOptions(pool), tokenCacheSize: 0 }), authErrorHandler());
