import type { Clock } from "./clock.js";

/** How long to wait after failures in a row. */
export interface BackoffSettings {
  /** Wait after the second failure in a row; it doubles with each further one. */
  readonly firstMs: number;
  readonly longestMs: number;
}

/** After so many times the longest wait without an attempt, a failure counts as a first one again. */
const QUIET_FACTOR = 6;

/**
 * Failures in a row at one place, and when it may be tried again. The first failure costs no wait: it may well have
 * been the only one.
 */
export class Backoff {
  readonly #clock: Clock;
  readonly #settings: BackoffSettings;
  #failures = 0;
  #failedAtMs = 0;
  #waitMs = 0;

  constructor(clock: Clock, settings: BackoffSettings) {
    this.#clock = clock;
    this.#settings = settings;
  }

  /** Failures since the last success. */
  get failures(): number {
    return this.#failures;
  }

  /** Milliseconds until the next attempt; 0 when it may be made now. */
  get waitMs(): number {
    const elapsedMs = this.#clock() - this.#failedAtMs;
    // A clock that was set back says nothing about how long ago it was.
    return elapsedMs < 0 ? 0 : Math.max(0, this.#waitMs - elapsedMs);
  }

  failed(): void {
    const { firstMs, longestMs } = this.#settings;
    const nowMs = this.#clock();
    // Failures with a long time between them are not in a row.
    this.#failures = nowMs - this.#failedAtMs > QUIET_FACTOR * longestMs ? 1 : this.#failures + 1;
    this.#failedAtMs = nowMs;
    this.#waitMs = this.#failures < 2 ? 0 : Math.min(longestMs, firstMs * 2 ** Math.min(this.#failures - 2, 20));
  }

  succeeded(): void {
    this.#failures = 0;
    this.#waitMs = 0;
  }
}
