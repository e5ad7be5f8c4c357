import { FACES } from "../support/faces.js";
import { runCorpus } from "../threats/runner.js";

runCorpus("Koa 3", FACES["Koa 3"]);
