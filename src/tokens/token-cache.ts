import { hash } from "node:crypto";
import { LRUCache } from "lru-cache";
import { evictions } from "../diagnostics/channels.js";
import { Doorkeeper } from "./doorkeeper.js";
import type { VerifiedToken } from "./verified-token.js";

/** An entry of a full cache is idle when this many times as many tokens as it holds were looked for since its use was noted. */
const IDLE_AFTER = 8;

/** A token that was verified, and the SHA-256 of the whole of it, as bytes in a string. */
interface Entry {
  readonly digest: string;
  readonly token: VerifiedToken;
  /** How many tokens had been looked for when its use was last noted. */
  usedAt: number;
}

/**
 * Tokens that were verified. They are looked for by their tail, which costs little where there is nothing to be found, and
 * found by the SHA-256 of the whole. A token is remembered the second time it is seen: most that are seen once never come
 * again, and keeping those would cost more than they ever give back. When more tokens come by turns than there is room
 * for, replacing the oldest by the newest would throw each out just before it is needed again; so those that are in stay,
 * and are of use, until they expire or are idle.
 */
export class TokenCache {
  readonly #entries: LRUCache<string, Entry>;
  readonly #seen = new Doorkeeper();
  #looks = 0;

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
    this.#looks += 1;
    const tail = tailOf(raw);
    const entry = this.#entries.peek(tail);
    if (entry === undefined || entry.digest !== digestOf(raw)) return undefined;
    if (this.#looks - entry.usedAt >= this.#entries.max) this.#use(tail, entry);
    return entry.token;
  }

  delete(token: VerifiedToken): void {
    this.#entries.delete(token.tail);
  }

  /** Remembers a token, if it has been seen before and there is room. */
  offer(raw: string, token: VerifiedToken): void {
    // Asked first: with a full cache in use most tokens end here.
    if (!this.#hasRoomFor(token) || !this.#seen.wasSeen(token.tail)) return;
    if (evictions.isWatched && this.#isFull) evictions.publish({ cache: "tokens" });
    this.#entries.set(token.tail, { digest: digestOf(raw), token, usedAt: this.#looks });
  }

  /** Notes that an entry is of use: now and then, as telling the list costs as much as looking it up did. */
  #use(tail: string, entry: Entry): void {
    entry.usedAt = this.#looks;
    this.#entries.get(tail);
  }

  get #isFull(): boolean {
    return this.#entries.size >= this.#entries.max;
  }

  /** In a full cache the one that was not of use for longest makes room, once it is of no use. */
  #hasRoomFor(token: VerifiedToken): boolean {
    if (!this.#isFull) return true;
    const oldest = this.#entries.rvalues().next().value;
    if (oldest === undefined) return true;
    const hasExpired = oldest.token.expSeconds <= token.fromSeconds;
    return hasExpired || this.#looks - oldest.usedAt >= IDLE_AFTER * this.#entries.max;
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
