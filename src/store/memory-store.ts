import { LRUCache } from "lru-cache";
import { type Clock, systemClock } from "../clock.js";
import type { ReleaseLock, SessionStore } from "./store.js";

const MAX_ENTRIES = 100_000;
const MAX_CHARACTERS = 512 * 1024 * 1024;
const SWEEP_EVERY = 1000;

interface Entry {
  readonly value: string;
  readonly endsAtMs: number;
}

/**
 * A store within this process: for tests, and for a single process. The least recently used entries make room for
 * new ones.
 *
 * @param parts `clock`, for tests; `maxEntries`, default 100,000
 */
export function memoryStore({
  clock = systemClock,
  maxEntries = MAX_ENTRIES,
}: {
  readonly clock?: Clock;
  readonly maxEntries?: number;
} = {}): SessionStore {
  const entries = new LRUCache<string, Entry>({
    max: maxEntries,
    maxSize: MAX_CHARACTERS,
    sizeCalculation: ({ value }, key) => value.length + key.length,
  });
  let putsSinceSweep = 0;
  /** Now and then all that has ended goes: what nobody asks for again would stay until there is no more room. */
  const sweep = (): void => {
    putsSinceSweep += 1;
    if (putsSinceSweep < Math.max(SWEEP_EVERY, entries.size)) return;
    putsSinceSweep = 0;
    for (const [key, { endsAtMs }] of [...entries.entries()]) if (clock() >= endsAtMs) entries.delete(key);
  };
  const current = (key: string): string | undefined => {
    const entry = entries.get(key);
    if (entry === undefined || clock() < entry.endsAtMs) return entry?.value;
    entries.delete(key);
    return undefined;
  };
  const put = (key: string, value: string, ttlSeconds: number): void => {
    sweep();
    entries.set(key, { value, endsAtMs: clock() + ttlSeconds * 1000 });
  };
  let locks = 0;
  return {
    async get(key) {
      return current(key);
    },
    async set(key, value, ttlSeconds) {
      put(key, value, ttlSeconds);
    },
    async delete(key) {
      entries.delete(key);
    },
    async lock(key, ttlSeconds): Promise<ReleaseLock | undefined> {
      const name = `lock ${key}`;
      if (current(name) !== undefined) return undefined;
      locks += 1;
      const holder = String(locks);
      put(name, holder, ttlSeconds);
      return async () => {
        if (current(name) === holder) entries.delete(name);
      };
    },
  };
}
