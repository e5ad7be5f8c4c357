import { randomBytes } from "node:crypto";
import { setImmediate, setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { LocalCognito } from "cognito-auth-session/testing";
import { BrowserFleet, type Seen, type SignedIn } from "./support/browser-fleet.js";
import { CallRecorder } from "./support/call-recorder.js";
import { DurableRedis } from "./support/durable-redis.js";
import { stopServers } from "./support/server-process.js";

const PROCESSES = 4;
const USERS = 20;
const REQUESTS = 100;
/** Of how many sessions these come together. */
const AT_ONCE = 4;
const MINUTE_MS = 60_000;
/** Of the hour that tokens live: due from minute 55 on. */
const DUE_MS = 57 * MINUTE_MS;
const EXPIRED_MS = 61 * MINUTE_MS;
/** A lock of a refresh lasts for this long at most: the time of the call, and ten seconds for the store. */
const LOCK_MS = 15_000;
/** node-redis pauses for 2 s at most between attempts, and a store that failed is asked again after 5 s at most. */
const RECOVERY_MS = 10_000;

describe("Browser sessions in a fleet of four processes that share a Redis, with refresh tokens that rotate", function () {
  this.timeout(60_000);
  let aheadMs: number;
  let cognito: LocalCognito;
  let recorder: CallRecorder;
  let redis: DurableRedis;
  let fleet: BrowserFleet;
  let users: readonly SignedIn[];

  before(async () => {
    aheadMs = 0;
    cognito = await LocalCognito.start({ clock: () => Date.now() + aheadMs });
    recorder = await CallRecorder.start(cognito.options.userPoolEndpoint);
    redis = await DurableRedis.start();
    const options = {
      ...cognito.options,
      userPoolEndpoint: recorder.origin,
      identityPoolId: null,
      encryptionKeys: [randomBytes(32).toString("base64")],
    };
    fleet = await BrowserFleet.start(PROCESSES, options, redis.url);
  });
  beforeEach(async () => {
    users = await Promise.all(Array.from({ length: USERS }, (_, index) => fleet.signIn(`user-${index}`)));
    await expectEverybody();
  });
  after(async () => {
    await fleet?.stop();
    await recorder?.stop();
    await cognito?.stop();
    await stopServers();
  });

  const passTime = async (ms: number) => {
    aheadMs += ms;
    await Promise.all([fleet.moveClocks(aheadMs), redis.passTime(ms)]);
  };
  const refreshes = () => cognito.requests("GetTokensFromRefreshToken");
  /** Counts refreshes from now on. */
  const counter = () => {
    const from = refreshes();
    return () => refreshes() - from;
  };
  /** As many requests of each of some sessions, all at once, over all processes. */
  const ask = (some: readonly SignedIn[], count: number) =>
    Promise.all(
      some.flatMap((user) =>
        Array.from({ length: count }, async (_, index) => ({ user, seen: await fleet.ask(index, user) })),
      ),
    );
  const askAll = (count: number) => ask(users, count);
  /** The same, some sessions after others: a machine with few cores is not to be what fails. */
  const askInTurn = async (count: number) => {
    const answers: Awaited<ReturnType<typeof ask>> = [];
    for (let next = 0; next < USERS; next += AT_ONCE)
      answers.push(...(await ask(users.slice(next, next + AT_ONCE), count)));
    return answers;
  };

  const report = (title: string, startedMs: number, text: string) =>
    console.log(`      ${title}: ${((performance.now() - startedMs) / 1000).toFixed(1)} s; ${text}`);

  /** Every refresh token that was sent was sent once. */
  const expectSentOnce = () => {
    const refreshing = recorder.calls.filter(({ operation }) => operation === "GetTokensFromRefreshToken");
    const sent = refreshing.map(({ input }) => input.RefreshToken);
    expect(sent).to.have.lengthOf(refreshes());
    expect(new Set(sent).size, "refresh tokens that were sent").to.equal(sent.length);
  };
  /** All sessions are answered by all processes, as who they are. */
  const expectEverybody = async () => {
    const answers = await askAll(PROCESSES);
    expect(answers.filter(({ user, seen }) => seen.status !== 200 || seen.username !== user.username)).to.deep.equal(
      [],
    );
  };
  /** How long it takes until all sessions are answered by all processes. */
  const recovery = async () => {
    const from = performance.now();
    for (;;) {
      const wrong = (await askAll(PROCESSES)).filter(({ seen }) => seen.status !== 200);
      expect(wrong.filter(({ seen }) => seen.status < 500)).to.deep.equal([]);
      if (wrong.length === 0) return performance.now() - from;
      if (performance.now() - from > RECOVERY_MS) expect.fail(`Not recovered: ${JSON.stringify(wrong)}`);
      await sleep(200);
    }
  };

  for (const [age, ms, periods] of [
    ["due for a refresh", DUE_MS, 2],
    ["expired", EXPIRED_MS, 1],
  ] as const) {
    it(`refreshes once for 100 requests of each session at a time, with tokens that are ${age}`, async () => {
      for (let period = 1; period <= periods; period += 1) {
        await passTime(ms);
        const refreshed = counter();
        const startedMs = performance.now();
        const answers = await askInTurn(REQUESTS);
        report(age, startedMs, `${answers.length} requests, ${refreshed()} refreshes`);
        expect(countOf(answers.map(({ seen }) => seen))).to.deep.equal({ 200: USERS * REQUESTS });
        expect(answers.filter(({ user, seen }) => seen.username !== user.username)).to.deep.equal([]);
        expect(refreshed()).to.equal(USERS);
      }
      expectSentOnce();
    });
  }

  it("answers 503 while Redis is away, and nobody is signed out when it is back", async () => {
    const seen: (Seen & { readonly phase: string })[] = [];
    const during = (phase: string) => countOf(seen.filter((each) => each.phase === phase));
    let phase = "before";
    await passTime(DUE_MS);
    const startedMs = performance.now();
    const load = users.map(async (user, index) => {
      for (let count = index; phase !== "over"; count += 1) {
        const asked = phase;
        const answer = await fleet.ask(count, user);
        // What was answered in the midst of a change belongs to neither.
        if (asked === phase) seen.push({ ...answer, phase });
        await sleep(20);
      }
    });
    while (seen.length < 5 * USERS) await sleep(50);
    phase = "killing";
    await redis.crash();
    phase = "away";
    await sleep(1_500);
    phase = "starting";
    await redis.comeBack();
    phase = "back";
    const recoveredMs = await recovery();
    phase = "recovered";
    await sleep(500);
    phase = "over";
    await Promise.all(load);

    const figures = JSON.stringify({ away: during("away"), recovered: during("recovered") });
    report("Redis killed under load", startedMs, `recovered in ${recoveredMs.toFixed(0)} ms; ${figures}`);
    expect(during("before")).to.have.all.keys("200");
    expect(during("away")).to.have.all.keys("503 store_unavailable");
    for (const { status, retryAfter } of seen) {
      if (status === 503) expect(Number(retryAfter), "Retry-After").to.be.within(1, 60);
    }
    expect(during("recovered")).to.have.all.keys("200");

    await passTime(DUE_MS);
    const refreshed = counter();
    await expectEverybody();
    expect(refreshed()).to.equal(USERS);
    expectSentOnce();
  });

  for (const [when, ms, delay, sent] of [
    ["all refreshes of due tokens are under way", DUE_MS, 1_000, USERS],
    ["all refreshes of expired tokens are under way", EXPIRED_MS, 1_000, USERS],
    ["refreshes of expired tokens begin", EXPIRED_MS, 0, 1],
  ] as const) {
    it(`keeps every session when Redis is killed while ${when}`, async () => {
      await passTime(ms);
      const refreshed = counter();
      cognito.fail("GetTokensFromRefreshToken", { delay });
      const startedMs = performance.now();
      const underWay = askAll(PROCESSES);
      while (refreshed() < sent) await setImmediate();
      await redis.crash();
      const answers = countOf((await underWay).map(({ seen }) => seen));
      cognito.fail("GetTokensFromRefreshToken", { times: 0 });
      await redis.comeBack();
      // Of a lock that nobody could let go the end is waited for.
      await redis.passTime(LOCK_MS);
      const recoveredMs = await recovery();
      const figures = `${JSON.stringify(answers)}, recovered in ${recoveredMs.toFixed(0)} ms`;
      report(when, startedMs, figures);
      expect(answers).not.to.have.any.keys("401 refresh_failed", "401 missing_token", "500 misconfigured");
      expect(refreshed()).to.equal(USERS);

      await passTime(DUE_MS);
      await expectEverybody();
      expect(refreshed()).to.equal(2 * USERS);
      expectSentOnce();
    });
  }
});

/** How many answers there were of each kind. */
function countOf(answers: readonly Seen[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { status, code } of answers) {
    const kind = code === undefined ? String(status) : `${status} ${code}`;
    counts[kind] = (counts[kind] ?? 0) + 1;
  }
  return counts;
}
