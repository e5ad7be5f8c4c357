import { isIP } from "node:net";
import { CONNECT_MS } from "./redis-client.js";
import { codeOf } from "./redis-failure.js";

/** The optional peer. Its types are erased: nothing is imported until `loadRedis()` of redis-own.ts. */
type Redis = typeof import("redis");
type Client = ReturnType<Redis["createClient"]>;

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;
const MAX_QUEUED = 10_000;

/**
 * One client of our own, which connects, and connects again, until it is ended. It notices attempts that hang after
 * TCP has connected: node-redis waits for ever then.
 */
export class RedisLink {
  readonly client: Client;
  /** After the first attempt, whatever came of it. Later ones are not waited for: commands fail at once meanwhile. */
  readonly attempted: Promise<void>;
  /** Why it is not connected, where it is known. */
  offlineCode: string | undefined;
  readonly #onStall: (link: RedisLink) => void;
  #watch: NodeJS.Timeout | undefined;
  #ended = false;

  /**
   * @param redis the package
   * @param url a URL that has been checked
   * @param onStall called when an attempt hangs; the link is to be ended then
   */
  constructor(redis: Redis, url: URL, onStall: (link: RedisLink) => void) {
    this.#onStall = onStall;
    const timing = { connectTimeout: CONNECT_MS, reconnectStrategy: (retries: number) => this.#pauseMs(retries) };
    this.client = redis.createClient({
      url: url.href,
      disableOfflineQueue: true,
      commandsQueueMaxLength: MAX_QUEUED,
      socket: url.protocol === "rediss:" ? { ...timing, tls: true, ...serverName(url) } : timing,
    });
    this.attempted = this.#connect();
  }

  /** Ends it for good. Commands that wait for an answer are rejected. */
  end(): void {
    this.#ended = true;
    clearTimeout(this.#watch);
    try {
      const { client } = this;
      if (typeof client.destroy === "function") client.destroy();
      else void Promise.resolve(this.client.disconnect()).catch(() => {}); // version 4
    } catch {
      // It was not open.
    }
  }

  #connect(): Promise<void> {
    return new Promise((resolve) => {
      this.client.on("connect", () => {
        clearTimeout(this.#watch);
        this.#watch = setTimeout(() => this.#stalled(), CONNECT_MS);
      });
      this.client.on("ready", () => {
        clearTimeout(this.#watch);
        this.offlineCode = undefined;
        // A client that is destroyed while TCP connects does not notice.
        if (this.#ended) this.end();
        resolve();
      });
      this.client.on("error", (error: unknown) => {
        this.offlineCode = codeOf(error);
        resolve();
      });
      // It rejects only when it is ended.
      this.client.connect().then(
        () => resolve(),
        () => resolve(),
      );
    });
  }

  #stalled(): void {
    this.offlineCode = "ETIMEDOUT";
    this.#onStall(this);
  }

  /** Asked whenever a connection, or an attempt, has failed. */
  #pauseMs(retries: number): number {
    clearTimeout(this.#watch);
    const longest = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(retries, 20));
    return longest * (0.5 + Math.random() / 2); // so that not all processes come back together
  }
}

/** Servers that share an address tell by it which one is meant. Node sends none by itself. */
function serverName({ hostname }: URL): { servername?: string } {
  return isIP(hostname.replace(/^\[|\]$/g, "")) === 0 ? { servername: hostname } : {};
}
