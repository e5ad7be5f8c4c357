import { hash } from "node:crypto";
import { LRUCache } from "lru-cache";
import { evictions } from "../diagnostics/channels.js";
import { Doorkeeper } from "./doorkeeper.js";
import type { VerifiedToken } from "./verified-token.js";

/** When the cache is full, one in so many tokens that would be remembered is. */
const ADMITTED_WHEN_FULL = 8;

/** A token that was verified, and the SHA-256 of the whole of it, as bytes in a string. */
interface Entry {
  readonly digest: string;
  readonly token: VerifiedToken;
}

/**
 * Tokens that were verified. They are looked for by their tail, which costs little where there is nothing to be found, and
 * found by the SHA-256 of the whole. A token is remembered the second time it is seen: most that are seen once never come
 * again, and keeping those would cost more than they ever give back. When more tokens come by turns than there is room
 * for, replacing the oldest by the newest would throw each out before it is needed again; so then most stay out, and those
 * that are in are of use.
 */
export class TokenCache {
  readonly #entries: LRUCache<string, Entry>;
  readonly #seen = new Doorkeeper();
  #turnedAway = 0;

  /** @param maxTokens at least 1 */
  constructor(maxTokens: number) {
    this.#entries = new LRUCache({ max: maxTokens });
  }

  /** How many tokens are remembered. */
  get size(): number {
    return this.#entries.size;
  }

  /** @param raw what claims to be a token */
  get(raw: string): VerifiedToken | undefined {
    const entry = this.#entries.get(tailOf(raw));
    return entry !== undefined && entry.digest === digestOf(raw) ? entry.token : undefined;
  }

  delete(token: VerifiedToken): void {
    this.#entries.delete(token.tail);
  }

  /** Remembers a token, if it has been seen before and there is room. */
  offer(raw: string, token: VerifiedToken): void {
    if (!this.#seen.wasSeen(token.tail) || !this.#hasRoom()) return;
    this.#entries.set(token.tail, { digest: digestOf(raw), token });
  }

  #hasRoom(): boolean {
    if (this.#entries.size < this.#entries.max) return true;
    this.#turnedAway += 1;
    if (this.#turnedAway % ADMITTED_WHEN_FULL !== 0) return false;
    if (evictions.isWatched) evictions.publish({ cache: "tokens" });
    return true;
  }
}

/**
 * The end of a token's signature. Verified tokens have different ones; anybody can give another token the same, so it says
 * where to look and never what is there. V8 copies a text as short as this, so the token's own text is not kept by it.
 */
export function tailOf(raw: string): string {
  return raw.slice(-12);
}

function digestOf(raw: string): string {
  return hash("sha256", raw, "binary");
}
