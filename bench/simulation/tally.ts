import type { Parameters } from "./parameters.js";

/** How often something happened, in each minute that counts. */
export class Tally {
  readonly #countedFrom: number;
  readonly #sample: number;
  readonly #minutes: Float64Array;

  constructor({ countedFrom, to, sample }: Pick<Parameters, "countedFrom" | "to" | "sample">) {
    this.#countedFrom = countedFrom;
    this.#sample = sample;
    this.#minutes = new Float64Array(Math.ceil((to - countedFrom) / 60));
  }

  add(second: number): void {
    const minute = Math.floor((second - this.#countedFrom) / 60);
    if (minute >= 0) this.#minutes[minute] = (this.#minutes[minute] ?? 0) + this.#sample;
  }

  /** How often in all. */
  get total(): number {
    return this.#minutes.reduce((sum, count) => sum + count, 0);
  }

  /** How often a second, on average. */
  get mean(): number {
    return this.total / (this.#minutes.length * 60);
  }

  /** How often a second in the minute that had the most. */
  get peak(): number {
    return this.#minutes.reduce((most, count) => Math.max(most, count), 0) / 60;
  }

  /** In how many minutes it was more often than so many times a second. */
  minutesAbove(rate: number): number {
    return this.#minutes.filter((count) => count / 60 > rate).length;
  }
}
