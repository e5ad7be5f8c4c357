import { FACES } from "../support/faces.js";
import { runCorpus } from "./runner.js";

// Over the other frameworks they run in `npm run test:matrix`.
runCorpus("Express", FACES["Express 5"]);
