/** Counts answers. */
export class Tally {
  readonly #statuses = new Map<string, number>();
  #requests = 0;

  count(status: string): void {
    this.#requests += 1;
    this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1);
  }

  get requests(): number {
    return this.#requests;
  }

  get statuses(): Record<string, number> {
    return Object.fromEntries(this.#statuses);
  }
}
