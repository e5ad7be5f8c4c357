/** Who does something at which second. Everybody has one thing to do at most. */
export class Agenda {
  readonly #from: number;
  readonly #firstAt: Int32Array;
  readonly #nextOf: Int32Array;

  constructor(users: number, from: number, to: number) {
    this.#from = from;
    this.#firstAt = new Int32Array(to - from).fill(-1);
    this.#nextOf = new Int32Array(users);
  }

  /** @returns false for a time after the end */
  add(user: number, second: number): boolean {
    const index = second - this.#from;
    if (index >= this.#firstAt.length) return false;
    this.#nextOf[user] = this.#firstAt[index] ?? -1;
    this.#firstAt[index] = user;
    return true;
  }

  /** Calls back with each user of a second. Whoever is added meanwhile must be added to a later one. */
  forEach(second: number, callback: (user: number) => void): void {
    let user = this.#firstAt[second - this.#from] ?? -1;
    while (user >= 0) {
      const next = this.#nextOf[user] ?? -1;
      callback(user);
      user = next;
    }
  }
}
