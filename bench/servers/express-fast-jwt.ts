import { createVerifier } from "fast-jwt";
import type { Stage } from "../stage.js";
import { authenticateBy, expressApp } from "./express-app.js";

/** A fixed key, which is the fastest it can do, and its cache of 1,000 tokens, which is the size it has by default. */
export const serve = ({ pool: { issuer }, pem }: Stage) =>
  expressApp(authenticateBy(createVerifier({ key: pem, algorithms: ["RS256"], allowedIss: issuer, cache: true })));
