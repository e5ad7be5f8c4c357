import { median, type Quartiles, quantile, quartilesOf } from "../statistics.js";
import type { VariantName } from "../variants.js";
import { Arena, type ArenaParts } from "./arena.js";
import { type Pair, runPair, type Side } from "./pair.js";
import type { Traffic } from "./traffic.js";

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

/** Load at a rate, and how long each request took. */
interface RatedSlice {
  readonly rate: number;
  readonly latencies: readonly number[];
}

/** Who is compared with one server, and at which rate. */
interface Field {
  readonly baseline: VariantName;
  readonly traffic: Traffic;
  readonly challengers: readonly (readonly [VariantName, RateOf])[];
  readonly roundsOfProcess: number;
}

/** Pairs in turn. What a server can do is measured anew for each, as the machine does not stay the same. */
export async function measureLatency(parts: ArenaParts): Promise<readonly LatencyResult[]> {
  const { hotTokens, latencyRoundsOfProcess, roundsOfProcess } = parts.scale;
  const hot = { tokens: "good", repeated: hotTokens } as const;
  const own = (...names: VariantName[]) => names.map((name) => [name, "own"] as const);
  const fields: readonly Field[] = [
    {
      baseline: "express-bare",
      traffic: hot,
      challengers: [...own("express-ours", "express-least", "express-least-kept"), ["express-ours", "baseline"]],
      roundsOfProcess: latencyRoundsOfProcess,
    },
    {
      baseline: "koa-bare",
      traffic: hot,
      challengers: [...own("koa-ours"), ["koa-ours", "baseline"]],
      roundsOfProcess: latencyRoundsOfProcess,
    },
    {
      baseline: "express-verify-inline",
      traffic: { ...hot, newEvery: 20 },
      challengers: [["express-verify-pool", "baseline"]],
      roundsOfProcess,
    },
  ];
  const results: LatencyResult[] = [];
  for (const field of fields) results.push(...(await measureField(field, parts)));
  return results;
}

async function measureField(
  { baseline, traffic, challengers, roundsOfProcess }: Field,
  parts: ArenaParts,
): Promise<readonly LatencyResult[]> {
  const { latencyRounds, latencySliceMs: milliseconds, leadInMs } = parts.scale;
  const names = new Set([baseline, ...challengers.map(([name]) => name)]);
  const arena = new Arena(parts);
  const rateFor = async (name: VariantName) => {
    const saturated = { connections: CONNECTIONS, milliseconds: milliseconds / 2 };
    const outcome = await arena.run(name, traffic, saturated, leadInMs);
    return (outcome.requests / outcome.milliseconds) * 1000 * SATURATION;
  };
  const slice = async (name: VariantName, rate: number, seed: number): Promise<RatedSlice> => {
    const rated = { connections: CONNECTIONS, milliseconds, rate, seed };
    const { latencies } = await arena.run(name, traffic, rated, leadInMs);
    return { rate, latencies };
  };
  const records = challengers.map(([challenger, rateOf]) => ({ challenger, rateOf, pairs: [] as Pair<RatedSlice>[] }));
  try {
    for (let round = 0; round < latencyRounds; round += 1) {
      // As in contests: some processes are luckier than others, for as long as they live.
      if (round % roundsOfProcess === 0) await arena.close();
      await arena.open([...names].map((name) => ({ name, traffic })));
      for (const { challenger, rateOf, pairs } of records) {
        const rateOfBoth = rateOf === "baseline" ? await rateFor(baseline) : undefined;
        const run = async (side: Side) => {
          const name = side === "baseline" ? baseline : challenger;
          return slice(name, rateOfBoth ?? (await rateFor(name)), round);
        };
        pairs.push(await runPair(round, run));
      }
    }
  } finally {
    await arena.close();
  }
  return records.map(({ challenger, rateOf, pairs }) => resultOf({ challenger, baseline, rateOf }, pairs));
}

function resultOf(
  who: Pick<LatencyResult, "challenger" | "baseline" | "rateOf">,
  pairs: readonly Pair<RatedSlice>[],
): LatencyResult {
  const both = (figure: (slices: readonly RatedSlice[]) => number): Record<Side, number> => ({
    challenger: figure(pairs.map((pair) => pair.challenger)),
    baseline: figure(pairs.map((pair) => pair.baseline)),
  });
  return {
    ...who,
    ratio: quartilesOf(pairs.map((pair) => p99Of(pair.challenger) / p99Of(pair.baseline))),
    rate: both((slices) => median(slices.map(({ rate }) => rate))),
    p50: both((slices) => median(slices.map(({ latencies }) => median(latencies)))),
    p99: both((slices) => median(slices.map(p99Of))),
  };
}

function p99Of(slice: RatedSlice): number {
  return quantile(slice.latencies, 0.99);
}
