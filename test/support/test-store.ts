import type { SessionStore } from "cognito-auth-session";

/** How a store is doing. */
export type StoreHealth = "up" | "down" | "hanging" | "full" | "garbage";

const ANSWERS: Readonly<Record<Exclude<StoreHealth, "up" | "full">, () => Promise<never>>> = {
  down: () => Promise.reject(new Error("connect ECONNREFUSED redis://:secret@10.0.0.1")),
  hanging: () => new Promise<never>(() => {}),
  garbage: () => Promise.resolve({ not: "a string" } as never),
};

/** A store that shows what it holds, counts, and can be unwell. */
export class TestStore implements SessionStore {
  readonly entries = new Map<string, string>();
  readonly lifetimes = new Map<string, number>();
  readonly locks = new Set<string>();
  health: StoreHealth = "up";
  calls = 0;
  closed = false;

  async get(key: string): Promise<string | undefined> {
    return this.#answer(false, () => this.entries.get(key));
  }

  async set(key: string, value: string, ttlSeconds: number): Promise<void> {
    return this.#answer(true, () => {
      this.entries.set(key, value);
      this.lifetimes.set(key, ttlSeconds);
    });
  }

  async delete(key: string): Promise<void> {
    return this.#answer(true, () => {
      this.entries.delete(key);
    });
  }

  async lock(key: string): Promise<(() => Promise<void>) | undefined> {
    return this.#answer(true, () => {
      if (this.locks.has(key)) return undefined;
      this.locks.add(key);
      return async () => {
        this.locks.delete(key);
      };
    });
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  /** The keys of one kind. */
  keysOf(kind: string): string[] {
    return [...this.entries.keys()].filter((key) => key.startsWith(`${kind}:`));
  }

  #answer<T>(writes: boolean, answer: () => T): T | Promise<never> {
    this.calls += 1;
    if (this.health === "full") return writes ? ANSWERS.down() : answer();
    return this.health === "up" ? answer() : ANSWERS[this.health]();
  }
}
