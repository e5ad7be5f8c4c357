import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { redisStore, type SessionStore } from "cognito-auth-session/redis";
import { createClient } from "redis";
import { command, pidOf, type RedisServer, startRedis } from "./support/redis.js";
import { failureOf, shown, timedFailure } from "./support/redis-failures.js";
import { freePort, stopServers } from "./support/server-process.js";

const USER = "planted-user";
const PASSWORD = "planted-pa55";
/** node-redis pauses for 2 s at most between attempts; the rest is for a busy machine. */
const RECOVERY_MS = 6_000;

const withUser = (port: number) => `redis://${USER}:${PASSWORD}@127.0.0.1:${port}/0`;

async function kill(server: RedisServer): Promise<void> {
  process.kill(await pidOf(server), "SIGKILL");
  while (await command(server, ["PING"]).catch(() => undefined)) await sleep(10);
}

/** How long it takes until the store works again, in milliseconds. */
async function recovery(store: SessionStore, withinMs = RECOVERY_MS): Promise<number> {
  const from = performance.now();
  for (;;) {
    try {
      await store.set("recovered", "yes", 10);
      return performance.now() - from;
    } catch (error) {
      if (performance.now() - from > withinMs) throw error;
      await sleep(50);
    }
  }
}

describe("redisStore while Redis is away", () => {
  const unhandled: unknown[] = [];
  const note = (error: unknown) => unhandled.push(error);
  const stores: SessionStore[] = [];
  const store = (url: string): SessionStore => {
    const made = redisStore({ url });
    stores.push(made);
    return made;
  };

  before(() => {
    process.on("unhandledRejection", note);
    process.on("uncaughtException", note);
  });
  afterEach(async () => {
    await Promise.all(stores.splice(0).map((each) => each.close?.()));
    await stopServers();
    expect(unhandled.splice(0)).to.deep.equal([]);
  });
  after(() => {
    process.off("unhandledRejection", note);
    process.off("uncaughtException", note);
  });

  it("rejects at once, and works by itself when Redis is there for the first time", async () => {
    const port = await freePort();
    const early = store(`redis://127.0.0.1:${port}`);
    const first = await timedFailure(early.get("a"));
    expect(first.error).to.include({ name: "StoreFailure", code: "ECONNREFUSED" });
    expect(first.ms).to.be.below(1_000);
    const second = await timedFailure(early.get("a"));
    expect(second.error).to.include({ name: "StoreFailure", code: "ECONNREFUSED" });
    expect(second.ms).to.be.below(100);
    await startRedis([], port);
    expect(await recovery(early)).to.be.below(RECOVERY_MS);
  });

  it("rejects at once when Redis was killed, and works by itself when it is back", async () => {
    const server = await startRedis();
    const shared = store(server.url);
    await shared.set("a", "1", 60);
    const release = await shared.lock?.("a", 60);
    await kill(server);
    const calls = [shared.get("a"), shared.set("a", "2", 60), shared.delete("a"), shared.lock?.("b", 60), release?.()];
    for (const { error, ms } of await Promise.all(calls.map(timedFailure))) {
      expect(error).to.include({ name: "StoreFailure" });
      expect(ms).to.be.below(100);
    }
    await startRedis([], server.port);
    expect(await recovery(shared)).to.be.below(RECOVERY_MS);
    expect(await shared.get("a")).to.equal(undefined); // nothing was kept back and written late
  });

  it("rejects in time when Redis freezes, and works by itself when it goes on", async function () {
    this.timeout(30_000);
    const server = await startRedis();
    const shared = store(server.url);
    await shared.set("a", "1", 60);
    const pid = await pidOf(server);
    process.kill(pid, "SIGSTOP");
    try {
      const frozen = await timedFailure(shared.get("a"));
      expect(frozen.error).to.include({ name: "StoreFailure", code: "ETIMEDOUT" });
      expect(frozen.ms).to.be.within(1_500, 3_000);
      const next = await timedFailure(shared.get("a")); // a new connection is not greeted
      expect(next.ms).to.be.below(1_500);
      const third = await Promise.all(Array.from({ length: 20 }, () => timedFailure(shared.get("a"))));
      expect(Math.max(...third.map(({ ms }) => ms))).to.be.below(1_500);
    } finally {
      process.kill(pid, "SIGCONT");
    }
    expect(await recovery(shared)).to.be.below(RECOVERY_MS);
    expect(await shared.get("a")).to.equal("1");
  });

  it("rejects at once by a client of the user's too, which would keep commands for later", async () => {
    const server = await startRedis();
    const client = createClient({ url: server.url });
    const shared = redisStore({ client });
    await shared.set("a", "1", 60);
    await kill(server);
    await sleep(100); // what is sent before the client notices is kept by it, and given up after 2 s
    const { error, ms } = await timedFailure(shared.get("a"));
    expect(error).to.include({ name: "StoreFailure" });
    expect(ms).to.be.below(100);
    await startRedis([], server.port);
    expect(await recovery(shared)).to.be.below(RECOVERY_MS);
    client.destroy();
  });

  it("does not wait longer for a client of the user's that cannot connect", async () => {
    const client = createClient({ url: `redis://127.0.0.1:${await freePort()}` });
    const shared = redisStore({ client });
    expect((await timedFailure(shared.get("a"))).ms).to.be.below(1_500);
    expect((await timedFailure(shared.get("a"))).ms).to.be.below(100);
    client.destroy();
  });

  for (const [kind, answer] of [
    ["never answers", undefined],
    ["answers what is no Redis", "HTTP/1.1 400 Bad Request planted-answer\r\n\r\n"],
    ["refuses with words of its own", "-ERR planted-answer no\r\n"],
    ["closes at once", null],
  ] as const) {
    it(`is not harmed by a server that accepts and ${kind}`, async () => {
      const sockets = new Set<Socket>();
      const odd = await listen((socket) => {
        sockets.add(socket.on("error", () => {}));
        socket.on("data", () => answer && socket.write(answer)); // read, or its end would not be noticed
        if (answer === null) socket.destroy();
      });
      const shared = store(withUser(odd.port));
      for (let call = 0; call < 3; call += 1) {
        const { error, ms } = await timedFailure(shared.get("a"));
        expect(error).to.include({ name: "StoreFailure" });
        expect(shown(error)).not.to.match(/planted|127\.0\.0\.1/);
        expect(ms).to.be.below(2_500);
      }
      const waiting = failureOf(shared.get("a"));
      await shared.close?.();
      expect(await waiting).to.include({ name: "StoreFailure" });
      await sleep(1_200); // an attempt that was under way would be over
      expect([...sockets].filter(({ destroyed }) => !destroyed)).to.have.lengthOf(0);
      odd.server.close();
    });
  }

  it("shows nothing of its URL, whatever goes wrong", async () => {
    const server = await startRedis(["--requirepass", "another"]);
    const failures = await Promise.all([
      failureOf(store(withUser(server.port)).get("a")), // refused
      failureOf(store(withUser(await freePort())).lock?.("a", 1)), // nobody there
      failureOf(store(withUser(server.port).replace("redis:", "rediss:")).get("a")), // no TLS there
      failureOf(store(withUser(1).replace("127.0.0.1", "planted-host.invalid")).set("a", "1", 1)), // no such host
    ]);
    for (const error of failures) {
      expect(error).to.include({ name: "StoreFailure" });
      expect(shown(error)).not.to.match(/planted|127\.0\.0\.1/);
    }
    expect(shown(store(withUser(1)))).not.to.match(/planted/);
  });

  it("can be closed before, while and after it is used, and says so to whoever comes late", async () => {
    const server = await startRedis();
    const shared = store(server.url);
    const writing = shared.set("a", "1", 10);
    await Promise.all([writing, sleep(20).then(() => shared.close?.())]);
    await shared.close?.();
    expect(await failureOf(shared.get("a"))).to.include({ name: "StoreFailure" });
    await redisStore({ url: server.url }).close?.();
  });
});

async function listen(onSocket: (socket: Socket) => void): Promise<{ server: Server; port: number }> {
  const server = createServer(onSocket).listen(0, "127.0.0.1");
  await once(server, "listening");
  // A TCP server's address is an object.
  return { server, port: (server.address() as AddressInfo).port };
}
