import { measureLatency } from "./http/latency.js";
import { Load } from "./http/load.js";
import { smokeHttp } from "./http/smoke.js";
import { measureColdStarts } from "./in-process/cold-start.js";
import { measureImports } from "./in-process/imports.js";
import { measureMemory } from "./in-process/memory.js";
import { measureMicro } from "./in-process/micro.js";
import { measure } from "./measure.js";
import { type Options, readOptions } from "./options.js";
import { PROFILES } from "./processes/paths.js";
import { prepare } from "./processes/prepare.js";
import { report } from "./report/report.js";
import { readResults, writeResults } from "./results.js";
import { setStage } from "./tokens/set-stage.js";

/** `npm run bench`: what authentication costs, against having none and against the peers. */
const LIMIT_MINUTES = { full: 90, quick: 6, smoke: 3 };

const startedMs = performance.now();
const options = optionsOrUsage();
// Servers end with this process, so whatever hangs, nothing is left behind.
setTimeout(() => fail(new Error("The benchmark took too long.")), LIMIT_MINUTES[options.scale.name] * 60_000).unref();
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => fail(new Error(`Ended by ${signal}.`)));
try {
  await run(options);
} catch (error) {
  fail(error);
}
progress("Done");

async function run({ scale, sections, writesDocs, adds, profiles, builds }: Options): Promise<void> {
  progress("Installing, building");
  prepare(builds);
  progress(`Signing ${scale.goodTokens} tokens`);
  const { path: stagePath, stage, close } = await setStage(scale);
  const load = new Load();
  const parts = { load, stagePath, stage, scale, profiles: profiles ? PROFILES : undefined };
  try {
    if (scale.name === "smoke") {
      progress("Every variant under every workload");
      console.log(`${await smokeHttp(parts)} pairs of variant and workload answer as they should.`);
      progress("Latency, in process, imports, memory");
      await measureLatency(parts);
      await measureMicro(stagePath, scale);
      await measureImports(scale.importRuns);
      await measureColdStarts(stagePath, scale.importRuns);
      await measureMemory(stagePath, stage, scale);
      return;
    }
    const results = await measure(parts, sections, progress, adds ? readResults() : undefined);
    console.log(`\n${report(results, writesDocs)}\n`);
    console.log(
      profiles ? `Profiles, and figures that are none: ${PROFILES}` : `All figures: ${writeResults(results)}`,
    );
  } finally {
    await load.stop();
    await close();
  }
}

function optionsOrUsage(): Options {
  try {
    return readOptions(process.argv.slice(2));
  } catch (error) {
    return fail(error);
  }
}

function progress(title: string): void {
  console.error(`${((performance.now() - startedMs) / 1000).toFixed(0).padStart(5)} s  ${title}`);
}

function fail(error: unknown): never {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
