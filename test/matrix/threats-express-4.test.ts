import { FACES } from "../support/faces.js";
import { runCorpus } from "../threats/runner.js";

runCorpus("Express 4", FACES["Express 4"]);
