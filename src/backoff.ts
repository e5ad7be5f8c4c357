import type { Clock } from "./clock.js";

/** How long to wait after failures in a row. */
export interface BackoffSettings {
  /** Wait after the second failure in a row; it doubles with each further one. */
  readonly firstMs: number;
  readonly longestMs: number;
}

/**
 * Failures in a row at one place, and when it may be tried again. The first failure costs no wait: it may well have
 * been the only one.
 */
export class Backoff {
  readonly #clock: Clock;
  readonly #settings: BackoffSettings;
  #failures = 0;
  #retryAtMs = 0;

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
    return Math.max(0, this.#retryAtMs - this.#clock());
  }

  failed(): void {
    this.#failures += 1;
    if (this.#failures < 2) return;
    const { firstMs, longestMs } = this.#settings;
    this.#retryAtMs = this.#clock() + Math.min(longestMs, firstMs * 2 ** Math.min(this.#failures - 2, 20));
  }

  succeeded(): void {
    this.#failures = 0;
    this.#retryAtMs = 0;
  }
}
