/** Bits, of which each text sets two: 256 KiB. */
const BITS = 1 << 21;
/** After so many new texts, one in seventy that was never seen would pass for seen: time to forget them all. */
const MAX_TEXTS = 1 << 17;

/**
 * Tells what has been seen before: a Bloom filter, which never forgets one text for another's sake, so that texts which
 * come by turns are all known the second time. Now and then it starts anew.
 */
export class Doorkeeper {
  readonly #words = new Int32Array(BITS / 32);
  #texts = 0;

  /** Whether a text was seen before. From now on it was. */
  wasSeen(text: string): boolean {
    const first = hashOf(text, 0x811c9dc5);
    const isOld = this.#mark(first);
    const wasSeen = this.#mark(hashOf(text, first)) && isOld;
    if (!wasSeen) this.#count();
    return wasSeen;
  }

  /** Sets the bit that a number stands for. @returns whether it was set */
  #mark(number: number): boolean {
    const bit = number >>> 11;
    const word = this.#words[bit >>> 5] ?? 0;
    const mask = 1 << (bit & 31);
    this.#words[bit >>> 5] = word | mask;
    return (word & mask) !== 0;
  }

  #count(): void {
    this.#texts += 1;
    if (this.#texts < MAX_TEXTS) return;
    this.#words.fill(0);
    this.#texts = 0;
  }
}

/** FNV-1a. Who chooses texts that collide gains nothing: only verified tokens come here, and being remembered is no right. */
function hashOf(text: string, basis: number): number {
  let number = basis;
  for (let index = 0; index < text.length; index += 1) number = Math.imul(number ^ text.charCodeAt(index), 0x01000193);
  return number;
}
