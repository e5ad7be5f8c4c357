import { createRemoteJWKSet, jwtVerify } from "jose";
import type { Stage } from "../stage.js";
import { authenticateBy, expressApp } from "./express-app.js";

export const serve = ({ pool: { issuer, jwksUri } }: Stage) => {
  const keys = createRemoteJWKSet(new URL(jwksUri));
  return expressApp(authenticateBy((token) => jwtVerify(token, keys, { issuer, algorithms: ["RS256"] })));
};
