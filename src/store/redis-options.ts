import { ConfigurationError } from "../errors/auth-error.js";
import type { RedisClient } from "./redis-client.js";

/** Where the Redis is: exactly one of `url` and `client`. */
export interface RedisStoreOptions {
  /**
   * `redis://[user[:password]@]host[:port][/database]`, or `rediss://` for TLS with a certificate that Node trusts. The
   * store makes its own connection.
   */
  readonly url?: string | undefined;
  /**
   * A client of the `redis` package: from `createClient()`, `createCluster()` or `createSentinel()`. It stays yours: the
   * store connects it where you have not, and never closes it.
   */
  readonly client?: RedisClient | undefined;
  /** What all keys begin with; printable ASCII. Default `"cognito-auth-session:"`. */
  readonly prefix?: string | undefined;
}

/** Options that have been checked. */
export interface RedisTarget {
  readonly at: URL | RedisClient;
  readonly prefix: string;
}

const DEFAULT_PREFIX = "cognito-auth-session:";
const PRINTABLE = /^[\x20-\x7e]+$/;
const NAMES = ["url", "client", "prefix"];
const METHODS = ["connect", "on", "listenerCount", "get", "set", "del", "eval"];

/**
 * Checks what was given to `redisStore()`.
 *
 * @throws ConfigurationError that names the option; never with the URL, which may hold a password
 */
export function resolveRedisOptions(options: RedisStoreOptions): RedisTarget {
  if (typeof options !== "object" || options === null) throw misuse("the options must be an object");
  const unknown = Object.keys(options).find((name) => !NAMES.includes(name));
  if (unknown !== undefined) throw misuse(`there is no option "${unknown}", only ${NAMES.join(", ")}`, unknown);
  const { url, client, prefix = DEFAULT_PREFIX } = options;
  if (url === undefined && client === undefined) throw misuse("url or client is required", "url");
  if (url !== undefined && client !== undefined) throw misuse("url and client exclude each other", "client");
  if (typeof prefix !== "string" || !PRINTABLE.test(prefix)) {
    throw misuse("prefix must be a string of printable ASCII characters, at least one", "prefix");
  }
  return { at: client === undefined ? checkedUrl(url) : checkedClient(client), prefix };
}

function checkedUrl(url: unknown): URL {
  if (typeof url !== "string") throw misuse("url must be a string", "url");
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !["redis:", "rediss:"].includes(parsed.protocol)) {
    throw misuse("url must begin with redis:// or rediss:// and be valid", "url");
  }
  if (parsed.hostname === "") throw misuse("url must name a host", "url");
  if (!/^(?:\/\d*)?$/.test(parsed.pathname)) throw misuse("the path of url must be a database's number", "url");
  if (![parsed.username, parsed.password].every(isDecodable)) {
    throw misuse("user and password in url must be percent-encoded", "url");
  }
  return parsed;
}

function checkedClient(client: RedisClient): RedisClient {
  // Read through an index, as what JavaScript callers give need not have them.
  const given: Partial<Record<string, unknown>> = Object(client);
  if (METHODS.some((name) => typeof given[name] !== "function")) {
    throw misuse("client must come from createClient(), createCluster() or createSentinel() of redis", "client");
  }
  return client;
}

function isDecodable(text: string): boolean {
  try {
    return decodeURIComponent(text) !== undefined;
  } catch {
    return false;
  }
}

function misuse(what: string, option?: string): ConfigurationError {
  return new ConfigurationError(`redisStore: ${what}.`, option);
}
