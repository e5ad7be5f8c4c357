import { within } from "../deadline.js";
import type { StoreMessage } from "../diagnostics/messages.js";
import { type Answer, StoreCircuit, StoreConnection, type StoreTiming } from "./circuit.js";
import { loadJose, Sealing } from "./sealing.js";
import type { ReleaseLock, SessionStore } from "./store.js";

const CLOSE_MS = 1000;

/** How many engines use a store. */
const users = new WeakMap<SessionStore, number>();

/** What is kept, each kind apart from the others. */
export type EntryKind = StoreMessage["entry"];

/**
 * A lock that was taken; or that another holds, that the store did not tell about, that it is not asked for while it is
 * down, or that it does not know.
 */
export type Lock = ReleaseLock | "held" | "unavailable" | "down" | "none";

interface LockWish {
  readonly kind: EntryKind;
  readonly name: string;
  readonly ttlSeconds: number;
  readonly isForGood: boolean;
}

/**
 * The store as the rest of the package sees it: JSON values by kind and key. Whatever is wrong with the store, or with
 * what it gives, is a miss.
 */
export class SealedStore {
  readonly #store: SessionStore;
  readonly #connection: StoreConnection;
  /** A store may still answer when it takes nothing any more: full, or a replica. */
  readonly #reads: StoreCircuit;
  readonly #writes: StoreCircuit;
  readonly #newest: Sealing;
  readonly #older: readonly Sealing[];

  /**
   * @param store where the sealed values go
   * @param secrets 32 bytes each; the first seals, all open. At least one.
   * @param timing how long the store may take
   */
  constructor(store: SessionStore, [newest, ...older]: readonly [Uint8Array, ...Uint8Array[]], timing: StoreTiming) {
    this.#store = store;
    this.#connection = new StoreConnection(store);
    this.#reads = new StoreCircuit(store, this.#connection, timing);
    this.#writes = new StoreCircuit(store, this.#connection, timing);
    users.set(store, (users.get(store) ?? 0) + 1);
    this.#newest = new Sealing(newest);
    this.#older = older.map((secret) => new Sealing(secret));
    // The first request is not to wait for that.
    void loadJose();
  }

  /** Whether the store is being asked: not for a while after three failures in a row. */
  get isUp(): boolean {
    return this.#reads.isUp && this.#writes.isUp;
  }

  /** A value; undefined where there is none that can be had and opened. */
  async get(kind: EntryKind, key: string): Promise<unknown> {
    return (await this.look(kind, key))?.value;
  }

  /** The same, as an answer: undefined where the store gave none, so that nobody can say whether there is a value. */
  async look(kind: EntryKind, key: string): Promise<Answer<unknown>> {
    const answers = await this.#lookAtAll(kind, key);
    const found = answers.find((answer) => answer?.value !== undefined);
    return found ?? (answers.includes(undefined) ? undefined : { value: undefined });
  }

  /** The values that any of the keys sealed: while keys are changed there may be several. Undefined where one is not known. */
  async getAll(kind: EntryKind, key: string): Promise<readonly unknown[] | undefined> {
    const answers = await this.#lookAtAll(kind, key);
    if (answers.includes(undefined)) return undefined;
    return answers.flatMap((answer) => (answer?.value === undefined ? [] : [answer.value]));
  }

