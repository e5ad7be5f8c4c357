/** Words of 32 bits, 256 KiB. Each text sets three bits of one word, so that one look at memory tells. */
const WORDS = 1 << 16;
/** After so many new texts, one in a hundred that was never seen would pass for seen: time to forget them all. */
const MAX_TEXTS = 1 << 17;

/**
 * Tells what has been seen before: a Bloom filter, which never forgets one text for another's sake, so that texts which
 * come by turns are all known the second time. Now and then it starts anew.
 */
export class Doorkeeper {
  readonly #words = new Int32Array(WORDS);
  #texts = 0;

  /** Whether a text was seen before. From now on it was. */
  wasSeen(text: string): boolean {
    const number = hashOf(text);
    const at = number >>> 16;
    const bits = (1 << number) | (1 << (number >>> 5)) | (1 << (number >>> 10));
    const word = this.#words[at] ?? 0;
    if ((word & bits) === bits) return true;
    this.#words[at] = word | bits;
    this.#count();
    return false;
  }

  #count(): void {
    this.#texts += 1;
    if (this.#texts < MAX_TEXTS) return;
    this.#words.fill(0);
    this.#texts = 0;
  }
}

/** FNV-1a. Who chooses texts that collide gains nothing: only verified tokens come here, and being remembered is no right. */
function hashOf(text: string): number {
  let number = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) number = Math.imul(number ^ text.charCodeAt(index), 0x01000193);
  return number;
}
