import { ok } from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { ReleaseLock, SessionStore } from "../store/store.js";

/** One thing that a session store must do. */
export interface SessionStoreCase {
  /** A sentence about the store, for the title of a test. */
  readonly name: string;
  /** Rejects with an `AssertionError` where the store does not do it. Leaves nothing in the store. */
  run(makeStore: () => SessionStore | Promise<SessionStore>): Promise<void>;
}

type Lock = NonNullable<SessionStore["lock"]>;

/** What a case works with. Whatever it keeps or locks by these is gone afterwards. */
interface Trial {
  readonly store: SessionStore;
  /** The store's own lock. */
  readonly lock: Lock;
  /** A key that nobody else has: the same one for the same word. */
  key(word: string): string;
}

/** How much longer than told a value may be there. */
const GRACE_MS = 1_500;

/** A case that runs with keys of its own, and takes back all that it kept and locked. */
export function trial(name: string, attempt: (trial: Trial) => Promise<void>): SessionStoreCase {
  return {
    name,
    async run(makeStore) {
      const store = await makeStore();
      const id = randomUUID();
      const used = new Set<string>();
      const releases: ReleaseLock[] = [];
      const key = (word: string): string => {
        const name = `${id}${word}`;
        used.add(name);
        return name;
      };
      const lock: Lock = async (name, ttlSeconds) => {
        const release = await store.lock?.(name, ttlSeconds);
        if (release !== undefined) releases.push(release);
        return release;
      };
      try {
        await attempt({ store, lock, key });
      } finally {
        // What cannot be taken back ends by itself; the case has said already what is wrong.
        await Promise.allSettled([
          ...releases.map((release) => release()),
          ...[...used].map((name) => store.delete(name)),
        ]);
      }
    },
  };
}

/** A case for stores that have locks. */
export function lockTrial(name: string, attempt: (trial: Trial) => Promise<void>): SessionStoreCase {
  return trial(`${name} (where it has locks)`, async (given) => {
    if (given.store.lock !== undefined) await attempt(given);
  });
}

/** The lock, which must have been given. */
export function held(release: ReleaseLock | undefined): ReleaseLock {
  ok(release !== undefined, "the lock was not given though nobody held it");
  return release;
}

/** Whether it comes true some time after `afterMs`, give or take. */
export async function comesTrue(condition: () => Promise<boolean>, afterMs: number): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < afterMs + GRACE_MS; waitedMs += 100) {
    if (await condition()) return true;
    await sleep(100);
  }
  return false;
}

/** Whether so little time has gone by that something of one second cannot be over. A busy machine may have been slow. */
export function isSoonAfter(sinceMs: number): boolean {
  return Date.now() - sinceMs < 900;
}
