import { expressFace } from "./express.js";
import { runCorpus } from "./runner.js";

runCorpus("Express", expressFace);
