import { median, type Quartiles, quantile, quartilesOf } from "../statistics.js";
import type { VariantName } from "../variants.js";
import { Arena, type ArenaParts } from "./arena.js";
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

type Side = "challenger" | "baseline";

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

/** Servers in turn. What each can do is measured anew before each slice, as the machine does not stay the same. */
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
  const { latencyRounds, latencySliceMs: milliseconds } = parts.scale;
  const names = new Set([baseline, ...challengers.map(([name]) => name)]);
  const arena = new Arena(parts);
  const rateFor = async (name: VariantName) =>
    (await saturationOf(arena, name, traffic, milliseconds / 2)) * SATURATION;
  const slice = async (name: VariantName, rate: number, seed: number): Promise<RatedSlice> => {
    const { latencies } = await arena.run(name, traffic, { connections: CONNECTIONS, milliseconds, rate, seed });
    return { rate, latencies };
  };
  const records = challengers.map(([challenger, rateOf]) => ({ challenger, rateOf, pairs: [] as Pair[] }));
  try {
    for (let round = 0; round < latencyRounds; round += 1) {
      // As in contests: some processes are luckier than others, for as long as they live.
      if (round % roundsOfProcess === 0) await arena.close();
      await arena.open([...names].map((name) => ({ name, traffic })));
      const rate = await rateFor(baseline);
      const bare = await slice(baseline, rate, round);
      for (const { challenger, rateOf, pairs } of records) {
        const ownRate = rateOf === "own" ? await rateFor(challenger) : rate;
        pairs.push({ baseline: bare, challenger: await slice(challenger, ownRate, round) });
      }
    }
  } finally {
    await arena.close();
  }
  return records.map(({ challenger, rateOf, pairs }) => resultOf({ challenger, baseline, rateOf }, pairs));
}

type Pair = Readonly<Record<Side, RatedSlice>>;

function resultOf(
  who: Pick<LatencyResult, "challenger" | "baseline" | "rateOf">,
  pairs: readonly Pair[],
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

async function saturationOf(arena: Arena, name: VariantName, traffic: Traffic, milliseconds: number): Promise<number> {
  const outcome = await arena.run(name, traffic, { connections: CONNECTIONS, milliseconds });
  return (outcome.requests / outcome.milliseconds) * 1000;
}
