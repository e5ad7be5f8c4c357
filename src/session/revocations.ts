import { randomUUID } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { Clock } from "../clock.js";
import { type Eventually, whenReady } from "../errors/outcome.js";
import type { SealedStore } from "../store/sealed-store.js";
import type { SessionStore } from "../store/store.js";
import type { TokenPair } from "../tokens/pair.js";
import type { VerifiedToken } from "../tokens/verified-token.js";

/** Whose sessions end: all of a user's, or those of one sign-in. */
export type RevocationTarget = { readonly userSub: string } | { readonly originJti: string };

/** @throws {TypeError} for anything that does not name exactly one user or sign-in */
export function checkTarget(target: RevocationTarget): RevocationTarget {
  const [entry, ...others] = Object.entries(target ?? {});
  const [name, value] = entry ?? [];
  const isOne = others.length === 0 && (name === "userSub" || name === "originJti");
  if (isOne && typeof value === "string" && value !== "") return target;
  throw new TypeError("revoke() takes { userSub } or { originJti }, one of them, as a non-empty string.");
}

/** The longest that a token of Cognito lives, and clocks that differ. Later than that it has expired anyway. */
const TTL_SECONDS = 24 * 3600 + 300;
const MAX_KNOWN = 100_000;
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
  /** When, in milliseconds, by {@link keyOf}. */
  readonly #known = new LRUCache<string, number>({ max: MAX_KNOWN });
  /** The state of the register at which a token was last looked up. */
  readonly #lookedUp = new WeakMap<VerifiedToken, string>();
  #latest: string | undefined;
  #readAtMs = Number.NEGATIVE_INFINITY;
  #reading: Promise<string | undefined> | undefined;

  constructor(parts: RevocationsParts) {
    this.#parts = parts;
    const { bareStore } = parts;
    if (bareStore !== undefined) sharing.set(bareStore, (sharing.get(bareStore) ?? new Set()).add(this));
  }

  /** Stops listening to the process' other engines. */
  close(): void {
    this.#sharing.delete(this);
  }

  get #sharing(): Set<Revocations> {
    const { bareStore } = this.#parts;
    return (bareStore && sharing.get(bareStore)) ?? new Set([this]);
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

  /** Whether a token is revoked, by what this process knows. */
  knows({ access, id }: TokenPair): boolean {
    return this.#isRevoked(access) || this.#isRevoked(id);
  }

  /** Whether a token is revoked, here or by another process. At once where the store need not be asked. */
  check(tokens: TokenPair): Eventually<boolean> {
    if (this.knows(tokens)) return true;
    const { store } = this.#parts;
    if (store === undefined) return false;
    return whenReady(this.#current(store), (latest) => {
      if (latest === undefined) return false;
      const { access, id } = tokens;
      const unseen = [access, id].filter((token) => token !== undefined && this.#lookedUp.get(token) !== latest);
      return unseen.length > 0 && this.#lookUp(store, tokens, latest);
    });
  }

  /** The state of the register; undefined where nothing was revoked for a day. */
  #current(store: SealedStore): Eventually<string | undefined> {
    const ageMs = Math.abs(this.#parts.clock() - this.#readAtMs);
    if (ageMs < REFRESH_AGE_MS) return this.#latest;
    this.#reading ??= this.#read(store).finally(() => {
      this.#reading = undefined;
    });
    return ageMs < MAX_AGE_MS ? this.#latest : this.#reading;
  }

  async #read(store: SealedStore): Promise<string | undefined> {
    const answer = await store.look("revoked", LATEST);
    this.#readAtMs = this.#parts.clock();
    if (answer !== undefined) this.#latest = typeof answer.value === "string" ? answer.value : undefined;
    return this.#latest;
  }

  async #lookUp(store: SealedStore, tokens: TokenPair, latest: string): Promise<boolean> {
    const { access, id } = tokens;
    const answers = await Promise.all(
      targetsOf(access, id).map(async (target) => {
        const answer = await store.look("revoked", keyOf(target));
        if (typeof answer?.value === "number") this.#learn(target, answer.value);
        return answer;
      }),
    );
    if (answers.every((answer) => answer !== undefined)) {
      for (const token of [access, id]) if (token !== undefined) this.#lookedUp.set(token, latest);
    }
    return this.knows(tokens);
  }

  #learn(target: RevocationTarget, atMs: number): void {
    const key = keyOf(target);
    if ((this.#known.get(key) ?? Number.NEGATIVE_INFINITY) >= atMs) return;
    this.#known.set(key, atMs);
    this.#parts.onRevoked(target);
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
}

/** What tokens may be revoked by. */
function targetsOf(...tokens: readonly (VerifiedToken | undefined)[]): readonly RevocationTarget[] {
  const targets = new Map<string, RevocationTarget>();
  for (const token of tokens) {
    if (token === undefined) continue;
    for (const target of [
      { userSub: token.sub },
      ...(token.originJti === undefined ? [] : [{ originJti: token.originJti }]),
    ]) {
      targets.set(keyOf(target), target);
    }
  }
  return [...targets.values()];
}

function keyOf(target: RevocationTarget): string {
  return "userSub" in target ? `user ${target.userSub}` : `sign-in ${target.originJti}`;
}
