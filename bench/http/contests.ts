import type { Scale } from "../scale.js";
import { median, type Quartiles, quartilesOf } from "../statistics.js";
import { VARIANTS, type VariantName } from "../variants.js";
import { Arena, type ArenaParts, type Need, type ServedSlice } from "./arena.js";
import { type Pair, runPair, type Side } from "./pair.js";
import type { Contest, Workload, WorkloadName } from "./workloads.js";

/** Of a slice that is so many requests. */
const LIMIT_MS = 60_000;
/** What a peer is to bare tells readers where they are, no target is about it: one round in so many will do. */
const PEERS_ONE_IN = 3;

function isInRound(
  { challenger, oneIn = VARIANTS[challenger].kind === "peer" ? PEERS_ONE_IN : 1 }: Contest,
  round: number,
) {
  return round % oneIn === 0;
}

function needsOf({ challenger, baseline, traffic }: Contest): readonly Need[] {
  return [challenger, baseline].map((name) => ({ name, traffic }));
}

/** What came of a contest. */
export interface ContestResult {
  readonly workload: WorkloadName;
  readonly challenger: VariantName;
  readonly baseline: VariantName;
  readonly label: string | undefined;
  /** The challenger's throughput as a share of the baseline's, of slices next to each other. */
  readonly ratio: Quartiles;
  readonly rounds: number;
  /** Only for context: these depend on the machine. */
  readonly requestsPerSecond: { readonly challenger: number; readonly baseline: number };
  /** What a request took of the server's core. */
  readonly cpuMicroseconds: { readonly challenger: number; readonly baseline: number };
  /** Of the side that was less busy: the share of the time that the server worked. */
  readonly serverBusy: number;
}

/** Slices of all contests in turn, round by round, so that whatever slows the machine down slows all of them. */
export async function runWorkload(
  { name, contests }: Workload,
  parts: ArenaParts,
  scale: Pick<Scale, "rounds" | "roundsOfProcess" | "sliceMs" | "leadInMs">,
): Promise<readonly ContestResult[]> {
  const { rounds, roundsOfProcess } = scale;
  const arena = new Arena(parts);
  const records = contests.map((contest) => ({ contest, pairs: [] as Pair<ServedSlice>[] }));
  try {
    for (let round = 0; round < rounds; round += 1) {
      // Some processes are compiled luckier than others, for as long as they live.
      if (round % roundsOfProcess === 0) await arena.close();
      const now = records.filter(({ contest }) => isInRound(contest, round));
      await arena.open(now.flatMap(({ contest }) => needsOf(contest)));
      for (const { contest, pairs } of now) pairs.push(await runPair(round, sliceOf(arena, contest, scale)));
    }
  } finally {
    await arena.close();
  }
  return records.map(({ contest, pairs }) => resultOf(name, contest, pairs));
}

function sliceOf(
  arena: Arena,
  contest: Contest,
  { sliceMs, leadInMs }: Pick<Scale, "sliceMs" | "leadInMs">,
): (side: Side) => Promise<ServedSlice> {
  const { traffic, connections, requests, sleeps = false } = contest;
  const length = requests === undefined ? { milliseconds: sliceMs } : { milliseconds: LIMIT_MS, requests };
  return (side) => arena.run(contest[side], traffic, { connections, ...length, ...(sleeps && { sleeps }) }, leadInMs);
}

function resultOf(workload: WorkloadName, contest: Contest, pairs: readonly Pair<ServedSlice>[]): ContestResult {
  const { challenger, baseline, label } = contest;
  return {
    workload,
    challenger,
    baseline,
    label,
    ratio: quartilesOf(pairs.map((pair) => rateOf(pair.challenger) / rateOf(pair.baseline))),
    rounds: pairs.length,
    requestsPerSecond: {
      challenger: median(pairs.map((pair) => rateOf(pair.challenger))),
      baseline: median(pairs.map((pair) => rateOf(pair.baseline))),
    },
    cpuMicroseconds: {
      challenger: median(pairs.map((pair) => pair.challenger.cpuMicroseconds)),
      baseline: median(pairs.map((pair) => pair.baseline.cpuMicroseconds)),
    },
    serverBusy: Math.min(
      median(pairs.map((pair) => pair.challenger.busy)),
      median(pairs.map((pair) => pair.baseline.busy)),
    ),
  };
}

function rateOf({ requests, milliseconds }: ServedSlice): number {
  return (requests / milliseconds) * 1000;
}
