import { LRUCache } from "lru-cache";
import type { JsonObject } from "./json.js";

/** A pool's tokens have as many headers as it has keys. */
const MAX_HEADERS = 100;

/**
 * Headers of tokens whose signature was good, by their segment: tokens of one key have the same, so it is decoded and
 * judged once. Most come one after the other with the same header, so the last one is looked at first.
 */
export class KnownHeaders {
  readonly #headers = new LRUCache<string, JsonObject>({ max: MAX_HEADERS });
  #lastSegment = "";
  #last: JsonObject | undefined;
  #lastKid: string | undefined;

  get(segment: string): JsonObject | undefined {
    return segment === this.#lastSegment ? this.#last : this.#headers.get(segment);
  }

  /** What the last header's key is called; undefined for every other header. */
  kidOf(header: JsonObject): string | undefined {
    return header === this.#last ? this.#lastKid : undefined;
  }

  /** @param kid which the header names, and by whose key the signature was good */
  keep(segment: string, header: JsonObject, kid: string): void {
    if (header === this.#last) return;
    // A copy: V8 would keep the whole token for a part of it.
    this.#lastSegment = Buffer.from(segment).toString("latin1");
    this.#last = header;
    this.#lastKid = kid;
    this.#headers.set(this.#lastSegment, header);
  }
}
