import type { Answer } from "./callers.js";
import type { Backstage, Stage } from "./stage.js";

/** Who calls, by what the app knows of them. */
export type Caller =
  /** Remembered token, fresh credentials. */
  | "remembered"
  /** Remembered token, credentials that are due for renewal. */
  | "renewing"
  /** Remembered token, credentials that have ended, known identity. */
  | "returning"
  /** A token never seen, of a user never seen. */
  | "new"
  /** An access token never seen. It needs no credentials. */
  | "access token"
  /** A token whose key is not in the key set that is at hand. */
  | "unknown key";

/** Before the first request was served, or after. */
export type Phase = "cold" | "warm";

interface Regular {
  readonly caller: Caller;
  readonly token: string;
}

const ROUND_EVERY_MS = 30;

/** A steady load of good requests by callers of every kind. */
export class Load {
  readonly #backstage: Backstage;
  readonly #stage: Stage;
  readonly #name: string;
  readonly #regulars: Regular[] = [];
  #arrived = 0;

  constructor(backstage: Backstage, stage: Stage, name: string) {
    this.#backstage = backstage;
    this.#stage = stage;
    this.#name = name;
  }

  /** Time passes while users come: when it is over, the keys are due too. */
  async warmUp(): Promise<void> {
    const { clock } = this.#backstage;
    await this.#settle("returning", 2);
    clock.advance({ minutes: 5 });
    await this.#settle("renewing", 2);
    clock.advance({ minutes: 40 });
    await this.#settle("remembered", 3);
    clock.advance({ minutes: 16 });
  }

  /** Three rounds on top of each other, two more one by one: users who come again meet the spacing of attempts. */
  async run(): Promise<Answer[]> {
    this.#arrive("new", "id");
    this.#arrive("new", "id");
    const overlapping: Promise<Answer[]>[] = [];
    for (let round = 0; round < 3; round += 1) {
      overlapping.push(this.#round());
      await new Promise((resolve) => setTimeout(resolve, ROUND_EVERY_MS));
    }
    const answers = await Promise.all(overlapping);
    answers.push(await this.#round(), await this.#round());
    return answers.flat();
  }

  /** Everybody once more. */
  again(): Promise<Answer[]> {
    return this.#everybody(this.#regulars);
  }

  #round(): Promise<Answer[]> {
    const unknownKey = this.#backstage.token("access", this.#nextUser(), "a-key-of-tomorrow");
    const passing: Regular = { caller: "unknown key", token: unknownKey };
    this.#arrive("new", "id");
    this.#arrive("access token", "access");
    return this.#everybody([...this.#regulars, passing]);
  }

  #everybody(callers: readonly Regular[]): Promise<Answer[]> {
    return Promise.all(callers.map(({ caller, token }) => this.#stage.callers.ask(caller, token)));
  }

  async #settle(caller: Caller, count: number): Promise<void> {
    for (let user = 0; user < count; user += 1) this.#arrive(caller, "id");
    const answers = await this.#everybody(this.#regulars.filter((regular) => regular.caller === caller));
    const bad = answers.find(({ status }) => status !== 200);
    if (bad !== undefined) throw new Error(`Warming up: ${bad.status} ${bad.code}`);
  }

  #arrive(caller: Caller, use: "access" | "id"): void {
    this.#regulars.push({ caller, token: this.#backstage.token(use, this.#nextUser()) });
  }

  #nextUser(): string {
    this.#arrived += 1;
    return `${this.#name}-${this.#arrived}`;
  }
}
