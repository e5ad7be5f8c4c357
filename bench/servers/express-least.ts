import { hash } from "node:crypto";
import { expressApp } from "./express-app.js";

/** What no cache that holds no tokens can do without, and the property that handlers read. Authenticates nobody. */
export const serve = () =>
  expressApp((request, _response, next) => {
    const attached: { authSession?: unknown } = request;
    attached.authSession = hash("sha256", request.headers.authorization?.slice(7) ?? "", "binary");
    next();
  });
