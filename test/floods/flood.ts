import { AuthError, type SessionManager } from "cognito-auth-session";

/** What a flood came to. */
export interface Tally {
  readonly asked: number;
  /** Microseconds for each, the asking alone, in the middle one of the batches: what else the machine did is no cost. */
  readonly microseconds: number;
  /** How often each code was answered with; `ok` for a session. */
  readonly answers: Readonly<Record<string, number>>;
}

/** Asks for a session with one token after another, and measures nothing else. */
export class Flood {
  readonly #sessions: SessionManager;
  readonly #deadlineMs: number;
  readonly #answers = new Map<string, number>();
  #asked = 0;
  readonly #batches: number[] = [];

  constructor(sessions: SessionManager, deadlineMs: number) {
    this.#sessions = sessions;
    this.#deadlineMs = deadlineMs;
  }

  get tally(): Tally {
    return {
      asked: this.#asked,
      microseconds: this.#batches.toSorted((a, b) => a - b)[this.#batches.length >> 1] ?? Number.NaN,
      answers: Object.fromEntries(this.#answers),
    };
  }

  async pour(tokens: readonly string[]): Promise<void> {
    const startedMs = performance.now();
    if (tokens.length === 0) return;
    if (startedMs > this.#deadlineMs) throw new Error("The flood takes too long on this machine.");
    for (const token of tokens) {
      const answer = await this.#ask(token);
      this.#answers.set(answer, (this.#answers.get(answer) ?? 0) + 1);
    }
    this.#batches.push(((performance.now() - startedMs) * 1000) / tokens.length);
    this.#asked += tokens.length;
    // Between batches a server would look after its sockets; here garbage and messages get their turn.
    await new Promise((resolve) => setImmediate(resolve));
  }

  async #ask(token: string): Promise<string> {
    try {
      await this.#sessions.getSession({ headers: { authorization: `Bearer ${token}` } });
      return "ok";
    } catch (error) {
      return error instanceof AuthError ? error.code : String(error);
    }
  }
}
