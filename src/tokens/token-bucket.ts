import type { Clock } from "../clock.js";

/** How much may happen at once, and how often after that. */
export interface BucketSettings {
  readonly burst: number;
  readonly everyMs: number;
}

/** A token bucket: `burst` takes at once, then one every `everyMs`. */
export class TokenBucket {
  readonly #clock: Clock;
  readonly #settings: BucketSettings;
  #level: number;
  #filledAtMs: number;

  constructor(clock: Clock, settings: BucketSettings) {
    this.#clock = clock;
    this.#settings = settings;
    this.#level = settings.burst;
    this.#filledAtMs = clock();
  }

  /** Takes one if there is one. */
  take(): boolean {
    const { burst, everyMs } = this.#settings;
    const nowMs = this.#clock();
    this.#level = Math.min(burst, this.#level + Math.max(0, nowMs - this.#filledAtMs) / everyMs);
    this.#filledAtMs = nowMs;
    if (this.#level < 1) return false;
    this.#level -= 1;
    return true;
  }
}
