import { randomUUID } from "node:crypto";
import type { Clock } from "../clock.js";
import { type Eventually, whenReady } from "../errors/outcome.js";
import { warnOnce } from "../errors/warn-once.js";
import type { SealedStore } from "../store/sealed-store.js";
import type { SessionStore } from "../store/store.js";
import type { TokenPair } from "../tokens/pair.js";
import type { VerifiedToken } from "../tokens/verified-token.js";
import { keyOf, type RevocationTarget, targetsOf, userKey } from "./revocation-target.js";

/** The longest that a token of Cognito lives, and clocks that differ. Later than that it has expired anyway. */
const TTL_SECONDS = 24 * 3600 + 300;
const MAX_KNOWN = 200_000;
const TOO_MANY = "More than 200,000 revocations in a day: the oldest are known to the store only, where there is one.";
/** How long a process may not have heard of another's revocation. */
const MAX_AGE_MS = 1000;
/** From this age on it asks while it serves, so that under load nobody waits. */
const REFRESH_AGE_MS = 500;
/** Changes with each revocation: one look at it tells whether there is anything new. */
const LATEST = "latest";

/** Engines of one process that share a store hear of each other's revocations at once. */
const sharing = new WeakMap<SessionStore, Set<Revocations>>();

/** What the register works with. */
export interface RevocationsParts {
  readonly clock: Clock;
  readonly store: SealedStore | undefined;
  /** The same store, bare. */
  readonly bareStore: SessionStore | undefined;
  /** Told of each revocation that this process learns of. */
  readonly onRevoked: (target: RevocationTarget) => void;
}

/**
 * The sign-ins that were revoked. Every token is held against what this process knows, at no cost; what other processes
 * revoked comes through the store within a second. While the store is down a process knows its own revocations only.
 */
export class Revocations {
  readonly #parts: RevocationsParts;
  /** When, in milliseconds, by {@link keyOf}; the oldest first. */
  readonly #known = new Map<string, number>();
  /** The state of the register at which a token was last looked up. */
  #lookedUp = new WeakMap<VerifiedToken, string>();
  #latest = "";
  #readAtMs = Number.NEGATIVE_INFINITY;
  #reading: Promise<string> | undefined;

  constructor(parts: RevocationsParts) {
    this.#parts = parts;
    const { bareStore } = parts;
    if (bareStore !== undefined) sharing.set(bareStore, (sharing.get(bareStore) ?? new Set()).add(this));
  }

  /** Stops listening to the process' other engines. */
  close(): void {
    this.#sharing.delete(this);
  }

  /** Revokes here at once, and elsewhere through the store. @returns whether all will hear of it */
  async revoke(target: RevocationTarget): Promise<boolean> {
    const { clock, store } = this.#parts;
    const nowMs = clock();
    this.#learn(target, nowMs);
    for (const other of this.#sharing) other.#learn(target, nowMs);
    if (store === undefined) return true;
    // First what was revoked, then that there is something new: whoever sees the news finds it.
    const isKept = await store.set("revoked", keyOf(target), nowMs, TTL_SECONDS);
    return isKept && (await store.set("revoked", LATEST, randomUUID(), TTL_SECONDS));
  }

  /** Whether all of a user's sessions were revoked at a time or later, as far as this process knows. */
  isAfter(sub: string, atMs: number): boolean {
    return (this.#known.get(userKey(sub)) ?? Number.NEGATIVE_INFINITY) >= atMs;
  }

  /** Whether a token is revoked, here or by another process. At once where the store need not be asked. */
  check(tokens: TokenPair): Eventually<boolean> {
    if (this.#knows(tokens)) return true;
    const { store } = this.#parts;
    if (store === undefined || (tokens.access ?? tokens.id) === undefined) return false;
    return whenReady(this.#current(store), (latest) => {
      const { access, id } = tokens;
      const unseen = [access, id].some((token) => token !== undefined && this.#lookedUp.get(token) !== latest);
      // It may have learned of it while it waited.
      return unseen ? this.#lookUp(store, tokens, latest) : this.#knows(tokens);
    });
  }

  #knows({ access, id }: TokenPair): boolean {
    return this.#isRevoked(access) || this.#isRevoked(id);
  }

  /** The state of the register, as young as it has to be. */
  #current(store: SealedStore): Eventually<string> {
    const ageMs = Math.abs(this.#parts.clock() - this.#readAtMs);
    if (ageMs < REFRESH_AGE_MS) return this.#latest;
    this.#reading ??= this.#read(store).finally(() => {
      this.#reading = undefined;
    });
    return ageMs < MAX_AGE_MS ? this.#latest : this.#reading;
  }

  async #read(store: SealedStore): Promise<string> {
    const values = await store.getAll("revoked", LATEST);
    this.#readAtMs = this.#parts.clock();
    // Whatever it changed to is news, also where it vanished.
    if (values !== undefined) this.#latest = values.join(" ");
    return this.#latest;
  }

  async #lookUp(store: SealedStore, tokens: TokenPair, latest: string): Promise<boolean> {
    const { access, id } = tokens;
    const answers = await Promise.all(
      targetsOf(access, id).map(async (target) => {
        const times = await store.getAll("revoked", keyOf(target));
        for (const atMs of times ?? []) if (typeof atMs === "number") this.#learn(target, atMs);
        return times;
      }),
    );
    if (answers.every((times) => times !== undefined)) {
      for (const token of [access, id]) if (token !== undefined) this.#lookedUp.set(token, latest);
    }
    return this.#knows(tokens);
  }

  #learn(target: RevocationTarget, atMs: number): void {
    const key = keyOf(target);
    if ((this.#known.get(key) ?? Number.NEGATIVE_INFINITY) >= atMs) return;
    this.#known.delete(key);
    this.#known.set(key, atMs);
    this.#makeRoom();
    this.#parts.onRevoked(target);
  }

  /** Forgets what has expired anyway. More than fits is asked of the store again. */
  #makeRoom(): void {
    const endedMs = this.#parts.clock() - TTL_SECONDS * 1000;
    for (const [key, atMs] of this.#known) {
      const isFull = this.#known.size > MAX_KNOWN;
      if (atMs > endedMs && !isFull) return;
      this.#known.delete(key);
      if (atMs <= endedMs) continue;
      warnOnce("revocations", TOO_MANY);
      this.#lookedUp = new WeakMap();
    }
  }

  #isRevoked(token: VerifiedToken | undefined): boolean {
    if (token === undefined || this.#known.size === 0) return false;
    return targetsOf(token).some((target) => {
      const atMs = this.#known.get(keyOf(target));
      if (atMs === undefined) return false;
      // A user may sign in anew; a sign-in never comes back. Whole seconds: of the same one nobody can tell.
      return "originJti" in target || token.signedInAtSeconds <= Math.floor(atMs / 1000);
    });
  }

  get #sharing(): Set<Revocations> {
    const { bareStore } = this.#parts;
    return (bareStore && sharing.get(bareStore)) ?? new Set([this]);
  }
}
