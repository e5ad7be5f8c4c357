import { authErrorHandler, authSession } from "cognito-auth-session";
import type { Stage } from "../stage.js";
import { expressApp } from "./express-app.js";
import { ourOptions } from "./ours.js";

/** Credentials are there before the handler runs. */
export const serve = ({ local }: Stage) => {
  const { identityPoolId, identityPoolEndpoint } = local;
  const options = { ...ourOptions(local), identityPoolId, identityPoolEndpoint, credentials: "eager" } as const;
  return expressApp(authSession(options), authErrorHandler());
};
