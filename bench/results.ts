import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import type { ContestResult } from "./http/contests.js";
import type { LatencyResult } from "./http/latency.js";
import type { ColdStarts } from "./in-process/cold-start.js";
import type { ImportResult } from "./in-process/imports.js";
import type { MemoryResult } from "./in-process/memory.js";
import { RESULTS } from "./processes/paths.js";
import { pinningNote } from "./processes/pinning.js";
import type { Scale } from "./scale.js";
import type { Rounds } from "./statistics.js";

const LATEST = join(RESULTS, "latest.json");

/** Everything that was measured; what was not is empty. */
export interface Results {
  readonly machine: string;
  readonly scale: Scale;
  readonly contests: readonly ContestResult[];
  readonly latency: readonly LatencyResult[];
  /** Microseconds, by candidate. */
  readonly microseconds: Readonly<Record<string, Rounds>>;
  readonly imports: readonly ImportResult[];
  readonly coldStarts: ColdStarts | undefined;
  readonly memory: MemoryResult | undefined;
}

export function emptyResults(scale: Scale): Results {
  const [{ model = "unknown" } = {}] = cpus();
  const when = new Date().toISOString().slice(0, 10);
  const machine = `${when}, Node ${process.version}, ${cpus().length} cores (${model.trim()}), ${process.platform} ${process.arch}, ${pinningNote}`;
  return {
    machine,
    scale,
    contests: [],
    latency: [],
    microseconds: {},
    imports: [],
    coldStarts: undefined,
    memory: undefined,
  };
}

/** What a run before this one wrote. */
export function readResults(): Results {
  return JSON.parse(readFileSync(LATEST, "utf8")) as Results;
}

/** For machines. */
export function writeResults(results: Results): string {
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(LATEST, `${JSON.stringify(results, undefined, 2)}\n`);
  return LATEST;
}
