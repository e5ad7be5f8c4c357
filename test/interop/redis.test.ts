import { expect } from "chai";
import { type RedisClient, redisStore, type SessionStore } from "cognito-auth-session/redis";
import { createClient, createCluster, createSentinel } from "redis";
import { sessionStoreCases } from "../../src/testing/store-cases.js";
import { command, type RedisServer, redisFolder, startRedis, startSentinel } from "./support/redis.js";
import { makeCertificates } from "./support/redis-certificates.js";
import { failureOf } from "./support/redis-failures.js";
import { freePort, stopServers } from "./support/server-process.js";

const PREFIX = "app:{sessions}:";
/** All that a Redis user needs for the store, beside its keys. */
const ACL = ["on", ">p@ss/word", "resetkeys", `~${PREFIX}*`, "resetchannels", "-@all", "+get", "+set", "+del", "+eval"];

/** Runs the cases for stores against the one that is made before them: at once, as most of their time is waiting. */
function itIsAStore(make: () => SessionStore | Promise<SessionStore>): void {
  const cases = sessionStoreCases();
  let store: SessionStore;
  let outcomes: readonly PromiseSettledResult<void>[];
  before(async () => {
    store = await make();
    outcomes = await Promise.allSettled(cases.map(({ run }) => run(() => store)));
  });
  after(() => store.close?.());
  for (const [index, { name }] of cases.entries()) {
    it(name, () => {
      const outcome = outcomes[index];
      if (outcome?.status !== "fulfilled") throw outcome?.reason;
    });
  }
}

/** A client that is closed after the tests. Its type shows that strict TypeScript takes it for one of ours. */
function kept<C extends RedisClient & { destroy(): unknown }>(make: () => C): () => C {
  const made: C[] = [];
  after(async () => {
    for (const client of made) await client.destroy();
  });
  return () => {
    const client = make();
    made.push(client);
    return client;
  };
}

describe("redisStore with a real Redis", () => {
  let server: RedisServer;
  let cluster: RedisServer;
  let sentinel: RedisServer;
  let tlsPort: number;
  let ca: string;

  before(async function () {
    this.timeout(60_000);
    const certificates = makeCertificates(redisFolder);
    ca = certificates.ca;
    tlsPort = await freePort();
    const tls = ["--tls-port", String(tlsPort), "--tls-cert-file", certificates.cert];
    server = await startRedis([...tls, "--tls-key-file", certificates.key, "--tls-auth-clients", "no"]);
    await command(server, ["ACL", "SETUSER", "app", ...ACL]);
    cluster = await startRedis(["--cluster-enabled", "yes"]);
    await command(cluster, ["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
    sentinel = await startSentinel(server);
  });
  after(stopServers);

  describe("by URL", () => itIsAStore(() => redisStore({ url: server.url })));

  describe("by URL, as a user who may use its own keys and four commands", () => {
    const url = () => server.url.replace("://", `://app:${encodeURIComponent("p@ss/word")}@`);
    itIsAStore(() => redisStore({ url: url(), prefix: PREFIX }));

    it("is refused what is not the user's", async () => {
      const store = redisStore({ url: url(), prefix: "other:" });
      expect(await failureOf(store.get("a"))).to.include({ name: "StoreFailure", code: "NOPERM" });
      await store.close?.();
    });

    it("says that the password is wrong", async () => {
      const store = redisStore({ url: server.url.replace("://", "://app:wrong@") });
      expect(await failureOf(store.get("a"))).to.include({ name: "StoreFailure", code: "WRONGPASS" });
      await store.close?.();
    });
  });

  describe("by URL, in another database", () => {
    it("keeps to it", async () => {
      const [zero, one] = [redisStore({ url: `${server.url}/0` }), redisStore({ url: `${server.url}/1` })];
      await one.set("database", "1", 10);
      expect([await zero.get("database"), await one.get("database")]).to.deep.equal([undefined, "1"]);
      await Promise.all([zero.close?.(), one.close?.()]);
    });
  });

  describe("by a client that is connected", () => {
    const client = kept(() => createClient({ url: server.url }));
    itIsAStore(async () =>
      redisStore({
        client: await client()
          .on("error", () => {})
          .connect(),
      }),
    );
  });

  describe("by a client that nobody has connected, nor listens to", () => {
    const client = kept(() => createClient({ url: server.url, RESP: 2 }));
    itIsAStore(() => redisStore({ client: client() }));
  });

  describe("by a client with TLS", () => {
    const client = kept(() => createClient({ socket: { host: "localhost", port: tlsPort, tls: true, ca } }));
    itIsAStore(() => redisStore({ client: client() }));
  });

  describe("by a cluster", () => {
    const client = kept(() => createCluster({ rootNodes: [{ url: cluster.url }] }));
    itIsAStore(() => redisStore({ client: client() }));
  });

  describe("by a sentinel", () => {
    const client = kept(() =>
      createSentinel({ name: "main", sentinelRootNodes: [{ host: "127.0.0.1", port: sentinel.port }] }),
    );
    itIsAStore(() => redisStore({ client: client() }));
  });

  it("refuses a TLS server whose certificate is not trusted", async () => {
    const store = redisStore({ url: `rediss://localhost:${tlsPort}` });
    const failure = await failureOf(store.get("a"));
    expect(failure)
      .to.have.property("code")
      .that.matches(/^(?:UNABLE_TO_VERIFY_LEAF_SIGNATURE|SELF_SIGNED_CERT)/);
    await store.close?.();
  });

  it("leaves a client open that it was given", async () => {
    const client = createClient({ url: server.url });
    const store = redisStore({ client });
    await store.set("open", "1", 10);
    await store.close?.();
    expect([client.isOpen, client.listenerCount("error")]).to.deep.equal([true, 1]);
    expect(await failureOf(store.get("open"))).to.include({ name: "StoreFailure" });
    client.destroy();
  });

  it("writes under its prefix only, with a time to live", async () => {
    const store = redisStore({ url: server.url, prefix: "seen:" });
    await store.set("a", "1", 9.5);
    const release = await store.lock?.("a", 10);
    expect(await command(server, ["KEYS", "seen:*"])).to.have.members(["seen:value:a", "seen:lock:a"]);
    expect(await command(server, ["TTL", "seen:value:a"])).to.be.within(9, 10);
    await release?.();
    for (const ttl of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(await failureOf(store.set("a", "1", ttl))).to.be.instanceOf(RangeError);
    }
    await store.close?.();
  });
});
