import type { ArenaParts } from "./http/arena.js";
import { runWorkload } from "./http/contests.js";
import { measureLatency } from "./http/latency.js";
import { workloadsOf } from "./http/workloads.js";
import { measureColdStarts } from "./in-process/cold-start.js";
import { measureImports } from "./in-process/imports.js";
import { measureMemory } from "./in-process/memory.js";
import { measureMicro } from "./in-process/micro.js";
import type { Section } from "./options.js";
import { emptyResults, type Results } from "./results.js";

/**
 * Measures what was asked for, one section after another: nothing else runs meanwhile.
 *
 * @param earlier results whose other sections are kept
 */
export async function measure(
  parts: ArenaParts,
  sections: ReadonlySet<Section>,
  progress: (title: string) => void,
  earlier?: Results,
): Promise<Results> {
  const { scale, stage, stagePath } = parts;
  let results = earlier ?? emptyResults(scale);
  if (sections.has("micro")) {
    progress("In process");
    results = { ...results, microseconds: await measureMicro(stagePath, scale) };
  }
  if (sections.has("imports")) {
    progress("Imports");
    results = { ...results, imports: await measureImports(scale.importRuns) };
  }
  if (sections.has("coldstart")) {
    progress("Cold starts");
    results = { ...results, coldStarts: await measureColdStarts(stagePath, scale.importRuns) };
  }
  if (sections.has("memory")) {
    progress("Memory");
    results = { ...results, memory: await measureMemory(stagePath, stage, scale) };
  }
  for (const workload of workloadsOf(scale)) {
    if (!sections.has(workload.name)) continue;
    progress(workload.title);
    const others = results.contests.filter((each) => each.workload !== workload.name);
    results = { ...results, contests: [...others, ...(await runWorkload(workload, parts, scale))] };
  }
  if (sections.has("latency")) {
    progress("Latency");
    results = { ...results, latency: await measureLatency(parts) };
  }
  return results;
}
