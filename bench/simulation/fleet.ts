import type { Crowd } from "./crowd.js";
import type { Parameters } from "./parameters.js";
import type { Random } from "./random.js";
import { RecentUsers } from "./recent-users.js";
import type { SharedMemory } from "./shared-memory.js";
import { type TurnListener, Turns } from "./turns.js";
import type { Upstream } from "./upstream.js";

/** What a request is answered: at once, later, or (above 0) a 503 that says to come back after so many seconds. */
export type Answer = number;
export const SERVED = 0;
export const WAITING = -1;
/** What the package says where Cognito throttles. */
const THROTTLED = 1;

interface Process {
  readonly credentials: RecentUsers;
  readonly identities: RecentUsers;
  readonly turns: Turns;
}

/** How requests get credentials. */
export interface Fleet {
  request(user: number, second: number): Answer;
  tick(second: number, answer: (user: number, second: number, answer: Answer) => void): void;
  restart(): void;
}

/** The naive way: both calls for each request. */
export class NaiveFleet implements Fleet {
  constructor(private readonly upstream: Upstream) {}

  request(_user: number, second: number): Answer {
    return this.upstream.getId(second) && this.upstream.getCredentials(second) !== undefined ? SERVED : THROTTLED;
  }
  tick(): void {}
  restart(): void {}
}

/** Processes with this package, with a store or without. */
export class CachingFleet implements Fleet {
  readonly #processes: readonly Process[];
  readonly #sharedTurns: Turns;

  constructor(
    crowd: Crowd,
    private readonly parameters: Parameters,
    private readonly upstream: Upstream,
    private readonly random: Random,
    private readonly store: SharedMemory | undefined,
  ) {
    const { processes, cacheSize, sample } = parameters;
    const max = Math.max(1, Math.round(cacheSize / sample));
    this.#sharedTurns = new Turns(parameters);
    this.#processes = Array.from({ length: processes }, () => ({
      credentials: new RecentUsers(crowd.size, max),
      identities: new RecentUsers(crowd.size, max),
      turns: new Turns(parameters),
    }));
  }

  request(user: number, second: number): Answer {
    const { processes, stickiness } = this.parameters;
    const at = stickiness > 0 && this.random.next() < stickiness ? user % processes : this.random.below(processes);
    const process = this.#at(at);
    const slot = process.credentials.find(user);
    const isKept = slot >= 0 && second < process.credentials.expiresAt(slot);
    if (isKept && second < process.credentials.refreshFrom(slot)) return SERVED;
    const answer = this.#obtain(user, at, second, isKept);
    return isKept ? SERVED : answer;
  }

  tick(second: number, answer: (user: number, second: number, answer: Answer) => void): void {
    const listener: TurnListener = {
      go: (user, process, now) => answer(user, now, this.#obtainAnew(user, this.#at(process), now)),
      refuse: (user, now, retryAfter) => answer(user, now, retryAfter),
    };
    this.#sharedTurns.tick(second, listener);
    for (const { turns } of this.#processes) turns.tick(second, listener);
  }

  restart(): void {
    for (const { credentials, identities } of this.#processes) {
      credentials.clear();
      identities.clear();
    }
  }

  get #liveStore(): SharedMemory | undefined {
    return this.store?.isUp ? this.store : undefined;
  }

  #at(index: number): Process {
    const process = this.#processes[index];
    if (process === undefined) throw new RangeError("There is no such process.");
    return process;
  }

  #obtain(user: number, at: number, second: number, isAhead: boolean): Answer {
    const process = this.#at(at);
    const shared = this.#liveStore?.credentials(user, second);
    if (shared !== undefined && second < shared.refreshFrom) {
      process.credentials.put(user, shared.refreshFrom, shared.expiresAt);
      return SERVED;
    }
    const answer = this.#exchange(user, at, second, isAhead);
    // Old ones are better than none.
    return answer > SERVED && shared !== undefined && second < shared.expiresAt ? SERVED : answer;
  }

  #exchange(user: number, at: number, second: number, isAhead: boolean): Answer {
    const process = this.#at(at);
    const isKnown = process.identities.find(user) >= 0 || this.#liveStore?.knowsIdentity(user) === true;
    if (isKnown) return this.#getCredentials(user, process, second);
    const turns = this.#liveStore === undefined ? process.turns : this.#sharedTurns;
    if (isAhead) return turns.askAhead(second) ? this.#obtainAnew(user, process, second) : THROTTLED;
    const turn = turns.ask(user, at, second);
    return turn === 0 ? this.#obtainAnew(user, process, second) : turn;
  }

  #obtainAnew(user: number, process: Process, second: number): Answer {
    if (!this.upstream.getId(second)) return THROTTLED;
    this.#liveStore?.keepIdentity(user);
    return this.#getCredentials(user, process, second);
  }

  #getCredentials(user: number, process: Process, second: number): Answer {
    process.identities.put(user, 0, 0);
    const lifetime = this.upstream.getCredentials(second);
    if (lifetime === undefined) return THROTTLED;
    process.credentials.put(user, lifetime.refreshFrom, lifetime.expiresAt);
    this.#liveStore?.keepCredentials(user, lifetime);
    return SERVED;
  }
}
