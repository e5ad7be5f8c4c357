import https from "node:https";
import { fetchFailureOf, inTime, readBounded, textOf } from "../bounded-answer.js";
import { UpstreamFailure } from "../errors/upstream-failure.js";
import { http } from "../node-http.js";

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

/** An answer whose body is still to be read. */
interface Answer {
  readonly status: number | undefined;
  readonly read: (maxBytes: number) => Promise<string>;
}

/**
 * Fetches a key set: status 200 only, no redirects (a redirect could lead to keys of another), bounded in time from
 * first to last byte, and in size. By `node:https`: on Node 20 its `fetch` would be 1.7 MB more for the garbage collector
 * to walk through. By `fetch` where Node was told of a proxy, as Node's agents leak the sockets of tunnels that fail.
 */
export const fetchKeySet: FetchJson = async (uri, { timeoutMs, maxBytes }) => {
  try {
    return await inTime(timeoutMs, async (over) => {
      const answer = await (isProxied() ? askByFetch : askDirectly)(uri, over);
      // When this throws, `inTime` ends the connection.
      const { status: httpStatusCode } = answer;
      if (httpStatusCode !== 200) throw new UpstreamFailure("JWKS", "UnexpectedStatus", { httpStatusCode });
      return JSON.parse(await answer.read(maxBytes));
    });
  } catch (error) {
    throw asFailure(error);
  }
};

/**
 * With an agent of its own, and a connection that ends with the answer: the next is minutes away. What an application
 * lets its global agents do, such as taking anybody's certificate, is not for keys.
 */
function askDirectly(uri: string, signal: AbortSignal): Promise<Answer> {
  const url = new URL(uri);
  const { Agent, request } = url.protocol === "https:" ? https : http;
  return new Promise((resolve, reject) => {
    request(url, { agent: new Agent({ keepAlive: false }), headers: HEADERS, signal }, (answer) => {
      resolve({ status: answer.statusCode, read: (maxBytes) => textOf(answer, maxBytes) });
    })
      .on("error", reject)
      // An offer of another protocol ends it without a word.
      .on("close", reject)
      .end();
  });
}

async function askByFetch(uri: string, signal: AbortSignal): Promise<Answer> {
  const { status, body } = await fetch(uri, { redirect: "error", headers: HEADERS, signal });
  return { status, read: async (maxBytes) => (body === null ? "" : readBounded(body, maxBytes, signal)) };
}

/** By `NODE_USE_ENV_PROXY` or `--use-env-proxy` (from Node 22.21 and 24.5 on), or by `http.setGlobalProxyFromEnv()`. */
function isProxied(): boolean {
  const { NODE_USE_ENV_PROXY, NODE_OPTIONS } = process.env;
  const flags = [...process.execArgv, NODE_OPTIONS];
  return (
    NODE_USE_ENV_PROXY === "1" ||
    flags.some((flag) => flag?.includes("--use-env-proxy")) ||
    [http, https].some(({ globalAgent }) => hasProxy(globalAgent))
  );
}

function hasProxy(agent: object): boolean {
  const options: unknown = "options" in agent ? agent.options : undefined;
  return typeof options === "object" && options !== null && "proxyEnv" in options && Boolean(options.proxyEnv);
}

function asFailure(error: unknown): UpstreamFailure {
  if (error instanceof UpstreamFailure) return error;
  if (error instanceof SyntaxError) return new UpstreamFailure("JWKS", "UnreadableAnswer", { httpStatusCode: 200 });
  const { name, errno } = fetchFailureOf(error);
  return new UpstreamFailure("JWKS", name, { errno });
}
