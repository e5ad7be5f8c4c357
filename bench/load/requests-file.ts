import { readFileSync } from "node:fs";

const END = Buffer.from("\r\n\r\n");

/** Whole HTTP requests, one after another in a file, ready to be sent. */
export class RequestsFile {
  readonly #bytes: Buffer;
  readonly #ends: readonly number[];

  constructor(path: string) {
    this.#bytes = readFileSync(path);
    const ends: number[] = [];
    for (let at = this.#bytes.indexOf(END); at >= 0; at = this.#bytes.indexOf(END, at + END.length)) {
      ends.push(at + END.length);
    }
    this.#ends = ends;
  }

  get count(): number {
    return this.#ends.length;
  }

  at(index: number): Buffer {
    const end = this.#ends[index];
    if (end === undefined) throw new RangeError(`There is no request ${index}.`);
    return this.#bytes.subarray(this.#ends[index - 1] ?? 0, end);
  }
}