  #lookAtAll(kind: EntryKind, key: string): Promise<Answer<unknown>[]> {
    return Promise.all(
      [this.#newest, ...this.#older].map(async (sealing) => {
        const name = sealing.nameOf(kind, key);
        const answer = await this.#reads.ask("get", kind, async (store) => {
          const value: unknown = await store.get(name);
          if (typeof value === "string") return value;
          if (value === undefined || value === null) return undefined;
          throw new TypeError("A store gives strings.");
        });
        if (answer?.value === undefined) return answer;
        return { value: await sealing.open(name, answer.value) };
      }),
    );
  }

  /** Keeps a value. @returns whether the store took it */
  set(kind: EntryKind, key: string, value: unknown, ttlSeconds: number): Promise<boolean> {
    return this.#put(this.#newest, { kind, key, value, ttlSeconds });
  }

  /** Keeps a value under every key, so that processes that have not all of them yet, or no longer, find it. */
  async setForAll(kind: EntryKind, key: string, value: unknown, ttlSeconds: number): Promise<boolean> {
    const sealings = [this.#newest, ...this.#older];
    const kept = await Promise.all(sealings.map((sealing) => this.#put(sealing, { kind, key, value, ttlSeconds })));
    return !kept.includes(false);
  }

  async #put(
    sealing: Sealing,
    entry: { readonly kind: EntryKind; readonly key: string; readonly value: unknown; readonly ttlSeconds: number },
  ): Promise<boolean> {
    const name = sealing.nameOf(entry.kind, entry.key);
    const sealed = await sealing.seal(name, entry.value);
    const ttlSeconds = Math.max(1, Math.ceil(entry.ttlSeconds));
    return (await this.#writes.ask("set", entry.kind, (store) => store.set(name, sealed, ttlSeconds))) !== undefined;
  }

  /** Removes a value, whichever key sealed it. @returns whether the store did */
  async delete(kind: EntryKind, key: string): Promise<boolean> {
    const names = this.#namesOf(kind, key);
    const answers = await Promise.all(
      names.map((name) => this.#writes.ask("delete", kind, (store) => store.delete(name))),
    );
    return !answers.includes(undefined);
  }

  /**
   * Takes a lock, for `ttlSeconds` at most: under the names of all keys, in one order, so that processes which have any
   * key in common keep each other out while keys are changed.
   */
  async lock(kind: EntryKind, key: string, ttlSeconds: number): Promise<Lock> {
    const { lock } = this.#store;
    if (lock === undefined) return "none";
    const releases: ReleaseLock[] = [];
    const releaseAll = async () => void (await Promise.all(releases.map((release) => release())));
    for (const name of this.#namesOf(kind, key).sort()) {
      const taken = await this.#lockName(lock, { kind, name, ttlSeconds, isForGood: false });
      if (typeof taken !== "function") {
        await releaseAll();
        return taken;
      }
      releases.push(taken);
    }
    return releaseAll;
  }

  /** Takes a lock for good: what it stands for can be used once. @returns whether no other has it, as far as the store tells */
  async claim(kind: EntryKind, key: string, ttlSeconds: number): Promise<boolean> {
    const { lock } = this.#store;
    if (lock === undefined) return true;
    for (const name of this.#namesOf(kind, key).sort()) {
      if ((await this.#lockName(lock, { kind, name, ttlSeconds, isForGood: true })) === "held") return false;
    }
    return true;
  }

  #namesOf(kind: EntryKind, key: string): string[] {
    return [this.#newest, ...this.#older].map((sealing) => sealing.nameOf(kind, key));
  }

  async #lockName(
    lock: NonNullable<SessionStore["lock"]>,
    { kind, name, ttlSeconds, isForGood }: LockWish,
  ): Promise<Lock> {
    let isGivenUp = false;
    const answer = await this.#writes.ask("lock", kind, async (store) => {
      const taken: unknown = await lock.call(store, name, ttlSeconds);
      if (taken === undefined || taken === null) return undefined;
      if (typeof taken !== "function") throw new TypeError("A lock is a function.");
      const release = async () => void (await taken());
      // It came after we had gone on without it, and would keep everybody out until it ends.
      if (isGivenUp && !isForGood) drop(release);
      return release;
    });
    isGivenUp = answer === undefined;
    if (answer === undefined) return this.#writes.isUp ? "unavailable" : "down";
    const release = answer.value;
    return release === undefined ? "held" : () => this.#giveBack(kind, release);
  }

  async #giveBack(kind: EntryKind, release: ReleaseLock): Promise<void> {
    if (this.#writes.isUp) await this.#writes.ask("release", kind, release);
    else drop(release);
  }

  /** Connects and loads what sealing needs, so that the first request need not wait. A store that is down is no error. */
  async warmUp(): Promise<void> {
    await Promise.all([loadJose(), this.#connection.make()]);
  }

  /** Closes the store, unless other engines of this process still use it. */
  async close(): Promise<void> {
    const others = (users.get(this.#store) ?? 1) - 1;
    users.set(this.#store, others);
    if (others > 0) return;
    try {
      await within(CLOSE_MS, () => this.#store.close?.());
    } catch {
      // It is left behind either way.
    }
  }
}

/** Gives a lock back where nobody waits for that. How it went says nothing of how the store is doing for those who wait. */
function drop(release: ReleaseLock): void {
  release().catch(() => {});
}
