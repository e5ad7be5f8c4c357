import { runCorpus } from "../threats/runner.js";
import { ADAPTERS } from "./adapters.js";

runCorpus("Fastify", ADAPTERS.Fastify);
