import type { Parameters } from "./parameters.js";
import { TokensASecond } from "./tokens-a-second.js";

interface Waiting {
  readonly user: number;
  readonly process: number;
  readonly since: number;
}

/** Who is told what became of a user who waited. */
export interface TurnListener {
  go(user: number, process: number, second: number): void;
  refuse(user: number, second: number, retryAfter: number): void;
}

/** The package's `Pacer`, by the second: a bounded queue of those who wait for GetId. */
export class Turns {
  readonly #tokens: TokensASecond;
  readonly #patience: number;
  readonly #patienceOfSample: number;
  readonly #rate: number;
  readonly #queue: Waiting[] = [];

  constructor({ getIdRate, sample, patienceSeconds }: Parameters) {
    this.#rate = getIdRate;
    this.#patience = patienceSeconds;
    // As many wait as would of the whole, so their turns take longer to come.
    this.#patienceOfSample = patienceSeconds * sample;
    this.#tokens = new TokensASecond(getIdRate / sample, getIdRate / sample);
  }

  /** 0: go now. Below: wait. Above: refused, come back after so many seconds. */
  ask(user: number, process: number, second: number): number {
    if (this.#queue.length === 0 && this.#tokens.take(second)) return 0;
    const wait = this.#waitSeconds;
    if (wait > this.#patience) return Math.ceil(wait);
    this.#queue.push({ user, process, since: second });
    return -1;
  }

  /** A renewal that nobody waits for. */
  askAhead(second: number): boolean {
    return this.#queue.length === 0 && this.#tokens.take(second);
  }

  /** Lets through those whose turn has come, and sends away those who waited too long. */
  tick(second: number, listener: TurnListener): void {
    for (let first = this.#queue[0]; first !== undefined; first = this.#queue[0]) {
      if (second - first.since > this.#patienceOfSample) {
        this.#queue.shift();
        listener.refuse(first.user, second, Math.max(1, Math.ceil(this.#waitSeconds)));
      } else if (this.#tokens.take(second)) {
        this.#queue.shift();
        listener.go(first.user, first.process, second);
      } else return;
    }
  }

  get #waitSeconds(): number {
    return (this.#queue.length + 1) / this.#rate;
  }
}
