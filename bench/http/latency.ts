import type { Scale } from "../scale.js";
import { median, type Quartiles, quantile, quartilesOf } from "../statistics.js";
import { bareOf, type VariantName } from "../variants.js";
import { Arena, type ArenaParts } from "./arena.js";
import type { Traffic } from "./traffic.js";
import type { Contest } from "./workloads.js";

const SATURATION = 0.7;
const CONNECTIONS = 64;

/** Latency under a rate of requests that leaves the bare server some room. */
export interface LatencyResult {
  readonly challenger: VariantName;
  readonly baseline: VariantName;
  /** Requests a second: 0.7 of what the baseline can do. */
  readonly rate: number;
  /** Milliseconds, of all slices. */
  readonly p50: { readonly challenger: number; readonly baseline: number };
  readonly p99: { readonly challenger: number; readonly baseline: number };
  /** The challenger's p99 as a multiple of the baseline's, of slices next to each other. */
  readonly ratio: Quartiles;
}

/** The same arrivals to both, in turn. */
export async function measureLatency(parts: ArenaParts): Promise<readonly LatencyResult[]> {
  const results: LatencyResult[] = [];
  const hot = { tokens: "good", repeated: parts.scale.hotTokens } as const;
  const mixed = { ...hot, newEvery: 20 };
  for (const challenger of ["express-ours", "koa-ours"] as const) {
    results.push(await measureOne({ challenger, baseline: bareOf(challenger), traffic: hot }, parts));
  }
  const threads = { challenger: "express-verify-pool", baseline: "express-verify-inline", traffic: mixed } as const;
  results.push(await measureOne(threads, parts));
  return results;
}

async function measureOne(
  { challenger, baseline, traffic }: Pick<Contest, "challenger" | "baseline" | "traffic">,
  parts: ArenaParts,
): Promise<LatencyResult> {
  const { latencyRounds, latencySliceMs: milliseconds } = parts.scale;
  const arena = new Arena(parts);
  try {
    const rate = (await saturationOf(arena, baseline, traffic, parts.scale)) * SATURATION;
    const slice = async (name: VariantName, seed: number) =>
      (await arena.run(name, traffic, { connections: CONNECTIONS, milliseconds, rate, seed })).latencies;
    const of: Record<"challenger" | "baseline", (readonly number[])[]> = { challenger: [], baseline: [] };
    for (let round = 0; round < latencyRounds; round += 1) {
      of.baseline.push(await slice(baseline, round));
      of.challenger.push(await slice(challenger, round));
    }
    const both = (share: number) => ({
      challenger: quantile(of.challenger.flat(), share),
      baseline: quantile(of.baseline.flat(), share),
    });
    const ratios = of.challenger.map((each, round) => quantile(each, 0.99) / quantile(of.baseline[round] ?? [], 0.99));
    return { challenger, baseline, rate, p50: both(0.5), p99: both(0.99), ratio: quartilesOf(ratios) };
  } finally {
    await arena.close();
  }
}

async function saturationOf(arena: Arena, name: VariantName, traffic: Traffic, { sliceMs }: Scale): Promise<number> {
  const rates: number[] = [];
  for (let slice = 0; slice < 3; slice += 1) {
    const order = { connections: CONNECTIONS, milliseconds: sliceMs * 2 };
    const { requests, milliseconds } = await arena.run(name, traffic, order);
    rates.push((requests / milliseconds) * 1000);
  }
  return median(rates);
}
