import type { Clock } from "../clock.js";
import { type Answer, StoreCircuit } from "./circuit.js";
import { loadJose, Sealing } from "./sealing.js";
import type { ReleaseLock, SessionStore } from "./store.js";

/** What is kept, each kind apart from the others. */
export type EntryKind = "credentials" | "identity" | "revoked" | "exchange" | "pace";

/** A lock that was taken, that another holds, that nobody could tell about, or that this store does not know. */
export type Lock = ReleaseLock | "held" | "unavailable" | "none";

/**
 * The store as the rest of the package sees it: JSON values by kind and key. Whatever is wrong with the store, or with
 * what it gives, is a miss.
 */
export class SealedStore {
  readonly #store: SessionStore;
  readonly #circuit: StoreCircuit;
  readonly #newest: Sealing;
  readonly #older: readonly Sealing[];

  /**
   * @param store where the sealed values go
   * @param secrets 32 bytes each; the first seals, all open. At least one.
   */
  constructor(store: SessionStore, [newest, ...older]: readonly [Uint8Array, ...Uint8Array[]], clock: Clock) {
    this.#store = store;
    this.#circuit = new StoreCircuit(store, clock);
    this.#newest = new Sealing(newest);
    this.#older = older.map((secret) => new Sealing(secret));
    // The first request is not to wait for that.
    void loadJose();
  }

  /** Whether the store answered when it was asked last. */
  get isUp(): boolean {
    return this.#circuit.isUp;
  }

  /** A value; undefined where there is none that can be had and opened. */
  async get(kind: EntryKind, key: string): Promise<unknown> {
    return (await this.look(kind, key))?.value;
  }

  /** As {@link get}, and whether the store answered at all. */
  async look(kind: EntryKind, key: string): Promise<Answer<unknown>> {
    const answers = await Promise.all(
      [this.#newest, ...this.#older].map(async (sealing) => {
        const name = sealing.nameOf(kind, key);
        const answer = await this.#circuit.ask((store) => store.get(name));
        if (answer?.value === undefined) return answer;
        return { value: await sealing.open(name, answer.value) };
      }),
    );
    return answers.find((answer) => answer?.value !== undefined) ?? answers[0];
  }

  /** Keeps a value. @returns whether the store took it */
  async set(kind: EntryKind, key: string, value: unknown, ttlSeconds: number): Promise<boolean> {
    const name = this.#newest.nameOf(kind, key);
    const sealed = await this.#newest.seal(name, value);
    return (
      (await this.#circuit.ask((store) => store.set(name, sealed, Math.max(1, Math.ceil(ttlSeconds))))) !== undefined
    );
  }

  /** Removes a value, whichever key sealed it. */
  async delete(kind: EntryKind, key: string): Promise<void> {
    const names = [this.#newest, ...this.#older].map((sealing) => sealing.nameOf(kind, key));
    await Promise.all(names.map((name) => this.#circuit.ask((store) => store.delete(name))));
  }

  /** Takes a lock, for `ttlSeconds` at most. */
  async lock(kind: EntryKind, key: string, ttlSeconds: number): Promise<Lock> {
    const name = this.#newest.nameOf(kind, key);
    const { lock } = this.#store;
    if (lock === undefined) return "none";
    const answer = await this.#circuit.ask((store) => lock.call(store, name, ttlSeconds));
    if (answer === undefined) return "unavailable";
    const release = answer.value;
    if (release === undefined) return "held";
    return async () => {
      await this.#circuit.ask(() => release());
    };
  }

  /** Connects and loads what sealing needs, so that the first request need not wait. A store that is down is no error. */
  async warmUp(): Promise<void> {
    await Promise.all([loadJose(), this.#circuit.connect()]);
  }

  /** Closes the store. */
  async close(): Promise<void> {
    await this.#circuit.ask(async (store) => store.close?.());
  }
}
