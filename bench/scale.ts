/** How much is measured. */
export interface Scale {
  readonly name: "full" | "quick" | "smoke";
  /** Access tokens made: for cold load there must be more than any cache holds. */
  readonly goodTokens: number;
  /** The first of them: those that come again and again. */
  readonly hotTokens: number;
  readonly expiredTokens: number;
  /** Garbage and forged tokens need no signature, so they are cheap to make. */
  readonly forgedTokens: number;
  /** Users of the identity pool. */
  readonly idTokens: number;
  /** Enough for the compiler to be done with a server; none where nothing is measured. */
  readonly warmUpRequests: number;
  /** A fast server goes on for so long. */
  readonly warmUpMs: number;
  /** Between the warm-up and a little more of it: long enough for connections that nobody uses to be closed. */
  readonly restMs: number;
  readonly sliceMs: number;
  /** Load before a slice that is not measured: a process that waited for its turn is slow at first. */
  readonly leadInMs: number;
  readonly rounds: number;
  /** After so many, servers are started anew. */
  readonly roundsOfProcess: number;
  /** Whether peers that no target names are measured. */
  readonly allPeers: boolean;
  readonly growthTokens: readonly number[];
  readonly growthConnections: readonly number[];
  /** More tokens than the cache holds by default, in turn: the worst that can happen to an LRU cache. */
  readonly overflowTokens: number;
  readonly latencySliceMs: number;
  readonly latencyRounds: number;
  /** A pause more or less in a second is p99, and that is a process's luck more than throughput is. */
  readonly latencyRoundsOfProcess: number;
  readonly microRounds: number;
  readonly importRuns: number;
  readonly heapTokens: number;
}

export const FULL: Scale = {
  name: "full",
  goodTokens: 100_000,
  hotTokens: 1000,
  expiredTokens: 1000,
  forgedTokens: 5000,
  idTokens: 1000,
  warmUpRequests: 12_000,
  warmUpMs: 2000,
  restMs: 5000,
  sliceMs: 250,
  leadInMs: 100,
  rounds: 15,
  roundsOfProcess: 5,
  allPeers: true,
  growthTokens: [1000, 10_000, 100_000],
  growthConnections: [1, 8, 64, 256],
  overflowTokens: 50_000,
  latencySliceMs: 1000,
  latencyRounds: 20,
  latencyRoundsOfProcess: 2,
  microRounds: 41,
  importRuns: 15,
  heapTokens: 10_000,
};

/** Under two minutes. */
export const QUICK: Scale = {
  ...FULL,
  name: "quick",
  goodTokens: 14_000,
  expiredTokens: 300,
  forgedTokens: 2000,
  idTokens: 300,
  warmUpRequests: 600,
  warmUpMs: 0,
  restMs: 0,
  sliceMs: 80,
  leadInMs: 30,
  rounds: 2,
  allPeers: false,
  growthTokens: [],
  growthConnections: [1, 256],
  overflowTokens: 11_000,
  latencySliceMs: 300,
  latencyRounds: 1,
  microRounds: 5,
  importRuns: 3,
  heapTokens: 5000,
};

/** Whether everything answers as it should; what it measures means nothing. */
export const SMOKE: Scale = {
  ...QUICK,
  name: "smoke",
  goodTokens: 400,
  hotTokens: 40,
  expiredTokens: 20,
  forgedTokens: 20,
  idTokens: 20,
  warmUpRequests: 0,
  sliceMs: 50,
  leadInMs: 0,
  rounds: 1,
  growthTokens: [100],
  overflowTokens: 200,
  latencySliceMs: 50,
  latencyRounds: 1,
  microRounds: 1,
  importRuns: 1,
  heapTokens: 100,
};
