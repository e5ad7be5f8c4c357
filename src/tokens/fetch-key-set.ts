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

/** RFC 9110 section 12.5.3: who names no coding takes any. Section 10.1.5: firewalls know who asks. */
const HEADERS = {
  accept: "application/json",
  "accept-encoding": "identity",
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
      const { statusCode: httpStatusCode } = answer;
      if (httpStatusCode !== 200) throw new UpstreamFailure("JWKS", "UnexpectedStatus", { httpStatusCode });
      return JSON.parse(await textOf(answer, maxBytes));
    });
  } catch (error) {
    throw asFailure(error);
  }
};

/**
 * With an agent of its own, and a connection that ends with the answer: the next is minutes away. What an application
 * lets its global agents do, such as taking anybody's certificate, is not for keys; only their proxy is.
 */
function get(url: URL, signal: AbortSignal): Promise<http.IncomingMessage> {
  const { Agent, request, globalAgent } = url.protocol === "https:" ? https : http;
  const settings = { keepAlive: false, proxyEnv: proxyEnvOf(globalAgent) };
  return new Promise((resolve, reject) => {
    request(url, { agent: new Agent(settings), headers: HEADERS, signal }, resolve)
      .on("error", reject)
      // An offer of another protocol ends it without a word.
      .on("close", reject)
      .end();
  });
}

/** Where Node finds its proxy (`NODE_USE_ENV_PROXY`, from 22.21 and 24.5 on; Node 20 knows of none, nor do its types). */
function proxyEnvOf(agent: object): unknown {
  const options: unknown = "options" in agent ? agent.options : undefined;
  return typeof options === "object" && options !== null && "proxyEnv" in options ? options.proxyEnv : undefined;
}

function asFailure(error: unknown): UpstreamFailure {
  if (error instanceof UpstreamFailure) return error;
  if (error instanceof SyntaxError) return new UpstreamFailure("JWKS", "UnreadableAnswer", { httpStatusCode: 200 });
  const { name, errno } = fetchFailureOf(error);
  return new UpstreamFailure("JWKS", name, { errno });
}
