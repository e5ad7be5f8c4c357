import type { Page } from "./page.js";

/** The server renews tokens that have under 300 seconds left; asked a little later, it is sure to. */
const RENEWED_WITH_SECONDS_LEFT = 290;
/** Tokens that never have more than that left must not make the page ask without end. */
const LEAST_PAUSE_MS = 30_000;
/** Tabs of one browser know the same time and would ask in the same moment. */
const SPREAD_MS = 5000;
const FIRST_RETRY_MS = 5000;
const LONGEST_RETRY_MS = 120_000;
/** A longer timer fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** When to look at the session again: before its tokens end, and after a failure. */
export class Renewal {
  readonly #page: Page;
  readonly #look: () => void;
  #failures = 0;
  #dueMs = Number.POSITIVE_INFINITY;
  #cancelTimer: (() => void) | undefined;

  constructor(page: Page, look: () => void) {
    this.#page = page;
    this.#look = look;
  }

  /** True when the time has passed, though no timer fired: they stand still while a machine sleeps. */
  get isDue(): boolean {
    return this.#page.now() >= this.#dueMs;
  }

  /** Plans the look that renews a session's tokens. */
  afterSuccess(expiresInSeconds: number): void {
    this.#failures = 0;
    const pauseMs = Math.max(LEAST_PAUSE_MS, (expiresInSeconds - RENEWED_WITH_SECONDS_LEFT) * 1000);
    this.#plan(pauseMs + this.#page.random() * SPREAD_MS);
  }

  /** Plans another try: later with each failure in a row, and not before the server wants it. */
  afterFailure(retryAfterSeconds = 0): void {
    const growingMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(this.#failures, 10));
    this.#failures += 1;
    const pauseMs = Math.max(growingMs, retryAfterSeconds * 1000);
    // Spread in proportion: a server that comes back should not meet all pages at once.
    this.#plan(pauseMs * (1 + this.#page.random() / 2));
  }

  /** Plans nothing more: there is nothing to renew. */
  forget(): void {
    this.#failures = 0;
    this.cancel();
  }

  /** Drops what was planned. */
  cancel(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#dueMs = Number.POSITIVE_INFINITY;
  }

  #plan(pauseMs: number): void {
    this.cancel();
    this.#dueMs = this.#page.now() + pauseMs;
    this.#wait(pauseMs);
  }

  /** By what is left, not by the clock: one that is set back must not put the look off. */
  #wait(leftMs: number): void {
    const stepMs = Math.min(leftMs, LONGEST_TIMER_MS);
    this.#cancelTimer = this.#page.startTimer(() => {
      if (leftMs > stepMs) this.#wait(leftMs - stepMs);
      else this.#look();
    }, stepMs);
  }
}
