import type { SessionStore } from "cognito-auth-session";

/** How a store is doing. */
export type StoreHealth = "up" | "down" | "hanging" | "full" | "garbage";

/** In seconds. */
const LIFETIMES = { credentials: [1, 3600], revoked: [86_700, 86_700], identity: [604_800, 604_800] } as const;

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
  writes = 0;
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

  /** The keys of one kind, which shows in nothing but how long they are kept. */
  keysOf(kind: keyof typeof LIFETIMES): string[] {
    const [least, most] = LIFETIMES[kind];
    const isOfKind = (seconds = 0) => seconds >= least && seconds <= most;
    return [...this.entries.keys()].filter((key) => isOfKind(this.lifetimes.get(key)));
  }

  #answer<T>(writes: boolean, answer: () => T): T | Promise<never> {
    this.calls += 1;
    if (writes) this.writes += 1;
    if (this.health === "full") return writes ? ANSWERS.down() : answer();
    return this.health === "up" ? answer() : ANSWERS[this.health]();
  }
}

/** The same store, as another process has it: an object of its own. */
export function asAnotherProcess(store: TestStore) {
  return {
    get: store.get.bind(store),
    set: store.set.bind(store),
    delete: store.delete.bind(store),
    lock: store.lock.bind(store),
  };
}
