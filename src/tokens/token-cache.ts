import { LRUCache } from "lru-cache";
import type { VerifiedToken } from "./verified-token.js";

const SEATS = 1 << 16;
/** When the cache is full, one in so many tokens that would be remembered is. */
const ADMITTED_WHEN_FULL = 8;

/**
 * Tokens that were verified, by the SHA-256 of the whole of them. A token is remembered the second time it is seen: most
 * that are seen once never come again, and keeping those would cost more than they ever give back. When more tokens come
 * by turns than there is room for, replacing the oldest by the newest would throw each out before it is needed again; so
 * then most stay out, and those that are in are of use.
 */
export class TokenCache {
  readonly #tokens: LRUCache<string, VerifiedToken>;
  /** What was seen once: of each digest a part says where it sits, another who sits there. A later one takes the seat. */
  readonly #seats = new Int32Array(SEATS);
  #turnedAway = 0;

  /** @param maxTokens at least 1 */
  constructor(maxTokens: number) {
    this.#tokens = new LRUCache({ max: maxTokens });
  }

  get(digest: string): VerifiedToken | undefined {
    return this.#tokens.get(digest);
  }

  delete(digest: string): void {
    this.#tokens.delete(digest);
  }

  /** Remembers a token, if it has been seen before and there is room. */
  offer(token: VerifiedToken): void {
    if (!this.#wasSeen(token.digest) || !this.#hasRoom()) return;
    this.#tokens.set(token.digest, token);
  }

  #wasSeen(digest: string): boolean {
    const bits = Buffer.from(digest.slice(0, 11), "base64url");
    const seat = bits.readUInt16LE(0);
    const guest = bits.readInt32LE(2) | 1; // never 0, which is an empty seat
    if (this.#seats[seat] === guest) return true;
    this.#seats[seat] = guest;
    return false;
  }

  #hasRoom(): boolean {
    if (this.#tokens.size < this.#tokens.max) return true;
    this.#turnedAway += 1;
    return this.#turnedAway % ADMITTED_WHEN_FULL === 0;
  }
}
