import { verify } from "node:crypto";
import type { Stage } from "../stage.js";
import { verifyingApp } from "./verify.js";

/** On the thread that serves. */
export const serve = (stage: Stage) =>
  verifyingApp(stage, (data, key, signature) => verify("sha256", data, key, signature));
