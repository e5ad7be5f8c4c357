import type { Stream } from "./messages.js";
import { RequestsFile } from "./requests-file.js";

const files = new Map<string, RequestsFile>();

/** Gives the requests of a stream, in order. */
export class Source {
  #sent = 0;
  #repeatedAt: number;
  #onceAt: number;

  constructor(private readonly stream: Stream) {
    // Read before the slice begins, not in it.
    for (const part of [stream.repeated, stream.once]) if (part !== undefined) fileOf(part.file);
    this.#repeatedAt = stream.repeated?.at ?? 0;
    this.#onceAt = stream.once?.from ?? 0;
  }

  get repeatedAt(): number {
    return this.#repeatedAt;
  }

  get onceAt(): number {
    return this.#onceAt;
  }

  /** The next request; undefined where there is none any more. */
  next(): Buffer | undefined {
    const { repeated, once } = this.stream;
    this.#sent += 1;
    if (once !== undefined && this.#sent % once.every === 0) {
      if (this.#onceAt >= once.to) return undefined;
      this.#onceAt += 1;
      return fileOf(once.file).at(this.#onceAt - 1);
    }
    if (repeated === undefined) return undefined;
    const { file, from, to } = repeated;
    if (this.#repeatedAt < from || this.#repeatedAt >= to) this.#repeatedAt = from;
    this.#repeatedAt += 1;
    return fileOf(file).at(this.#repeatedAt - 1);
  }
}

function fileOf(path: string): RequestsFile {
  const known = files.get(path);
  if (known !== undefined) return known;
  const file = new RequestsFile(path);
  files.set(path, file);
  return file;
}
