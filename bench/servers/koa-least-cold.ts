import { createPublicKey, verify } from "node:crypto";
import type { Stage } from "../stage.js";
import { koaApp } from "./koa-app.js";

/** What a new token cannot cost less than: its signature, and reading what it says. Checks nothing else, refuses nobody. */
export const serve = ({ pem }: Stage) => {
  const key = createPublicKey(pem);
  return koaApp((context, next) => {
    const [header = "", payload = "", signature = ""] = context.req.headers.authorization?.slice(7).split(".") ?? [];
    const isGood = verify("sha256", Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, "base64url"));
    JSON.parse(Buffer.from(header, "base64url").toString());
    context.state.claims = isGood && JSON.parse(Buffer.from(payload, "base64url").toString());
    return next();
  });
};
