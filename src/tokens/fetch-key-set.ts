import { fetchFailureOf, inTime, readBounded } from "../bounded-answer.js";
import { UpstreamFailure } from "../errors/upstream-failure.js";

/** Bounds of one fetch. */
export interface FetchLimits {
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

/** Fetches a JSON document. Rejects with an {@link UpstreamFailure}. */
export type FetchJson = (uri: string, limits: FetchLimits) => Promise<unknown>;

/**
 * Fetches a key set: status 200 only, no redirects (a redirect could lead to keys of another), bounded in time from
 * first to last byte, and in size.
 */
export const fetchKeySet: FetchJson = async (uri, { timeoutMs, maxBytes }) => {
  try {
    return await inTime(timeoutMs, async (over) => {
      const response = await fetch(uri, { redirect: "error", headers: { accept: "application/json" }, signal: over });
      if (response.status !== 200 || response.body === null) {
        await response.body?.cancel();
        throw new UpstreamFailure("JWKS", "UnexpectedStatus", { httpStatusCode: response.status });
      }
      return JSON.parse(await readBounded(response.body, maxBytes, over));
    });
  } catch (error) {
    throw asFailure(error);
  }
};

function asFailure(error: unknown): UpstreamFailure {
  if (error instanceof UpstreamFailure) return error;
  if (error instanceof SyntaxError) return new UpstreamFailure("JWKS", "UnreadableAnswer", { httpStatusCode: 200 });
  const { name, errno } = fetchFailureOf(error);
  return new UpstreamFailure("JWKS", name, { errno });
}
