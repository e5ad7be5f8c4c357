/** What a simulation is told. Seconds where nothing else is said; times of day in seconds since midnight. */
export interface Parameters {
  readonly seed: number;
  /** One user in so many is simulated, with so much less quota and memory, and the result multiplied. */
  readonly sample: number;
  /** Users who sign in once on that day. */
  readonly users: number;
  /** Share of users who are new, or were away for longer than `identityDays`. */
  readonly newShare: number;
  /** Days that the store keeps an identity id. */
  readonly identityDays: number;
  /** 0: from GetId on, so a user who comes daily needs one GetId in `identityDays` days. 1: from the last use on. */
  readonly identityKeptByUse: number;
  /** Mean length of a session, and mean time between two requests of a user in it; both exponential. */
  readonly sessionSeconds: number;
  readonly gapSeconds: number;
  /** Share of the sign-ins that are around the morning's peak, in a bell; the others are spread over the day. */
  readonly morningShare: number;
  readonly morningAt: number;
  readonly morningSpread: number;
  /** Users who sign in within a short time on top of that. They are taken from `users`. */
  readonly rushUsers: number;
  readonly rushAt: number;
  readonly rushSeconds: number;
  readonly processes: number;
  /** `credentialsCacheSize`: users that a process keeps credentials, and identity ids, of. */
  readonly cacheSize: number;
  /** Share of requests that a load balancer brings to the process that has the user; the others go anywhere. */
  readonly stickiness: number;
  readonly credentialsSeconds: number;
  /** `getIdRate`, and how long a request waits for its turn: half of `requestTimeout`. */
  readonly getIdRate: number;
  readonly patienceSeconds: number;
  /** The account's quotas, in calls a second. The second one is assumed: look it up in the Service Quotas console. */
  readonly getIdQuota: number;
  readonly assumedGetCredentialsQuota: number;
  /** A client that is refused waits as `Retry-After` says, twice as long each further time, up to this long. */
  readonly longestRetrySeconds: number;
  /** All processes begin anew at this moment; never where it is negative. */
  readonly restartAt: number;
  /** The store is away from this moment on; never where it is negative. */
  readonly storeAwayAt: number;
  readonly storeAwaySeconds: number;
  /** 1: it comes back with all that it had. 0: it comes back empty. */
  readonly storeKeeps: number;
  /** What is simulated, and from when on it is counted. */
  readonly from: number;
  readonly countedFrom: number;
  readonly to: number;
}

const HOUR = 3600;

export const DEFAULTS: Parameters = {
  seed: 1,
  sample: 20,
  users: 1_000_000,
  newShare: 0.02,
  identityDays: 7,
  identityKeptByUse: 1,
  sessionSeconds: 45 * 60,
  gapSeconds: 60,
  morningShare: 0.6,
  morningAt: 9 * HOUR,
  morningSpread: 1.5 * HOUR,
  rushUsers: 0,
  rushAt: 9 * HOUR,
  rushSeconds: 15 * 60,
  processes: 40,
  cacheSize: 10_000,
  stickiness: 0,
  credentialsSeconds: HOUR,
  getIdRate: 20,
  patienceSeconds: 2.5,
  getIdQuota: 25,
  assumedGetCredentialsQuota: 200,
  longestRetrySeconds: 60,
  restartAt: -1,
  storeAwayAt: -1,
  storeAwaySeconds: 5 * 60,
  storeKeeps: 1,
  from: 0,
  countedFrom: 0,
  to: 24 * HOUR,
};

const RUSH = { rushUsers: 300_000, from: 7 * HOUR, countedFrom: 8.5 * HOUR, to: 10.5 * HOUR };
/** What the page says to ask for before such a morning. */
const RAISED = { getIdQuota: 100, getIdRate: 80, assumedGetCredentialsQuota: 500 };
const AT_PEAK = 9 * HOUR + 10 * 60;

/** How credentials are come by. */
export type Way = "naive" | "per process" | "shared store";

/** What happens on a day, and for which ways that makes a difference. */
export interface Scenario {
  readonly name: string;
  readonly changes: Partial<Parameters>;
  readonly ways: readonly Way[];
}

export const SCENARIOS: readonly Scenario[] = [
  { name: "Steady day", changes: {}, ways: ["naive", "per process", "shared store"] },
  { name: "Sign-in peak", changes: RUSH, ways: ["naive", "per process", "shared store"] },
  { name: "Sign-in peak, quotas raised", changes: { ...RUSH, ...RAISED }, ways: ["shared store"] },
  {
    name: "Fleet restart at peak",
    changes: { ...RUSH, ...RAISED, restartAt: AT_PEAK },
    ways: ["per process", "shared store"],
  },
  {
    name: "Redis away for 5 minutes at peak",
    changes: { ...RUSH, ...RAISED, storeAwayAt: AT_PEAK },
    ways: ["shared store"],
  },
  {
    name: "Redis away at peak, back empty",
    changes: { ...RUSH, ...RAISED, storeAwayAt: AT_PEAK, storeKeeps: 0 },
    ways: ["shared store"],
  },
];

export const FLEETS = [4, 40] as const;
