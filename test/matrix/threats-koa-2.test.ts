import { FACES } from "../support/faces.js";
import { runCorpus } from "../threats/runner.js";

runCorpus("Koa 2", FACES["Koa 2"]);
