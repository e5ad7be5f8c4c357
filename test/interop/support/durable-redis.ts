import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { command, pidOf, type RedisServer, redisFolder, startRedis } from "./redis.js";

/** A Redis that has written down all that it said was done, and has it again when it comes back after a crash. */
export class DurableRedis {
  #folder = mkdtempSync(join(redisFolder, "durable-"));
  #pid = 0;

  private constructor(readonly server: RedisServer) {}

  static async start(): Promise<DurableRedis> {
    const folder = mkdtempSync(join(redisFolder, "durable-"));
    const redis = new DurableRedis(await startRedis(durableIn(folder)));
    redis.#folder = folder;
    redis.#pid = await pidOf(redis.server);
    return redis;
  }

  get url(): string {
    return this.server.url;
  }

  /** As if so much time had passed for all that has an end: everything that is kept here. */
  async passTime(ms: number): Promise<void> {
    await command(this.server, ["EVAL", AGE, "0", String(ms)]);
  }

  /** At once, with whatever it is about to do. */
  async crash(): Promise<void> {
    process.kill(this.#pid, "SIGKILL");
    while (await command(this.server, ["PING"]).catch(() => undefined)) await sleep(10);
  }

  /** On the same port, with its data. */
  async comeBack(): Promise<void> {
    await startRedis(durableIn(this.#folder), this.server.port);
    this.#pid = await pidOf(this.server);
  }
}

/** Nobody can move the clock of a redis-server, but all that it keeps can be made to end so much sooner. */
const AGE = `
for _, key in ipairs(redis.call("KEYS", "*")) do
  redis.call("PEXPIRE", key, redis.call("PTTL", key) - ARGV[1])
end`;

function durableIn(folder: string): string[] {
  return ["--dir", folder, "--appendonly", "yes", "--appendfsync", "always"];
}
