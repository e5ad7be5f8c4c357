import { runFleet } from "./fleet.js";
import type { Stage, Way } from "./ways.js";

/** Milliseconds that credentials added to requests. */
export interface LatencyRow {
  readonly what: string;
  readonly requests: number;
  readonly p50: number;
  readonly p99: number;
}

/** The same users again and again: nobody knows them, then the store does, then the process does. One request at a time. */
export async function measureLatency(stage: Stage, idTokens: readonly string[]): Promise<LatencyRow[]> {
  const run = async (way: Way, tokens: readonly string[]) =>
    (await runFleet([{ way, stage, idTokens: tokens, concurrency: 1 }])).milliseconds;
  // The first few requests of a process pay for its connections and its compiler.
  const warming = idTokens.slice(0, 100);
  const rest = idTokens.slice(100);
  const users = rest.length;
  const naive = await run("naive", [...warming, ...rest]);
  const first = await run("shared store", [...warming, ...rest, ...Array.from({ length: 6 }, () => rest).flat()]);
  const second = await run("shared store", [...warming, ...rest]);
  return [
    rowOf("naive, each request: GetId and GetCredentialsForIdentity", naive.slice(100)),
    rowOf("ours, cold: the same two calls, and the store", first.slice(100, 100 + users)),
    rowOf("ours, store warm: a process that has just started", second.slice(100)),
    rowOf("ours, hot: in the process' memory", first.slice(100 + 2 * users)),
  ];
}

function rowOf(what: string, milliseconds: readonly number[]): LatencyRow {
  const sorted = [...milliseconds].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { what, requests: sorted.length, p50: at(0.5), p99: at(0.99) };
}
