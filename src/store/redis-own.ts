import { Backoff } from "../backoff.js";
import { systemClock } from "../clock.js";
import { DeadlineExceeded, inSteps, within } from "../deadline.js";
import { ConfigurationError } from "../errors/auth-error.js";
import { CALL_MS, type RedisClient, type RedisConnection } from "./redis-client.js";
import { codeOf, StoreFailure } from "./redis-failure.js";
import { RedisLink } from "./redis-link.js";

/** How long `close()` waits for answers that are on their way. */
const LAST_ANSWERS_MS = 500;

/**
 * A connection of our own, made at the first use. node-redis connects again by itself after a failure; a server that
 * accepts and then says nothing is left, and tried again with growing pauses.
 */
export class OwnConnection implements RedisConnection {
  readonly #url: URL;
  readonly #stalls = new Backoff(systemClock, { firstMs: 500, longestMs: 5_000 });
  readonly #running = new Set<Promise<unknown>>();
  #link: RedisLink | undefined;
  #isClosed = false;

  constructor(url: URL) {
    this.#url = url;
    // The first request is not to wait for that; whether it worked shows at the first use.
    loadRedis().catch(() => {});
  }

  async run<T>(command: (client: RedisClient) => Promise<T>): Promise<T> {
    const redis = await loadRedis(); // its time does not count as the server's
    const link = this.#open(redis);
    const running = this.#send(link, command);
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const link = this.#link;
    this.#link = undefined;
    if (link === undefined) return;
    try {
      await within(LAST_ANSWERS_MS, () => Promise.allSettled(this.#running));
    } catch {
      // They have had their time.
    }
    link.end();
  }

  async #send<T>(link: RedisLink, command: (client: RedisClient) => Promise<T>): Promise<T> {
    try {
      const answer = await inSteps(CALL_MS, async () => {
        await link.attempted;
        return command(link.client);
      });
      this.#stalls.succeeded();
      return answer;
    } catch (error) {
      if (error instanceof DeadlineExceeded) this.#leave(link);
      throw new StoreFailure(codeOf(error) ?? link.offlineCode);
    }
  }

  #open(redis: typeof import("redis")): RedisLink {
    if (this.#isClosed) throw new StoreFailure();
    if (this.#link === undefined) {
      if (this.#stalls.waitMs > 0) throw new StoreFailure("ETIMEDOUT");
      this.#link = new RedisLink(redis, this.#url, (link) => this.#leave(link));
    }
    return this.#link;
  }

  #leave(link: RedisLink): void {
    if (this.#link !== link) return;
    this.#link = undefined;
    this.#stalls.failed();
    link.end();
  }
}

async function loadRedis(): Promise<typeof import("redis")> {
  try {
    return await import("redis");
  } catch {
    throw new ConfigurationError("redisStore: url needs the package redis. Run: npm install redis", "url");
  }
}
