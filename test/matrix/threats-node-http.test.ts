import { FACES } from "../support/faces.js";
import { runCorpus } from "../threats/runner.js";

runCorpus("node:http", FACES["node:http"]);
