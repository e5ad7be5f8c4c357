import { Agenda } from "./agenda.js";
import { type Crowd, drawCrowd } from "./crowd.js";
import { type Answer, CachingFleet, type Fleet, NaiveFleet, SERVED, WAITING } from "./fleet.js";
import { DEFAULTS, type Parameters, type Way } from "./parameters.js";
import { Random } from "./random.js";
import { SharedMemory } from "./shared-memory.js";
import { Tally } from "./tally.js";
import { Upstream } from "./upstream.js";

/** What came of a simulation. Whole numbers of calls, requests and users are of the whole, not of the sample. */
export interface Result {
  readonly parameters: Parameters;
  readonly requests: Tally;
  readonly refused: Tally;
  readonly getId: Tally;
  readonly getCredentials: Tally;
  /** Reads of credentials from the store. */
  readonly storeReads: Tally;
  /** The longest `Retry-After`, in seconds; 0 where none was sent. */
  readonly longestRetryAfter: number;
  /** Users who signed in and left without ever having been served. */
  readonly neverServed: number;
  /** Users who signed in while it counted and whose identity id the store did not have. */
  readonly unknownUsers: number;
}

/** Lives through a day, second by second. */
export function simulate(way: Way, changes: Partial<Parameters> = {}): Result {
  return new Simulation(way, { ...DEFAULTS, ...changes }).run();
}

class Simulation {
  readonly #parameters: Parameters;
  readonly #random: Random;
  readonly #crowd: Crowd;
  readonly #upstream: Upstream;
  readonly #store: SharedMemory | undefined;
  readonly #fleet: Fleet;
  readonly #agenda: Agenda;
  readonly #requests: Tally;
  readonly #refused: Tally;
  readonly #noReads: Tally;
  /** Refusals in a row. */
  readonly #refusals: Uint8Array;
  readonly #wasServed: Uint8Array;
  #longestRetryAfter = 0;
  #neverServed = 0;

  constructor(way: Way, parameters: Parameters) {
    this.#parameters = parameters;
    // The same users do the same, whichever way.
    this.#crowd = drawCrowd(parameters, new Random(parameters.seed));
    this.#random = new Random(parameters.seed + 1);
    this.#upstream = new Upstream(parameters);
    this.#store = way === "shared store" ? new SharedMemory(this.#crowd, parameters) : undefined;
    this.#fleet =
      way === "naive"
        ? new NaiveFleet(this.#upstream)
        : new CachingFleet(this.#crowd, parameters, this.#upstream, new Random(parameters.seed + 2), this.#store);
    this.#agenda = new Agenda(this.#crowd.size, parameters.from, parameters.to);
    this.#requests = new Tally(parameters);
    this.#refused = new Tally(parameters);
    this.#noReads = new Tally(parameters);
    this.#refusals = new Uint8Array(this.#crowd.size);
    this.#wasServed = new Uint8Array(this.#crowd.size);
  }

  run(): Result {
    const { from, to, sample, countedFrom } = this.#parameters;
    const { arrivesAt, isUnknown } = this.#crowd;
    for (const [user, second] of arrivesAt.entries()) this.#agenda.add(user, second);
    for (let second = from; second < to; second += 1) {
      this.#happen(second);
      this.#fleet.tick(second, this.#answer);
      this.#agenda.forEach(second, (user) => {
        this.#requests.add(second);
        const answer = this.#fleet.request(user, second);
        if (answer !== WAITING) this.#answer(user, second, answer);
      });
    }
    const unknownUsers = arrivesAt.filter((second, user) => second >= countedFrom && isUnknown[user] === 1).length;
    return {
      parameters: this.#parameters,
      requests: this.#requests,
      refused: this.#refused,
      getId: this.#upstream.getIdCalls,
      getCredentials: this.#upstream.getCredentialsCalls,
      storeReads: this.#store?.reads ?? this.#noReads,
      longestRetryAfter: this.#longestRetryAfter,
      neverServed: this.#neverServed * sample,
      unknownUsers: unknownUsers * sample,
    };
  }

  #happen(second: number): void {
    const { restartAt, storeAwayAt, storeAwaySeconds, storeKeeps } = this.#parameters;
    if (second === restartAt) this.#fleet.restart();
    if (this.#store === undefined || storeAwayAt < 0) return;
    if (second === storeAwayAt) this.#store.isUp = false;
    if (second !== storeAwayAt + storeAwaySeconds) return;
    if (storeKeeps === 0) this.#store.empty();
    this.#store.isUp = true;
  }

  readonly #answer = (user: number, second: number, answer: Answer): void => {
    if (answer === SERVED) {
      this.#refusals[user] = 0;
      this.#wasServed[user] = 1;
      this.#comeBack(user, second, this.#random.exponential(this.#parameters.gapSeconds));
      return;
    }
    this.#refused.add(second);
    this.#longestRetryAfter = Math.max(this.#longestRetryAfter, answer);
    const refusals = Math.min(20, (this.#refusals[user] ?? 0) + 1);
    this.#refusals[user] = refusals;
    const longest = Math.max(answer, this.#parameters.longestRetrySeconds);
    const wait = Math.min(longest, answer * 2 ** (refusals - 1));
    // Not all at once.
    this.#comeBack(user, second, wait * (1 + this.#random.next() / 2));
  };

  #comeBack(user: number, second: number, after: number): void {
    const at = second + Math.max(1, Math.round(after));
    const stays = at < (this.#crowd.leavesAt[user] ?? 0);
    if (stays) this.#agenda.add(user, at);
    else if (this.#wasServed[user] !== 1) this.#neverServed += 1;
  }
}
