import { median, type Quartiles, quantile, quartilesOf } from "../statistics.js";
import { bareOf, type VariantName } from "../variants.js";
import { Arena, type ArenaParts } from "./arena.js";
import type { Traffic } from "./traffic.js";
import type { Contest } from "./workloads.js";

const SATURATION = 0.7;
const CONNECTIONS = 64;

/** Whose saturation says how many requests come: each server's own, or for both the baseline's. */
export type RateOf = "own" | "baseline";

/** Latency under a rate of requests that leaves some room. */
export interface LatencyResult {
  readonly challenger: VariantName;
  readonly baseline: VariantName;
  readonly rateOf: RateOf;
  /** Requests a second: 0.7 of what can be done. */
  readonly rate: Readonly<Record<Side, number>>;
  /** Milliseconds: the median of what each slice had. */
  readonly p50: Readonly<Record<Side, number>>;
  readonly p99: Readonly<Record<Side, number>>;
  /** The challenger's p99 as a multiple of the baseline's, of slices next to each other. */
  readonly ratio: Quartiles;
}

type Side = "challenger" | "baseline";

/** Load at a rate, and how long each request took. */
interface RatedSlice {
  readonly rate: number;
  readonly latencies: readonly number[];
}

/** Servers in turn. What each can do is measured anew before each slice, as the machine does not stay the same. */
export async function measureLatency(parts: ArenaParts): Promise<readonly LatencyResult[]> {
  const results: LatencyResult[] = [];
  const hot = { tokens: "good", repeated: parts.scale.hotTokens } as const;
  for (const challenger of ["express-ours", "koa-ours"] as const) {
    const contest = { challenger, baseline: bareOf(challenger), traffic: hot };
    for (const rateOf of ["own", "baseline"] as const) results.push(await measureOne(contest, rateOf, parts));
  }
  for (const challenger of ["express-least", "express-least-kept"] as const) {
    results.push(await measureOne({ challenger, baseline: bareOf(challenger), traffic: hot }, "own", parts));
  }
  const threads = { challenger: "express-verify-pool", baseline: "express-verify-inline" } as const;
  results.push(await measureOne({ ...threads, traffic: { ...hot, newEvery: 20 } }, "baseline", parts));
  return results;
}

async function measureOne(
  { challenger, baseline, traffic }: Pick<Contest, "challenger" | "baseline" | "traffic">,
  rateOf: RateOf,
  parts: ArenaParts,
): Promise<LatencyResult> {
  const { latencyRounds, latencySliceMs: milliseconds, sliceMs } = parts.scale;
  const arena = new Arena(parts);
  const rateFor = async (name: VariantName) => (await saturationOf(arena, name, traffic, sliceMs)) * SATURATION;
  const slice = async (name: VariantName, rate: number, seed: number): Promise<RatedSlice> => {
    const { latencies } = await arena.run(name, traffic, { connections: CONNECTIONS, milliseconds, rate, seed });
    return { rate, latencies };
  };
  const pairs: Record<Side, RatedSlice>[] = [];
  try {
    await arena.open([challenger, baseline].map((name) => ({ name, traffic })));
    for (let round = 0; round < latencyRounds; round += 1) {
      const rate = await rateFor(baseline);
      const first = await slice(baseline, rate, round);
      const ownRate = rateOf === "own" ? await rateFor(challenger) : rate;
      pairs.push({ baseline: first, challenger: await slice(challenger, ownRate, round) });
    }
  } finally {
    await arena.close();
  }
  const both = (figure: (slices: readonly RatedSlice[]) => number): Record<Side, number> => ({
    challenger: figure(pairs.map((pair) => pair.challenger)),
    baseline: figure(pairs.map((pair) => pair.baseline)),
  });
  return {
    challenger,
    baseline,
    rateOf,
    ratio: quartilesOf(pairs.map((pair) => p99Of(pair.challenger) / p99Of(pair.baseline))),
    rate: both((slices) => median(slices.map(({ rate }) => rate))),
    p50: both((slices) => median(slices.map(({ latencies }) => median(latencies)))),
    p99: both((slices) => median(slices.map(p99Of))),
  };
}

function p99Of(slice: RatedSlice): number {
  return quantile(slice.latencies, 0.99);
}

async function saturationOf(arena: Arena, name: VariantName, traffic: Traffic, milliseconds: number): Promise<number> {
  const outcome = await arena.run(name, traffic, { connections: CONNECTIONS, milliseconds });
  return (outcome.requests / outcome.milliseconds) * 1000;
}
