import http from "node:http";
import https from "node:https";
import { fetchFailureOf, inTime, textOf } from "../bounded-answer.js";
import { UpstreamFailure } from "../errors/upstream-failure.js";

/** Bounds of one fetch. */
export interface FetchLimits {
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

/** Fetches a JSON document. Rejects with an {@link UpstreamFailure}. */
export type FetchJson = (uri: string, limits: FetchLimits) => Promise<unknown>;

/** The next fetch is minutes away. RFC 9110 section 12.5.3: who names no coding takes any. */
const HEADERS = {
  accept: "application/json",
  "accept-encoding": "identity",
  connection: "close",
  "user-agent": "cognito-auth-session",
};

/**
 * Fetches a key set: status 200 only, no redirects (a redirect could lead to keys of another), bounded in time from
 * first to last byte, and in size. By `node:https`, which the SDK has loaded anyway: Node's `fetch` would be 1.7 MB more
 * for the garbage collector to walk through.
 */
export const fetchKeySet: FetchJson = async (uri, { timeoutMs, maxBytes }) => {
  try {
    return await inTime(timeoutMs, async (over) => {
      const answer = await get(new URL(uri), over);
      if (answer.statusCode !== 200) {
        answer.destroy();
        throw new UpstreamFailure("JWKS", "UnexpectedStatus", { httpStatusCode: answer.statusCode });
      }
      return JSON.parse(await textOf(answer, maxBytes));
    });
  } catch (error) {
    throw asFailure(error);
  }
};

function get(url: URL, signal: AbortSignal): Promise<http.IncomingMessage> {
  const { request } = url.protocol === "https:" ? https : http;
  return new Promise((resolve, reject) => {
    request(url, { headers: HEADERS, signal }, resolve).on("error", reject).end();
  });
}

function asFailure(error: unknown): UpstreamFailure {
  if (error instanceof UpstreamFailure) return error;
  if (error instanceof SyntaxError) return new UpstreamFailure("JWKS", "UnreadableAnswer", { httpStatusCode: 200 });
  const { name, errno } = fetchFailureOf(error);
  return new UpstreamFailure("JWKS", name, { errno });
}
