/** Random numbers that are the same at every run (Mulberry32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 up to, and not including, 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number below a bound. */
  below(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  /** A time until something that happens every `mean` on average, independently of what went before. */
  exponential(mean: number): number {
    return -Math.log(1 - this.next()) * mean;
  }

  /** From a bell around a mean: the sum of twelve numbers, as sines and cosines differ between versions of Node. */
  normal(mean: number, deviation: number): number {
    let sum = -6;
    for (let count = 0; count < 12; count += 1) sum += this.next();
    return mean + deviation * sum;
  }
}
