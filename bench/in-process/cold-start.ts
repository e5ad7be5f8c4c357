import { runScript } from "../processes/script.js";
import { median } from "../statistics.js";

const LIMIT_MS = 30_000;
const WAYS = ["ours", "ours, warmed up", "by hand"] as const;

/** Milliseconds of a new process' steps, by the way it authenticates; medians. */
export type ColdStarts = Readonly<Record<(typeof WAYS)[number], Readonly<Record<string, number>>>>;

/** Runs take turns, as those of the imports do. The first of each only reads the files in. */
export async function measureColdStarts(stagePath: string, runs: number): Promise<ColdStarts> {
  const records = new Map(WAYS.map((way) => [way, [] as Record<string, number>[]]));
  for (let run = runs === 1 ? 1 : 0; run <= runs; run += 1) {
    for (const [way, steps] of records) {
      const measured = (await runScript("micro/cold-start.js", [way, stagePath], LIMIT_MS)) as Record<string, number>;
      if (run > 0) steps.push(measured);
    }
  }
  return Object.fromEntries([...records].map(([way, each]) => [way, mediansOf(each)])) as ColdStarts;
}

function mediansOf(runs: readonly Record<string, number>[]): Record<string, number> {
  const steps = Object.keys(runs[0] ?? {});
  return Object.fromEntries(steps.map((step) => [step, median(runs.map((run) => run[step] ?? Number.NaN))]));
}
