import { expressjwt } from "express-jwt";
import jwksRsa from "jwks-rsa";
import type { Stage } from "../stage.js";
import { answerError, expressApp } from "./express-app.js";
import { jwksRsaOptions } from "./jwks-rsa-options.js";

export const serve = ({ pool }: Stage) => {
  const secret = jwksRsa.expressJwtSecret(jwksRsaOptions(pool));
  return expressApp(expressjwt({ secret, algorithms: ["RS256"], issuer: pool.issuer }), answerError);
};
