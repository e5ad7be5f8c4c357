/** Lets so many through a second, and saves up `most` of what nobody used. */
export class TokensASecond {
  readonly #rate: number;
  readonly #most: number;
  #left: number;
  #second = 0;

  constructor(rate: number, most: number) {
    this.#rate = rate;
    this.#most = Math.max(1, most);
    this.#left = this.#most;
  }

  take(second: number): boolean {
    this.#left = Math.min(this.#most, this.#left + (second - this.#second) * this.#rate);
    this.#second = second;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
