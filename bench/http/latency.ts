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
  readonly rate: { readonly challenger: number; readonly baseline: number };
  /** Milliseconds, of all slices. */
  readonly p50: { readonly challenger: number; readonly baseline: number };
  readonly p99: { readonly challenger: number; readonly baseline: number };
  /** The challenger's p99 as a multiple of the baseline's, of slices next to each other. */
  readonly ratio: Quartiles;
}

interface Slice {
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
  const slice = async (name: VariantName, rate: number, seed: number): Promise<Slice> => {
    const { latencies } = await arena.run(name, traffic, { connections: CONNECTIONS, milliseconds, rate, seed });
    return { rate, latencies };
  };
  const of: Record<"challenger" | "baseline", Slice[]> = { challenger: [], baseline: [] };
  try {
    for (let round = 0; round < latencyRounds; round += 1) {
      const rate = await rateFor(baseline);
      of.baseline.push(await slice(baseline, rate, round));
      of.challenger.push(await slice(challenger, rateOf === "own" ? await rateFor(challenger) : rate, round));
    }
  } finally {
    await arena.close();
  }
  const both = (figure: (slices: readonly Slice[]) => number) => ({
    challenger: figure(of.challenger),
    baseline: figure(of.baseline),
  });
  const share = (slices: readonly Slice[], at: number) =>
    quantile(
      slices.flatMap(({ latencies }) => latencies),
      at,
    );
  const ratios = of.challenger.map(
    (each, round) => share([each], 0.99) / share(of.baseline.slice(round, round + 1), 0.99),
  );
  return {
    ...{ challenger, baseline, rateOf, ratio: quartilesOf(ratios) },
    rate: both((slices) => median(slices.map(({ rate }) => rate))),
    p50: both((slices) => share(slices, 0.5)),
    p99: both((slices) => share(slices, 0.99)),
  };
}

async function saturationOf(arena: Arena, name: VariantName, traffic: Traffic, milliseconds: number): Promise<number> {
  const outcome = await arena.run(name, traffic, { connections: CONNECTIONS, milliseconds });
  return (outcome.requests / outcome.milliseconds) * 1000;
}
