import { LRUCache } from "lru-cache";
import type { JsonObject } from "./json.js";

/** A pool's tokens have as many headers as it has keys. */
const MAX_HEADERS = 100;

/** A header that was judged, its segment, and the key that it names. */
interface KnownHeader {
  readonly segment: string;
  readonly header: JsonObject;
  readonly kid: string;
}

/**
 * Headers of tokens whose signature was good, by their segment: tokens of one key have the same, so it is decoded and
 * judged once. Most come one after the other with the same header, so the last one is looked at first.
 */
export class KnownHeaders {
  readonly #headers = new LRUCache<string, KnownHeader>({ max: MAX_HEADERS });
  #last: KnownHeader | undefined;

  get(segment: string): JsonObject | undefined {
    if (segment === this.#last?.segment) return this.#last.header;
    const known = this.#headers.get(segment);
    if (known !== undefined) this.#last = known;
    return known?.header;
  }

  /** The key that the header names which was asked for last; undefined for every other header. */
  kidOf(header: JsonObject): string | undefined {
    return header === this.#last?.header ? this.#last.kid : undefined;
  }

  /** @param kid which the header names, and by whose key the signature was good */
  keep(segment: string, header: JsonObject, kid: string): void {
    if (header === this.#last?.header) return;
    // A copy: V8 would keep the whole token for a part of it.
    const known = { segment: Buffer.from(segment).toString("latin1"), header, kid };
    this.#headers.set(known.segment, known);
    this.#last = known;
  }
}
