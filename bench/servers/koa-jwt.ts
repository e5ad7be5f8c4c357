import jwksRsa from "jwks-rsa";
import koaJwt from "koa-jwt";
import type { Stage } from "../stage.js";
import { jwksRsaOptions } from "./jwks-rsa-options.js";
import { koaApp } from "./koa-app.js";

export const serve = ({ pool }: Stage) =>
  koaApp(koaJwt({ secret: jwksRsa.koaJwtSecret(jwksRsaOptions(pool)), algorithms: ["RS256"], issuer: pool.issuer }));
