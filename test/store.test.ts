import { expect } from "chai";
import { memoryStore } from "../src/store/memory-store.js";
import type { SessionStore } from "../src/store/store.js";
import { sessionStoreCases } from "../src/testing/store-cases.js";

type Locking = SessionStore & Required<Pick<SessionStore, "lock">>;

/** Ways to get a store wrong. Each is a store that works, but for one thing. */
const MUTANTS: Record<string, (store: Locking) => Partial<SessionStore>> = {
  "forgets what it is given": () => ({ set: async () => {} }),
  "never forgets": (store) => ({ set: (key, value) => store.set(key, value, 3600) }),
  "takes seconds for milliseconds": (store) => ({ set: (key, value, ttl) => store.set(key, value, ttl / 1000) }),
  "keeps the first value": (store) => ({
    set: async (key, value, ttl) => ((await store.get(key)) === undefined ? store.set(key, value, ttl) : undefined),
  }),
  "lets a value keep the time of the one before": (store) => {
    const times = new Map<string, number>();
    return {
      set: (key, value, ttl) => {
        const endsAtMs = times.get(key) ?? Date.now() + ttl * 1000;
        times.set(key, endsAtMs);
        return store.set(key, value, Math.max(0, endsAtMs - Date.now()) / 1000);
      },
      delete: (key) => {
        times.delete(key);
        return store.delete(key);
      },
    };
  },
  "does not delete": () => ({ delete: async () => {} }),
  "cannot delete what is not there": (store) => ({
    delete: async (key) => {
      if ((await store.get(key)) === undefined) throw new Error("No such key.");
      await store.delete(key);
    },
  }),
  "deletes whatever begins alike": (store) => {
    const keys = new Set<string>();
    return {
      set: (key, value, ttl) => store.set([...keys.add(key)].at(-1) ?? key, value, ttl),
      delete: async (key) => {
        for (const each of keys) if (each.startsWith(key)) await store.delete(each);
      },
    };
  },
  "takes capitals for small letters": (store) => renamed(store, (key) => key.toLowerCase()),
  "leaves out odd characters of a key": (store) => renamed(store, (key) => key.replace(/[^\w-]/g, "_")),
  "gives null for nothing": (store) => ({
    // What a store in JavaScript could do.
    get: async (key) => (await store.get(key)) ?? (null as unknown as undefined),
  }),
  "keeps bytes in place of characters": (store) => ({
    set: (key, value, ttl) => store.set(key, Buffer.from(value, "latin1").toString("latin1"), ttl),
  }),
  "cuts long values": (store) => ({ set: (key, value, ttl) => store.set(key, value.slice(0, 65_536), ttl) }),
  "trims values": (store) => ({ set: (key, value, ttl) => store.set(key, value.trim(), ttl) }),
  "gives its lock to everybody": () => ({ lock: async () => async () => {} }),
  "gives its lock to nobody": () => ({ lock: async () => undefined }),
  "has one lock for all keys": (store) => ({ lock: (_, ttl) => store.lock("one", ttl) }),
  "does not release locks": (store) => ({
    lock: async (key, ttl) => (await store.lock(key, ttl)) && (async () => {}),
  }),
  "never ends locks": (store) => ({ lock: (key) => store.lock(key, 3600) }),
  "ends locks at once": (store) => ({ lock: (key, ttl) => store.lock(key, ttl / 1e6) }),
  "releases anyone's lock": (store) => {
    const held = new Map<string, () => Promise<void>>();
    return {
      lock: async (key, ttl) => {
        const release = await store.lock(key, ttl);
        if (release !== undefined) held.set(key, release);
        return release && (async () => held.get(key)?.());
      },
    };
  },
  "cannot release a lock that has ended": (store) => ({
    lock: async (key, ttl) => {
      // Not later than the store's own end, and over at that very millisecond.
      const endsAtMs = Date.now() + ttl * 1000;
      const release = await store.lock(key, ttl);
      return (
        release &&
        (async () => {
          if (Date.now() >= endsAtMs) throw new Error("No such lock.");
          await release();
        })
      );
    },
  }),
  "keeps locks among the values": (store) => ({
    lock: async (key, ttl) => {
      if ((await store.get(key)) !== undefined) return undefined;
      await store.set(key, "locked", ttl);
      return () => store.delete(key);
    },
  }),
};

describe("A memory store", () => {
  for (const { name, run } of sessionStoreCases()) it(name, () => run(() => memoryStore()));

  it("ends values and locks by the clock that it is given", async () => {
    let nowMs = 0;
    const store = memoryStore({ clock: () => nowMs });
    await store.set("a", "1", 10);
    await store.lock?.("a", 10);
    nowMs = 9_999;
    expect([await store.get("a"), await store.lock?.("a", 10)]).to.deep.equal(["1", undefined]);
    nowMs = 10_000;
    expect(await store.get("a")).to.equal(undefined);
    expect(await store.lock?.("a", 10)).to.be.a("function");
  });

  it("makes room by forgetting what was not used for longest", async () => {
    const store = memoryStore({ maxEntries: 2 });
    await store.set("a", "1", 10);
    await store.set("b", "2", 10);
    await store.get("a");
    await store.set("c", "3", 10);
    expect(await Promise.all(["a", "b", "c"].map((key) => store.get(key)))).to.deep.equal(["1", undefined, "3"]);
  });
});

describe("The cases for session stores", () => {
  it("pass for a store without locks", async () => {
    const { get, set, delete: remove } = memoryStore();
    expect(await failures(() => ({ get, set, delete: remove }))).to.deep.equal([]);
  });

  it("leave nothing behind", async () => {
    const left = new Set<string>();
    const watched = (): SessionStore => {
      const store = memoryStore();
      return {
        ...store,
        set: (key, value, ttl) => store.set([...left.add(key)].at(-1) ?? key, value, ttl),
        delete: async (key) => {
          left.delete(key);
          await store.delete(key);
        },
      };
    };
    await failures(watched);
    expect([...left]).to.deep.equal([]);
  });

  describe("find out a store that", () => {
    let found: Map<string, Promise<string[]>>;

    before(() => {
      // At once, as most of their time is waiting.
      found = new Map(Object.entries(MUTANTS).map(([name, mutate]) => [name, failures(() => mutant(mutate))]));
    });

    for (const name of Object.keys(MUTANTS)) {
      it(name, async () => {
        expect(await found.get(name)).not.to.be.empty;
      });
    }
  });
});

function mutant(mutate: (store: Locking) => Partial<SessionStore>): SessionStore {
  const { lock, ...store } = memoryStore();
  if (lock === undefined) throw new Error("The memory store has locks.");
  const whole = { ...store, lock };
  return { ...whole, ...mutate(whole) };
}

function renamed(store: Locking, rename: (key: string) => string): Partial<SessionStore> {
  return {
    get: (key) => store.get(rename(key)),
    set: (key, value, ttl) => store.set(rename(key), value, ttl),
    delete: (key) => store.delete(rename(key)),
  };
}

/** Names of the cases that a store fails. */
async function failures(makeStore: () => SessionStore): Promise<string[]> {
  const cases = sessionStoreCases();
  const outcomes = await Promise.allSettled(cases.map(({ run }) => run(makeStore)));
  return cases.filter((_, index) => outcomes[index]?.status === "rejected").map(({ name }) => name);
}
