import { byHand } from "../by-hand.js";
import type { Stage } from "../stage.js";
import { authenticateBy, expressApp } from "./express-app.js";

/** `await verifier.verify(token)`, as the README of aws-jwt-verify has it. */
export const serve = (stage: Stage) => {
  const verifier = byHand(stage);
  return expressApp(authenticateBy((token) => verifier.verify(token)));
};
