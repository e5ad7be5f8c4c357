import { FACES } from "../support/faces.js";
import { runCorpus } from "../threats/runner.js";

runCorpus("Hono", FACES.Hono);
