import type { Environment } from "../config/sources.js";
import type { OutputStream } from "./terminal.js";

const FRAMES = ["|", "/", "-", "\\"];
const FRAME_MS = 100;
/** What is over sooner needs no sign that it goes on. */
const PATIENCE_MS = 150;
/** Back to the beginning of the line, and delete it (ECMA-48, EL). */
const CLEAR = "\r\u001b[2K";

/** Says on a terminal what is waited for, on a line that goes away. Does nothing where there is no terminal. */
export class Progress {
  readonly #stream: OutputStream;
  readonly #isShown: boolean;
  #drawn = false;

  constructor(stream: OutputStream, { TERM }: Environment) {
    this.#stream = stream;
    this.#isShown = stream.isTTY === true && TERM !== "dumb";
  }

  /** Waits for the promise. */
  async during<T>(label: string, promise: Promise<T>): Promise<T> {
    if (!this.#isShown) return promise;
    let frame = 0;
    const draw = () => {
      this.#stream.write(`${CLEAR}${FRAMES[frame % FRAMES.length]} ${label}`);
      this.#drawn = true;
      frame += 1;
      timer = setTimeout(draw, FRAME_MS);
    };
    let timer = setTimeout(draw, PATIENCE_MS);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.clear();
    }
  }

  /** Takes the line away, before something else is written. */
  clear(): void {
    if (!this.#drawn) return;
    this.#stream.write(CLEAR);
    this.#drawn = false;
  }
}
