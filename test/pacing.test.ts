import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "chai";
import { AuthError, type AuthSessionOptions, SessionManager } from "cognito-auth-session";
import { LocalCognito } from "cognito-auth-session/testing";
import { appWith, get, TestClock } from "./support/app.js";
import { expectRefusal } from "./support/expectations.js";
import { TestStore } from "./support/test-store.js";

/** In real time: what is measured here is how often Cognito is called. */
describe("GetId is called gently:", () => {
  let cognito: LocalCognito;
  let managers: SessionManager[];

  beforeEach(async () => {
    cognito = await LocalCognito.start();
    managers = [];
  });
  afterEach(async () => {
    await Promise.all(managers.map((manager) => manager.close()));
    await cognito.stop();
  });

  const engine = (options: AuthSessionOptions) => {
    const manager = new SessionManager({ ...cognito.options, ...options });
    managers.push(manager);
    return manager;
  };
  const ask = async (sessions: SessionManager, username: string) => {
    const { idToken } = cognito.signIn({ username });
    return sessions.getSession({ headers: { authorization: `Bearer ${idToken}` } });
  };
  const askMany = (sessions: SessionManager, count: number, prefix = "user") =>
    Promise.allSettled(Array.from({ length: count }, (_, index) => ask(sessions, `${prefix}-${index}`)));
  const refusals = (results: readonly PromiseSettledResult<unknown>[]) =>
    results.flatMap((result) =>
      result.status === "rejected" && result.reason instanceof AuthError ? [result.reason] : [],
    );

  it("no more often than `getIdRate` says, and everybody gets through who can wait", async () => {
    const sessions = engine({ getIdRate: 20 });
    await sessions.warmUp();
    const startedMs = performance.now();
    const results = await askMany(sessions, 30);
    const seconds = (performance.now() - startedMs) / 1000;
    expect(refusals(results)).to.deep.equal([]);
    expect(cognito.requests("GetId")).to.equal(30);
    // A window's worth at once, and the rest at the rate.
    expect(30 / seconds).to.be.below(20 * 1.6);
    expect(seconds).to.be.above(0.9);
  });

  it("whoever could not get through in time is told at once, and when to come back", async () => {
    const sessions = engine({ getIdRate: 4, requestTimeout: 2000 });
    await sessions.warmUp();
    const startedMs = performance.now();
    const [first] = refusals(await askMany(sessions, 30));
    expect(performance.now() - startedMs).to.be.below(2500);
    expect(first).to.include({ code: "credentials_unavailable", name: "TooManyRequestsException", status: 503 });
    expect(first?.recoverySuggestion).to.include("getIdRate");
    const app = appWith(sessions);
    const crowd = Promise.all(
      Array.from({ length: 12 }, (_, index) => ask(sessions, `crowd-${index}`).catch(() => {})),
    );
    const refusedMs = performance.now();
    const answer = await get(app, "/me", cognito.signIn({ username: "late" }).idToken);
    expect(performance.now() - refusedMs).to.be.below(500);
    expectRefusal(answer, "credentials_unavailable", { name: "TooManyRequestsException" });
    expect(Number(answer.headers["retry-after"])).to.be.within(1, 5);
    await crowd;
  });

  it("processes that share a store keep to it together", async () => {
    const key = randomBytes(32).toString("base64");
    const store = new TestStore();
    const four = Array.from({ length: 4 }, () => engine({ getIdRate: 20, store, encryptionKeys: [key] }));
    await four[0]?.warmUp();
    const startedMs = performance.now();
    const results = await Promise.all(four.map((sessions, index) => askMany(sessions, 8, `process-${index}`)));
    const seconds = (performance.now() - startedMs) / 1000;
    expect(refusals(results.flat())).to.deep.equal([]);
    expect(32 / seconds).to.be.below(20 * 1.6);
  });

  it("a slot that the store gave too late is used all the same, by nobody else", async () => {
    const store = new TestStore();
    const { lock } = store;
    let locks = 0;
    store.lock = async (name) => {
      locks += 1;
      // The first is the exchange's.
      if (locks === 2) await sleep(65);
      return lock.call(store, name);
    };
    const options = { getIdRate: 1, store, encryptionKeys: [randomBytes(32).toString("base64")] };
    await ask(engine(options), "ada");
    await sleep(100);
    // The lock of the exchange was given back, the slot was not.
    expect(store.locks.size).to.equal(1);
  });

  it("many processes with one call each get the rate, not a part of it", async () => {
    const shared = { getIdRate: 20, store: new TestStore(), encryptionKeys: [randomBytes(32).toString("base64")] };
    const fleet = Array.from({ length: 40 }, () => engine(shared));
    await fleet[0]?.warmUp();
    const startedMs = performance.now();
    const results = await Promise.allSettled(fleet.map((sessions, index) => ask(sessions, `one-${index}`)));
    const seconds = (performance.now() - startedMs) / 1000;
    expect(refusals(results)).to.deep.equal([]);
    expect(40 / seconds).to.be.within(12, 20 * 1.4);
  });

  it("many processes that were idle cause no burst together", async () => {
    const shared = { getIdRate: 20, store: new TestStore(), encryptionKeys: [randomBytes(32).toString("base64")] };
    const fleet = Array.from({ length: 20 }, () => engine(shared));
    for (const [index, sessions] of fleet.entries()) await ask(sessions, `early-${index}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const before = cognito.requests("GetId");
    const all = Promise.allSettled(fleet.map((sessions, index) => ask(sessions, `late-${index}`)));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(cognito.requests("GetId") - before).to.be.at.most(12);
    await all;
  });

  it("one process alone keeps to it while the store is down", async () => {
    const store = new TestStore();
    store.health = "down";
    const sessions = engine({ getIdRate: 20, store, encryptionKeys: [randomBytes(32).toString("base64")] });
    await sessions.warmUp();
    const startedMs = performance.now();
    expect(refusals(await askMany(sessions, 40))).to.deep.equal([]);
    expect(40 / ((performance.now() - startedMs) / 1000)).to.be.below(20 * 1.5);
  });

  it("not at all for a user whose identity is known", async () => {
    const clock = new TestClock();
    const sessions = new SessionManager({ ...cognito.options, getIdRate: 1 }, { clock: clock.read });
    managers.push(sessions);
    await ask(sessions, "user-0");
    const session = await ask(sessions, "user-0");
    const startedMs = performance.now();
    for (let count = 0; count < 5; count += 1) await session.getCredentials({ forceRefresh: true });
    expect(performance.now() - startedMs).to.be.below(1000);
    expect(cognito.requests("GetId")).to.equal(1);
  });

  for (const [name, options] of [
    ["an emulator on loopback", {}],
    ["`getIdRate: null`", { getIdRate: null }],
  ] as [string, AuthSessionOptions][]) {
    it(`without any limit for ${name}`, async () => {
      const sessions = engine(options);
      await sessions.warmUp();
      const startedMs = performance.now();
      expect(refusals(await askMany(sessions, 100))).to.deep.equal([]);
      expect(performance.now() - startedMs).to.be.below(3900);
    });
  }
});

describe("Renewing ahead", () => {
  let cognito: LocalCognito;
  let clock: TestClock;
  let sessions: SessionManager;

  beforeEach(async () => {
    clock = new TestClock();
    cognito = await LocalCognito.start({ clock: clock.read });
    sessions = new SessionManager(cognito.options, { clock: clock.read });
  });
  afterEach(async () => {
    await sessions.close();
    await cognito.stop();
  });

  const ask = (username: string) =>
    sessions.getSession({ headers: { authorization: `Bearer ${cognito.signIn({ username }).idToken}` } });
  const renewals = () => cognito.requests("GetCredentialsForIdentity");
  const soon = () => new Promise((resolve) => setTimeout(resolve, 150));
  const users = Array.from({ length: 40 }, (_, index) => `user-${index}`);

  it("is spread: credentials that came together are not all renewed together", async () => {
    await Promise.all(users.map(ask));
    const after: number[] = [];
    for (const minutes of [53.9, 0.4, 0.4, 0.5]) {
      clock.advance({ minutes });
      // No more than ten are renewed at once.
      for (let round = 0; round < 5; round += 1) {
        for (const user of users) await ask(user);
        await soon();
      }
      after.push(renewals() - users.length);
    }
    const [early = 0, first = 0, second = 0, last = 0] = after;
    expect(early, "more than six minutes before the end").to.equal(0);
    expect(first, "some").to.be.within(2, 30);
    expect(second, "more").to.be.within(first + 2, 39);
    expect(last, "all, five minutes before the end").to.equal(40);
  });

  it("is for no more than ten at once", async () => {
    await Promise.all(users.map(ask));
    clock.advance({ minutes: 56 });
    cognito.fail("GetCredentialsForIdentity", { delay: 300, times: 40 });
    for (const user of users) await ask(user);
    await soon();
    expect(renewals() - users.length).to.equal(10);
  });

  it("makes way for requests that wait", async () => {
    await Promise.all(users.map(ask));
    clock.advance({ minutes: 56 });
    cognito.fail("GetCredentialsForIdentity", { delay: 300, times: 15 });
    const waiting = Promise.all(Array.from({ length: 15 }, (_, index) => ask(`new-${index}`)));
    while (renewals() < users.length + 15) await new Promise((resolve) => setTimeout(resolve, 5));
    for (const user of users) await ask(user);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(renewals()).to.equal(users.length + 15);
    await waiting;
    await ask("user-0");
    await soon();
    expect(renewals()).to.equal(users.length + 16);
  });
});
