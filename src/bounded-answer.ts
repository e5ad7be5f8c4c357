import { DeadlineExceeded, within } from "./deadline.js";
import { errnoOf } from "./errors/upstream-failure.js";

/** No answer of AWS or of a sign-in provider, and no key set, is nearly as long. */
export const MAX_ANSWER_BYTES = 256 * 1024;

/** A body was longer than it may be. */
export class BodyTooLarge extends Error {
  override readonly name = "BodyTooLarge";
}

/**
 * What `run` gives, from the first byte sent to the last one read within so many milliseconds. The time is ours to watch:
 * once a body has begun, Node's `fetch` forgets its signal as soon as garbage is collected.
 *
 * @param run gets what says that all is over, for `fetch` and for {@link readBounded}
 * @throws {DeadlineExceeded} when it takes longer, and whatever `run` throws
 */
export async function inTime<T>(timeoutMs: number, run: (over: AbortSignal) => Promise<T>): Promise<T> {
  const over = new AbortController();
  try {
    return await within(timeoutMs, () => run(over.signal));
  } catch (error) {
    over.abort();
    throw error;
  }
}

/**
 * The text of a body.
 *
 * @param over ends the transfer
 * @throws {BodyTooLarge} for one of more bytes
 * @throws {DeadlineExceeded} when all was over before it began
 */
export async function readBounded(
  body: ReadableStream<Uint8Array>,
  maxBytes: number,
  over: AbortSignal,
): Promise<string> {
  // A fetch that does not heed its signal may answer when nobody waits any more.
  if (over.aborted) {
    await body.cancel();
    throw new DeadlineExceeded();
  }
  const reader = body.getReader();
  // What it says of being cancelled changes nothing: whoever waits was told already.
  over.addEventListener("abort", () => void reader.cancel().catch(() => {}), { once: true });
  return textOf(chunksOf(reader), maxBytes);
}

/**
 * The text of a body, whichever way its chunks come.
 *
 * @throws {BodyTooLarge} for one of more bytes
 */
export async function textOf(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > maxBytes) throw new BodyTooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

async function* chunksOf(reader: ReadableStreamDefaultReader<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
}

/** What became of a fetch that failed, for an `UpstreamFailure`. */
export function fetchFailureOf(error: unknown): { readonly name: string; readonly errno?: string | undefined } {
  if (error instanceof BodyTooLarge) return { name: "AnswerTooLarge" };
  if (error instanceof DeadlineExceeded || (error instanceof Error && error.name === "TimeoutError")) {
    return { name: "TimeoutError" };
  }
  if (!(error instanceof Error)) return { name: "NetworkError" };
  // What `fetch` throws is always "fetch failed"; the connection's own error is its cause.
  return { name: "NetworkError", errno: errnoOf(error) ?? errnoOf(error.cause) };
}
