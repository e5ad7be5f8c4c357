import type { Crowd } from "./crowd.js";
import type { Parameters } from "./parameters.js";
import { Tally } from "./tally.js";
import type { Lifetime } from "./upstream.js";

/** The store, as Redis keeps it: all users' credentials while they last, and identity ids for 7 days. */
export class SharedMemory {
  readonly reads: Tally;
  isUp = true;
  readonly #identities: Uint8Array;
  readonly #refreshFrom: Float64Array;
  readonly #expiresAt: Float64Array;

  constructor(crowd: Crowd, parameters: Parameters) {
    this.reads = new Tally(parameters);
    this.#identities = crowd.isUnknown.map((isUnknown) => 1 - isUnknown);
    this.#refreshFrom = new Float64Array(crowd.size);
    this.#expiresAt = new Float64Array(crowd.size);
  }

  /** What there is for a user, expired or not. */
  credentials(user: number, second: number): Lifetime {
    this.reads.add(second);
    return { refreshFrom: this.#refreshFrom[user] ?? 0, expiresAt: this.#expiresAt[user] ?? 0 };
  }

  knowsIdentity(user: number): boolean {
    return this.#identities[user] === 1;
  }

  keepCredentials(user: number, { refreshFrom, expiresAt }: Lifetime): void {
    this.#refreshFrom[user] = refreshFrom;
    this.#expiresAt[user] = expiresAt;
  }

  keepIdentity(user: number): void {
    this.#identities[user] = 1;
  }

  /** Everything is gone. */
  empty(): void {
    this.#identities.fill(0);
    this.#refreshFrom.fill(0);
    this.#expiresAt.fill(0);
  }
}
