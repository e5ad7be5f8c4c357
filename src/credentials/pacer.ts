import { setTimeout as pause } from "node:timers/promises";
import type { Clock } from "../clock.js";
import { AuthError } from "../errors/auth-error.js";
import type { Outcome } from "../errors/outcome.js";
import type { SealedStore } from "../store/sealed-store.js";
import type { ExchangeMode } from "./credentials.js";

/** Calls are let through a window's worth at a time; whoever takes the window may make them all. */
const WINDOW_MS = 250;
const MAX_UNDER_WAY = 100;

/** What the pacer works with. */
export interface PacerParts {
  readonly clock: Clock;
  /** Calls a second; undefined lets all through. */
  readonly ratePerSecond: number | undefined;
  /** Where processes agree who may call when. */
  readonly store: SealedStore | undefined;
  /** What is being called: windows of one scope are shared. */
  readonly scope: string;
}

/** How long, and how urgently, a call may wait for its turn. */
export interface Patience {
  readonly mode: ExchangeMode;
  readonly patienceMs: number;
}

interface Waiting {
  readonly go: (outcome: AuthError | undefined) => void;
}

/**
 * Holds a call to a rate, for all processes that share the store together. Whoever could not be let through in time is
 * told at once, and when to come back; renewals ahead of time do not stand in the way of requests.
 */
export class Pacer {
  readonly #parts: PacerParts;
  readonly #queue: Waiting[] = [];
  #underWay = 0;
  #window = Number.NaN;
  /** The first call goes at once, however low the rate. */
  #left = 1;
  #isPumping = false;

  constructor(parts: PacerParts) {
    this.#parts = parts;
  }

  /** Makes a call when its turn has come. */
  async run<T>(patience: Patience, call: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
    if (this.#parts.ratePerSecond === undefined) return call();
    const refusal = await this.#turn(patience, this.#parts.ratePerSecond);
    if (refusal !== undefined) return refusal;
    try {
      return await call();
    } finally {
      this.#underWay -= 1;
      this.#pump();
    }
  }

  #turn({ mode, patienceMs }: Patience, ratePerSecond: number): Promise<AuthError | undefined> {
    const waitSeconds = (this.#queue.length + 1) / ratePerSecond;
    const yields = mode === "background" && this.#queue.length > 0;
    if (yields || waitSeconds * 1000 > patienceMs) return Promise.resolve(tooMany(waitSeconds));
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#queue.splice(this.#queue.indexOf(waiting), 1);
        resolve(tooMany((this.#queue.length + 1) / ratePerSecond));
      }, patienceMs);
      const waiting: Waiting = {
        go: (refusal) => {
          clearTimeout(timer);
          resolve(refusal);
        },
      };
      this.#queue.push(waiting);
      this.#pump();
    });
  }

  /** Lets through whoever may go, and sees to it that the others' turn comes. */
  #pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    void this.#letThrough();
  }

  async #letThrough(): Promise<void> {
    while (this.#queue.length > 0 && this.#underWay < MAX_UNDER_WAY) {
      if (this.#left < 1) await this.#nextWindow();
      else {
        this.#left -= 1;
        this.#underWay += 1;
        this.#queue.shift()?.go(undefined);
      }
    }
    // In the same turn as the last look at the queue: whoever comes next starts it again.
    this.#isPumping = false;
  }

  /** Adds the calls of a window that is ours; waits where this one was asked for already. */
  async #nextWindow(): Promise<void> {
    const { ratePerSecond = Number.POSITIVE_INFINITY, store, scope, clock } = this.#parts;
    const window = Math.floor(clock() / WINDOW_MS);
    if (window === this.#window) return pause(WINDOW_MS - (clock() % WINDOW_MS));
    this.#window = window;
    // The lock is not given back: it ends with its window. Without a store each process keeps to the rate by itself.
    const lock = await store?.lock("pace", `${scope} ${window}`, 1);
    if (lock !== "held") this.#left += (ratePerSecond * WINDOW_MS) / 1000;
  }
}

function tooMany(waitSeconds: number): AuthError {
  return new AuthError("credentials_unavailable", {
    name: "TooManyRequestsException",
    retryAfterSeconds: waitSeconds,
    recoverySuggestion:
      "More users came in at once than `getIdRate` lets through to Cognito. Share a store, or ask AWS to raise the quota and set `getIdRate`.",
  });
}
