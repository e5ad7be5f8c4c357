import awsCognitoExpress from "aws-cognito-express";
import type { Stage } from "../stage.js";
import { expressApp } from "./express-app.js";

/** It fetches keys from AWS only, so it is given them as `pems`, which it has for that. Its own error handler answers. */
export const serve = ({ pool: { userPoolId, clientId }, jwks, pem }: Stage) => {
  const [region = ""] = userPoolId.split("_");
  const pems = Object.fromEntries(jwks.keys.map(({ kid }) => [kid, pem]));
  const { authenticate, authenticationError } = awsCognitoExpress;
  return expressApp(authenticate({ region, userPoolId, audience: [clientId], pems }), authenticationError());
};
