import { verify } from "node:crypto";
import { promisify } from "node:util";
import type { Stage } from "../stage.js";
import { verifyingApp } from "./verify.js";

const verifyInPool = promisify(verify);

/** By Node's thread pool, while the thread that serves goes on. */
export const serve = (stage: Stage) =>
  verifyingApp(stage, (data, key, signature) => verifyInPool("sha256", data, key, signature));
