import { Backoff } from "../backoff.js";
import type { Clock } from "../clock.js";
import { inSteps, within } from "../deadline.js";
import { storeCalls } from "../diagnostics/channels.js";
import type { StoreMessage } from "../diagnostics/messages.js";
import { ConfigurationError } from "../errors/auth-error.js";
import { warnOnce } from "../errors/warn-once.js";
import type { SessionStore } from "./store.js";

/** A store that shares a network with the application answers within a millisecond or two. */
const BUDGET_MS = 50;
const CONNECT_MS = 1000;
const UNREACHABLE =
  "The shared store fails or takes too long. Requests go on without it, but for those of browser sessions.";
/** A store that is held up for a moment, as by a fork of Redis, fails twice in a row at most. */
const MAX_FAILURES = 2;
/** The first pause follows the third failure: half a second. */
const BACKOFF = { firstMs: 250, longestMs: 5000 };

/** What the store answered; undefined where it did not, or was not asked. */
export type Answer<T> = { readonly value: T } | undefined;

/** A store's connection, made once, before the first use. */
export class StoreConnection {
  readonly #store: SessionStore;
  #making: Promise<void> | undefined;
  isMade = false;

  constructor(store: SessionStore) {
    this.#store = store;
  }

  /** A store that cannot be connected to is no error: that shows at the first use. */
  make(): Promise<void> {
    this.#making ??= this.#make().finally(() => {
      this.isMade = true;
    });
    return this.#making;
  }

  async #make(): Promise<void> {
    try {
      await within(CONNECT_MS, () => this.#store.connect?.());
    } catch {
      // The first use finds out.
    }
  }
}

/** How long a store may take, in milliseconds; default 50. */
export interface StoreTiming {
  readonly clock: Clock;
  readonly budgetMs?: number | undefined;
}

/**
 * Stands between us and a store that may be down, slow or full: nobody waits longer than the budget for it, and while
 * it fails it is asked by one request now and then only.
 */
export class StoreCircuit {
  readonly #store: SessionStore;
  readonly #backoff: Backoff;
  /** Rises with each failure: of calls that fail together, the first one counts. */
  #failures = 0;
  #isProbing = false;
  readonly #connection: StoreConnection;
  readonly #budgetMs: number;

  constructor(store: SessionStore, connection: StoreConnection, { clock, budgetMs = BUDGET_MS }: StoreTiming) {
    this.#store = store;
    this.#connection = connection;
    this.#budgetMs = budgetMs;
    this.#backoff = new Backoff(clock, BACKOFF);
  }

  /** Whether the store is being asked. A slow answer or two are not yet an outage. */
  get isUp(): boolean {
    return this.#backoff.failures <= MAX_FAILURES;
  }

  /** Asks the store. Never rejects. */
  ask<T>(
    name: StoreMessage["operation"],
    entry: StoreMessage["entry"],
    operation: (store: SessionStore) => Promise<T>,
  ): Promise<Answer<T>> {
    if (!storeCalls.isWatched) return this.#ask(operation);
    return storeCalls.run(
      { operation: name, entry },
      () => this.#ask(operation),
      (answer) => ({ outcome: answer === undefined ? "store_unavailable" : "ok" }),
    );
  }

  async #ask<T>(operation: (store: SessionStore) => Promise<T>): Promise<Answer<T>> {
    if (this.isUp) return this.#attempt(operation);
    if (this.#isProbing || this.#backoff.waitMs > 0) return undefined;
    this.#isProbing = true;
    const answer = await this.#attempt(operation);
    this.#isProbing = false;
    return answer;
  }

  async #attempt<T>(operation: (store: SessionStore) => Promise<T>): Promise<Answer<T>> {
    if (!this.#connection.isMade) await this.#connection.make();
    const failuresBefore = this.#failures;
    try {
      const value = await inSteps(this.#budgetMs, () => operation(this.#store));
      if (this.#failures === failuresBefore) this.#backoff.succeeded();
      return { value };
    } catch (error) {
      // What a store says is not ours to repeat, but for what we say of the set-up.
      if (error instanceof ConfigurationError) warnOnce("misconfigured", error.message);
      if (this.#failures === failuresBefore) this.#noteFailure();
      return undefined;
    }
  }

  #noteFailure(): void {
    this.#failures += 1;
    this.#backoff.failed();
    if (!this.isUp) warnOnce("store_unavailable", UNREACHABLE);
  }
}
