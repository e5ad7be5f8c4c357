import { DeadlineExceeded, within } from "../deadline.js";
import { errnoOf, UpstreamFailure } from "../errors/upstream-failure.js";

/** Bounds of one fetch. */
export interface FetchLimits {
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

/** Fetches a JSON document. Rejects with an {@link UpstreamFailure}. */
export type FetchJson = (uri: string, limits: FetchLimits) => Promise<unknown>;

/**
 * Fetches a key set: status 200 only, no redirects (a redirect could lead to keys of another), bounded in time from
 * first to last byte, and in size. The time is ours to watch: once a body has begun, `fetch` forgets its signal as soon as
 * garbage is collected.
 */
export const fetchKeySet: FetchJson = async (uri, { timeoutMs, maxBytes }) => {
  const over = new AbortController();
  try {
    return await within(timeoutMs, async () => {
      const response = await fetch(uri, {
        redirect: "error",
        headers: { accept: "application/json" },
        signal: over.signal,
      });
      if (response.status !== 200 || response.body === null) {
        await response.body?.cancel();
        throw new UpstreamFailure("JWKS", "UnexpectedStatus", { httpStatusCode: response.status });
      }
      return JSON.parse(await readBounded(response.body, maxBytes, over.signal));
    });
  } catch (error) {
    over.abort();
    throw asFailure(error);
  }
};

/** @param over ends the transfer */
async function readBounded(body: ReadableStream<Uint8Array>, maxBytes: number, over: AbortSignal): Promise<string> {
  const reader = body.getReader();
  // What it says of being cancelled changes nothing: the failure is told already.
  over.addEventListener("abort", () => void reader.cancel().catch(() => {}), { once: true });
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    size += next.value.byteLength;
    if (size > maxBytes) throw new UpstreamFailure("JWKS", "AnswerTooLarge");
    chunks.push(next.value);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function asFailure(error: unknown): UpstreamFailure {
  if (error instanceof UpstreamFailure) return error;
  if (error instanceof SyntaxError) return new UpstreamFailure("JWKS", "UnreadableAnswer", { httpStatusCode: 200 });
  if (error instanceof DeadlineExceeded) return new UpstreamFailure("JWKS", "TimeoutError");
  // What `fetch` throws is always "fetch failed"; the connection's own error is its cause.
  const errno = error instanceof Error ? errnoOf(error.cause) : undefined;
  return new UpstreamFailure("JWKS", "NetworkError", { errno });
}
