import { LRUCache } from "lru-cache";
import type { SealedStore } from "../store/sealed-store.js";

/** An identity id never changes while its user exists. Counted from its last use. */
const TTL_SECONDS = 7 * 24 * 3600;
const IDENTITY_ID = /^[\w-]+:[0-9a-f-]+$/i;

/** Whether something is an identity id by its form. */
export function isIdentityId(value: unknown): value is string {
  return typeof value === "string" && IDENTITY_ID.test(value);
}

/** Which identity id each login has: remembered here and, where there is a shared store, there. Saves GetId calls. */
export class IdentityIds {
  readonly #known: LRUCache<string, string>;
  readonly #store: SealedStore | undefined;

  constructor(maxIdentities: number, store: SealedStore | undefined) {
    this.#known = new LRUCache({ max: maxIdentities });
    this.#store = store;
  }

  async get(identityKey: string): Promise<string | undefined> {
    const known = this.#known.get(identityKey);
    if (known !== undefined || this.#store === undefined) return known;
    const shared = await this.#store.get("identity", identityKey);
    if (!isIdentityId(shared)) return undefined;
    this.#known.set(identityKey, shared);
    return shared;
  }

  async set(identityKey: string, identityId: string): Promise<void> {
    this.#known.set(identityKey, identityId);
    await this.#store?.set("identity", identityKey, identityId, TTL_SECONDS);
  }

  /** Forgets an id that is of no use. What processes share is put right by the one that takes its place. */
  delete(identityKey: string): void {
    this.#known.delete(identityKey);
  }
}
