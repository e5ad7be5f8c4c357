import { randomUUID } from "node:crypto";
import { GivenConnection } from "./redis-given.js";
import { type RedisStoreOptions, resolveRedisOptions } from "./redis-options.js";
import { OwnConnection } from "./redis-own.js";
import type { ReleaseLock, SessionStore } from "./store.js";

/** Compares and deletes in one step: between two, the lock could end and be another's. One key, so clusters take it. */
const RELEASE = `if redis.call("get", KEYS[1]) == ARGV[1] then return redis.call("del", KEYS[1]) end return 0`;

/**
 * A store in Redis or Valkey, by the `redis` package (an optional peer: `npm install redis`). It connects at the first
 * use, and again after every outage. While Redis cannot be reached calls reject at once; one that is not answered rejects
 * after 2 seconds. No error holds the URL, a password or what the server said.
 *
 * @param options exactly one of `url` and `client`; `prefix`, default `"cognito-auth-session:"`
 * @throws ConfigurationError for an option that is missing, unknown or wrong. Where `url` is used and the `redis` package
 *   is not installed, calls reject with it.
 *
 * @example
 * ```ts
 * const store = redisStore({ url: process.env.REDIS_URL });
 * app.use(authSession({ store, encryptionKeys: [process.env.SESSION_KEY] }));
 * ```
 */
export function redisStore(options: RedisStoreOptions): SessionStore {
  const { at, prefix } = resolveRedisOptions(options);
  const redis = at instanceof URL ? new OwnConnection(at) : new GivenConnection(at);
  const valueKey = (key: string) => `${prefix}value:${key}`;
  const lockKey = (key: string) => `${prefix}lock:${key}`;
  return {
    async connect() {
      await redis.run(async () => {});
    },
    async get(key) {
      const value = await redis.run((client) => client.get(valueKey(key)));
      // A client of the user's may be set up to give buffers: nothing that this store knows how to read.
      return typeof value === "string" ? value : undefined;
    },
    async set(key, value, ttlSeconds) {
      const EX = wholeSeconds(ttlSeconds);
      await redis.run((client) => client.set(valueKey(key), value, { EX }));
    },
    async delete(key) {
      await redis.run((client) => client.del(valueKey(key)));
    },
    async lock(key, ttlSeconds): Promise<ReleaseLock | undefined> {
      const holder = randomUUID();
      const name = lockKey(key);
      const PX = wholeSeconds(ttlSeconds) * 1000;
      const answer = await redis.run((client) => client.set(name, holder, { PX, NX: true }));
      if (answer === null) return undefined;
      return async () => {
        await redis.run((client) => client.eval(RELEASE, { keys: [name], arguments: [holder] }));
      };
    },
    close: () => redis.close(),
  };
}

function wholeSeconds(ttlSeconds: number): number {
  if (!(ttlSeconds > 0 && ttlSeconds < Number.MAX_SAFE_INTEGER)) throw new RangeError("ttlSeconds must be at least 1.");
  return Math.ceil(ttlSeconds);
}
