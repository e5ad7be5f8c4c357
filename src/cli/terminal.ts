import type { Readable } from "node:stream";
import { styleText } from "node:util";
import type { Environment } from "../config/sources.js";
import { Progress } from "./progress.js";

/** What a text can be painted as. */
export type Paint = "red" | "green" | "yellow" | "cyan" | "bold" | "dim";

/** A stream that may be a terminal. */
export interface OutputStream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): boolean;
}

/** Where a command reads and writes. */
export interface Streams {
  readonly stdin: Readable & { readonly isTTY?: boolean | undefined };
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
}

/** A token is 16 KiB at most; with what may stand around it. */
const MAX_INPUT = 64 * 1024;
const LEAST_WIDTH = 40;

/** Where a command's results and complaints go: coloured on a terminal, plain anywhere else. */
export class Terminal {
  readonly #streams: Streams;
  readonly #env: Environment;
  readonly #hasColour: boolean;
  readonly #progress: Progress;

  constructor(streams: Streams, env: Environment) {
    this.#streams = streams;
    this.#env = env;
    this.#hasColour = isColoured(streams.stdout, env);
    this.#progress = new Progress(streams.stderr, env);
  }

  /** Whether nobody pipes anything in. */
  get isInputTyped(): boolean {
    return this.#streams.stdin.isTTY === true;
  }

  /** A line of the result. */
  line(text = ""): void {
    this.#progress.clear();
    this.#streams.stdout.write(`${text}\n`);
  }

  /**
   * A sentence of the result, after what begins its line. On a terminal it is broken between words.
   *
   * @param start what stands before it, of this many columns
   */
  sentence(start: string, columns: number, text: string): void {
    const { isTTY, columns: width } = this.#streams.stdout;
    const lines = isTTY === true && width !== undefined ? wrap(text, width - columns) : [text];
    this.line(`${start}${lines.join(`\n${" ".repeat(columns)}`)}`);
  }

  /** A line that is no result: what was wrong with the call. */
  complain(text: string): void {
    this.note(isColoured(this.#streams.stderr, this.#env) ? paint("red", text) : text);
  }

  /** A line that is no result. */
  note(text: string): void {
    this.#progress.clear();
    this.#streams.stderr.write(`${text}\n`);
  }

  /** The text, in a colour where colours are shown. */
  paint(style: Paint, text: string): string {
    return this.#hasColour ? paint(style, text) : text;
  }

  /** Waits for a promise, and says so on a terminal. */
  async wait<T>(label: string, promise: Promise<T>): Promise<T> {
    return this.#progress.during(label, promise);
  }

  /** What is piped in; undefined where it is more than any token. */
  async readInput(): Promise<string | undefined> {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of this.#streams.stdin) {
      const bytes = Buffer.from(chunk);
      size += bytes.byteLength;
      if (size > MAX_INPUT) return undefined;
      chunks.push(bytes);
    }
    return Buffer.concat(chunks).toString("utf8");
  }
}

/** Breaks a text between words, where a line has room for some. */
function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= Math.max(width, LEAST_WIDTH)) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return lines;
}

function paint(style: Paint, text: string): string {
  // Whether the stream takes colours was decided before; Node's own check would look at process.stdout.
  return styleText(style, text, { validateStream: false });
}

/** FORCE_COLOR wins over NO_COLOR, as in Node; both count only where they are not empty (no-color.org, force-color.org). */
function isColoured(stream: OutputStream, { FORCE_COLOR, NO_COLOR, TERM }: Environment): boolean {
  if (FORCE_COLOR) return FORCE_COLOR !== "0" && FORCE_COLOR !== "false";
  if (NO_COLOR) return false;
  return stream.isTTY === true && TERM !== "dumb";
}
