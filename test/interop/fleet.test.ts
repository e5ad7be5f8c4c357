import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { LocalCognito } from "cognito-auth-session/testing";
import { Fleet, type Job, type Result } from "./support/fleet.js";
import { pidOf, type RedisServer, startRedis } from "./support/redis.js";
import { stopServers } from "./support/server-process.js";

const PROCESSES = 4;
const USERS = 1000;

describe("A fleet of four processes that share a Redis", function () {
  this.timeout(120_000);
  let cognito: LocalCognito;
  let redis: RedisServer;
  let fleet: Fleet;
  let job: Job;

  beforeEach(async () => {
    cognito = await LocalCognito.start();
    redis = await startRedis();
    fleet = new Fleet(PROCESSES);
    job = {
      options: cognito.options,
      redisUrl: redis.url,
      encryptionKey: randomBytes(32).toString("base64"),
      tokens: tokensOf(USERS),
      rounds: 3,
      concurrency: 25,
      pauseMs: 0,
    };
  });
  afterEach(async () => {
    await fleet.stop();
    await cognito.stop();
    await stopServers();
  });

  let users = 0;
  /** Of users that nobody has seen yet. */
  const tokensOf = (count: number) =>
    Object.fromEntries(
      Array.from({ length: count }, () => {
        const username = `user-${users++}`;
        return [username, cognito.signIn({ username }).idToken];
      }),
    );
  const calls = () => [cognito.requests("GetId"), cognito.requests("GetCredentialsForIdentity")];

  /** Whoever was given credentials was given their own. */
  const expectOwn = (results: readonly Result[]) => {
    const identities = new Map<string, string>();
    const owners = new Map<string, string>();
    for (const { accessKeys } of results) {
      for (const [user, keys] of Object.entries(accessKeys)) {
        for (const key of keys) {
          const identityId = cognito.callerIdentity(key)?.identityId ?? "nobody's";
          expect(identities.get(user) ?? identityId, `${user} has one identity`).to.equal(identityId);
          expect(owners.get(identityId) ?? user, `${identityId} is one user's`).to.equal(user);
          identities.set(user, identityId);
          owners.set(identityId, user);
        }
      }
    }
    expect(identities.size).to.equal(USERS);
  };
  const report = (title: string, results: readonly Result[], startedMs: number) => {
    const requests = results.reduce((sum, each) => sum + each.requests, 0);
    const seconds = (performance.now() - startedMs) / 1000;
    const slowest = Math.max(...results.map(({ slowestMs }) => slowestMs));
    const [getId, getCredentials] = calls();
    console.log(
      `      ${title}: ${requests} requests in ${seconds.toFixed(1)} s, slowest ${slowest.toFixed(0)} ms; ` +
        `${getId} GetId, ${getCredentials} GetCredentialsForIdentity`,
    );
  };

  it("asks Cognito once for each of 1,000 users in a storm: one GetId, one GetCredentialsForIdentity", async () => {
    const startedMs = performance.now();
    const results = await fleet.run(job);
    report("storm", results, startedMs);
    expect(results.map(({ errors }) => errors)).to.deep.equal([{}, {}, {}, {}]);
    expect(results.map(({ requests }) => requests)).to.deep.equal(Array(PROCESSES).fill(3 * USERS));
    expectOwn(results);
    const everybody = results.map(({ accessKeys }) => JSON.stringify(Object.entries(accessKeys).sort()));
    expect(new Set(everybody).size, "all processes gave each user the same").to.equal(1);
    expect(calls()).to.deep.equal([USERS, USERS]);
  });

  it("answers every request while Redis is killed and started again, with nobody's credentials mixed up", async () => {
    const startedMs = performance.now();
    const underWay = fleet.run({ ...job, rounds: 12, concurrency: 10, pauseMs: 5 });
    await sleep(3000);
    process.kill(await pidOf(redis), "SIGKILL");
    await sleep(2500);
    await startRedis([], redis.port);
    const results = await underWay;
    report("Redis killed and restarted", results, startedMs);
    expect(results.map(({ errors }) => errors)).to.deep.equal([{}, {}, {}, {}]);
    expectOwn(results);
    // Without a store each process asks for itself, and that is the most.
    const [getId = 0, getCredentials = 0] = calls();
    expect(getId).to.be.within(USERS, PROCESSES * USERS);
    expect(getCredentials).to.be.within(USERS, PROCESSES * USERS);

    // And it shares again, by itself: users that are new cost one exchange, whichever process they come to.
    const costOf = async (newcomers: number) => {
      const before = calls();
      await fleet.run({ ...job, tokens: tokensOf(newcomers), rounds: 1 });
      return calls().map((count, index) => count - (before[index] ?? 0));
    };
    // Each process looks at the store again in its own time.
    for (let tries = 0; tries < 20 && (await costOf(1)).join() !== "1,1"; tries += 1) await sleep(250);
    expect(await costOf(50)).to.deep.equal([50, 50]);
  });
});
