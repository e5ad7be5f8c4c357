import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { MessageChannel } from "node:worker_threads";
import { expect } from "chai";
import { type AuthSessionOptions, SessionManager } from "cognito-auth-session";
import { LocalCognito } from "cognito-auth-session/testing";
import { TestClock } from "./support/app.js";
import { DiagnosticsRecorder } from "./support/diagnostics.js";
import { asAnotherProcess, type StoreHealth, TestStore } from "./support/test-store.js";

const newKey = () => randomBytes(32).toString("base64");

describe("A shared store", () => {
  let cognito: LocalCognito;
  let clock: TestClock;
  let store: TestStore;
  let key: string;

  beforeEach(async () => {
    clock = new TestClock();
    cognito = await LocalCognito.start({ clock: clock.read });
    store = new TestStore();
    key = newKey();
  });
  afterEach(() => cognito.stop());

  /** An engine without anything in memory, as a process that has just started. */
  const process = (options: AuthSessionOptions = {}) =>
    new SessionManager({ ...cognito.options, store, encryptionKeys: [key], ...options }, { clock: clock.read });
  const request = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
  const accessKeyOf = async (sessions: SessionManager, token: string) =>
    (await sessions.getSession(request(token))).credentials?.accessKeyId;
  const tokenOf = (username: string, groups: string[] = []) => cognito.signIn({ username, groups }).idToken;
  const calls = () => [cognito.requests("GetId"), cognito.requests("GetCredentialsForIdentity")];
  const keyOf = (kind: Parameters<TestStore["keysOf"]>[0]) => store.keysOf(kind)[0] ?? "";

  describe("saves calls:", () => {
    it("what one process fetched, all others have", async () => {
      const token = tokenOf("ada");
      const first = await accessKeyOf(process(), token);
      for (let count = 0; count < 3; count += 1) expect(await accessKeyOf(process(), token)).to.equal(first);
      expect(calls()).to.deep.equal([1, 1]);
    });

    it("a refreshed token of the same user costs none either", async () => {
      const first = await accessKeyOf(process(), tokenOf("ada"));
      clock.advance({ minutes: 3 });
      expect(await accessKeyOf(process(), tokenOf("ada"))).to.equal(first);
      expect(calls()).to.deep.equal([1, 1]);
    });

    it("one process asks while the others wait for what it finds", async () => {
      // Tokens of their own, or one process' engines would share the exchange without any store.
      const tokens = Array.from({ length: 8 }, () => tokenOf("ada"));
      cognito.fail("GetCredentialsForIdentity", { delay: 150 });
      const keys = await Promise.all(tokens.map((token) => accessKeyOf(process(), token)));
      expect(new Set(keys).size).to.equal(1);
      expect(calls()).to.deep.equal([1, 1]);
      await until(async () => store.locks.size === 0);
    });

    it("the identity id outlives the credentials", async () => {
      await accessKeyOf(process(), tokenOf("ada"));
      clock.advance({ hours: 2 });
      await accessKeyOf(process(), tokenOf("ada"));
      expect(calls()).to.deep.equal([1, 2]);
    });

    it("an identity id is kept for a week from its last use", async () => {
      const sessions = process();
      await accessKeyOf(sessions, tokenOf("ada"));
      store.lifetimes.clear();
      clock.advance({ hours: 24 });
      await accessKeyOf(sessions, tokenOf("ada"));
      await until(async () => store.lifetimes.get(keyOf("identity")) === 7 * 24 * 3600);
    });

    it("an identity that was deleted is forgotten by all", async () => {
      const { identityId = "" } = await process().getSession(request(tokenOf("ada")));
      cognito.deleteIdentity(identityId);
      clock.advance({ hours: 2 });
      const renewed = await process().getSession(request(tokenOf("ada")));
      expect(renewed.identityId).not.to.equal(identityId);
      clock.advance({ hours: 2 });
      expect((await process().getSession(request(tokenOf("ada")))).identityId).to.equal(renewed.identityId);
      expect(calls()).to.deep.equal([2, 4]);
    });

    it("who renews ahead renews for all", async () => {
      const old = process();
      await accessKeyOf(old, tokenOf("ada"));
      clock.advance({ minutes: 56 });
      const renewed = await accessKeyOf(process(), tokenOf("ada"));
      await accessKeyOf(old, tokenOf("ada"));
      await until(async () => (await accessKeyOf(old, tokenOf("ada"))) === renewed);
      expect(calls()).to.deep.equal([1, 2]);
    });

    it("forceRefresh asks Cognito, and gives the others what it got", async () => {
      const token = tokenOf("ada");
      const session = await process().getSession(request(token));
      const { accessKeyId } = await session.getCredentials({ forceRefresh: true });
      expect(await accessKeyOf(process(), token)).to.equal(accessKeyId);
      expect(calls()).to.deep.equal([1, 2]);
    });

    it("entries end with the credentials", async () => {
      await accessKeyOf(process(), tokenOf("ada"));
      expect(store.lifetimes.get(keyOf("credentials"))).to.be.within(3599, 3600);
    });
  });

  describe("keeps users apart:", () => {
    it("a user moved out of a group does not get the old role's credentials", async () => {
      const asAdmin = await accessKeyOf(process(), tokenOf("ada", ["admin"]));
      expect(await accessKeyOf(process(), tokenOf("ada"))).not.to.equal(asAdmin);
      expect(calls()).to.deep.equal([1, 2]);
    });

    it("two users get two", async () => {
      const ada = await accessKeyOf(process(), tokenOf("ada"));
      expect(await accessKeyOf(process(), tokenOf("bob"))).not.to.equal(ada);
    });
  });

  describe("tells nothing:", () => {
    it("no key and no value shows anything about a user", async () => {
      const token = tokenOf("ada-lovelace", ["admin"]);
      const session = await process().getSession(request(token));
      const { accessKeyId, secretAccessKey, sessionToken } = await session.getCredentials();
      await until(async () => store.entries.size === 2);
      const before = [...store.entries];
      await process().revoke({ userSub: session.userSub ?? "" });
      const kept = JSON.stringify([...before, ...store.entries]);
      const known = [
        session.userSub,
        session.identityId,
        "ada",
        "admin",
        cognito.options.userPoolId,
        "eu-west-1",
        token,
      ];
      const words = ["revoked", "credentials", "identity", "user", "ASIA"];
      for (const text of [...known, accessKeyId, secretAccessKey, sessionToken, ...words]) {
        expect(text).to.have.length.above(2);
        expect(kept).not.to.include(text);
      }
      expect([before.length, store.entries.size]).to.deep.equal([2, 3]);
    });

    it("the same user has other keys under another encryption key", async () => {
      await accessKeyOf(process(), tokenOf("ada"));
      // The identity id is put there while nobody waits for it.
      await until(async () => store.entries.size === 2);
      await accessKeyOf(process({ encryptionKeys: [newKey()] }), tokenOf("ada"));
      await until(async () => store.entries.size === 4);
    });
  });

  describe("is not believed:", () => {
    const tampering: [string, (value: string, other: string) => string][] = [
      ["copied from another user", (_value, other) => other],
      ["altered by a bit", (value) => value.replace(/.(?=.{30}$)/, (each) => (each === "A" ? "B" : "A"))],
      ["with another header", (value) => value.replace(/^[^.]+/, base64url('{"alg":"dir","enc":"A128GCM"}'))],
      ["with alg none", (value) => value.replace(/^[^.]+/, base64url('{"alg":"none"}'))],
      ["cut short", (value) => value.slice(0, -10)],
      ["emptied", () => ""],
      ["in plain text", () => '{"accessKeyId":"ASIAFORGED"}'],
      ["very long", () => "x".repeat(2_000_000)],
    ];
    for (const [name, tamper] of tampering) {
      it(`an entry ${name} is a miss`, async () => {
        const ada = await accessKeyOf(process(), tokenOf("ada"));
        const adas = keyOf("credentials");
        const bob = await accessKeyOf(process(), tokenOf("bob"));
        const bobs = store.keysOf("credentials").find((each) => each !== adas) ?? "";
        store.entries.set(bobs, tamper(store.entries.get(bobs) ?? "", store.entries.get(adas) ?? ""));
        const again = await accessKeyOf(process(), tokenOf("bob"));
        expect(again).to.match(/^ASIA/).and.not.be.oneOf([ada, bob]);
        expect(await accessKeyOf(process(), tokenOf("bob")), "and is replaced").to.equal(again);
        expect(calls()).to.deep.equal([2, 3]);
      });
    }

    it("nor is an identity id that was copied from another user", async () => {
      const ada = await process().getSession(request(tokenOf("ada")));
      const adas = keyOf("identity");
      await accessKeyOf(process(), tokenOf("bob"));
      const bobs = store.keysOf("identity").find((each) => each !== adas) ?? "";
      store.entries.set(bobs, store.entries.get(adas) ?? "");
      clock.advance({ hours: 2 });
      expect((await process().getSession(request(tokenOf("bob")))).identityId).not.to.equal(ada.identityId);
    });

    it("an entry of one kind does not pass for another", async () => {
      await accessKeyOf(process(), tokenOf("ada"));
      const identity = store.entries.get(keyOf("identity")) ?? "";
      store.entries.set(keyOf("credentials"), identity);
      await accessKeyOf(process(), tokenOf("ada"));
      expect(calls()).to.deep.equal([1, 2]);
    });

    it("nor are credentials that have ended, whatever the store still holds", async () => {
      await accessKeyOf(process(), tokenOf("ada"));
      clock.advance({ hours: 1 });
      await accessKeyOf(process(), tokenOf("ada"));
      expect(calls()).to.deep.equal([1, 2]);
    });
  });

  describe("rotates its keys:", () => {
    it("the first seals, all open, and a retired one is a miss", async () => {
      const token = tokenOf("ada");
      const [old, fresh] = [key, newKey()];
      const first = await accessKeyOf(process({ encryptionKeys: [old] }), token);
      expect(await accessKeyOf(process({ encryptionKeys: [old, fresh] }), token)).to.equal(first);
      expect(await accessKeyOf(process({ encryptionKeys: [fresh, old] }), token)).to.equal(first);
      expect(calls()).to.deep.equal([1, 1]);
      const second = await accessKeyOf(process({ encryptionKeys: [fresh] }), token);
      expect(second).not.to.equal(first);
      expect(await accessKeyOf(process({ encryptionKeys: [fresh, old] }), token)).to.equal(second);
      expect(calls()).to.deep.equal([2, 2]);
    });
  });

  describe("is never depended on:", () => {
    it("full, or a replica that takes no writes, it holds no request up", async () => {
      await accessKeyOf(process(), tokenOf("ada"));
      store.health = "full";
      const sessions = process();
      for (const user of ["bob", "carol", "dan"]) {
        const startedMs = performance.now();
        expect(await accessKeyOf(sessions, tokenOf(user))).to.match(/^ASIA/);
        expect(performance.now() - startedMs, user).to.be.below(500);
      }
      expect(sessions.health().storeIsUp).to.equal(false);
    });

    it("with locks that are taken back as `null`, or calls that throw at once, requests are answered", async () => {
      const taken = new Set<string>();
      const lock = async (name: string) => {
        if (taken.has(name)) return null as unknown as undefined;
        taken.add(name);
        return async () => void taken.delete(name);
      };
      const odd = {
        ...asAnotherProcess(store),
        lock,
        get: (name: string) => store.entries.get(name) as unknown as Promise<string>,
      };
      const [first, second] = [tokenOf("ada"), tokenOf("ada")];
      cognito.fail("GetCredentialsForIdentity", { delay: 100 });
      const keys = await Promise.all([first, second].map((token) => accessKeyOf(process({ store: odd }), token)));
      expect(new Set(keys).size).to.equal(1);
      expect(calls()).to.deep.equal([1, 1]);
    });

    for (const health of ["down", "hanging", "full", "garbage"] as const satisfies readonly StoreHealth[]) {
      it(`${health}, requests are answered, and each process keeps what it has`, async () => {
        store.health = health;
        const sessions = process();
        const token = tokenOf("ada");
        const first = await accessKeyOf(sessions, token);
        expect(first).to.match(/^ASIA/);
        expect(await accessKeyOf(sessions, token)).to.equal(first);
        expect(calls()).to.deep.equal([1, 1]);
      });

      it(`${health}, it is asked now and then only, and is back by itself`, async () => {
        const sessions = process({ credentials: "lazy" });
        const ask = async (username: string) =>
          (await sessions.getSession(request(tokenOf(username)))).getCredentials();
        await ask("ada");
        store.health = health;
        for (let count = 0; count < 3; count += 1) await ask(`early-${count}`);
        store.calls = 0;
        store.writes = 0;
        const startedMs = performance.now();
        for (let count = 0; count < 20; count += 1) await ask(`late-${count}`);
        expect(sessions.health().storeIsUp).to.equal(false);
        expect(health === "full" ? store.writes : store.calls).to.be.below(5);
        expect(performance.now() - startedMs).to.be.below(2000);
        store.health = "up";
        clock.advance({ seconds: 10 });
        await ask("bob");
        expect(sessions.health().storeIsUp).to.equal(true);
        await ask("carol");
        expect(await accessKeyOf(process(), tokenOf("carol"))).to.match(/^ASIA/);
        expect(cognito.requests("GetId")).to.equal(26);
      });
    }

    it("a lock that nobody gives back holds a request up for a few seconds, no longer", async () => {
      await accessKeyOf(process(), tokenOf("ada"));
      store.entries.clear();
      const { get } = store;
      store.get = (name) => sleep(25).then(() => get.call(store, name));
      store.lock = () => sleep(25, undefined);
      const startedMs = performance.now();
      expect(await accessKeyOf(process(), tokenOf("ada"))).to.match(/^ASIA/);
      expect(performance.now() - startedMs).to.be.within(1000, 5500);
    });

    it("a lock that comes late is given back, and keeps nobody out", async () => {
      const { lock } = store;
      let late: Promise<unknown> | undefined;
      store.lock = (name) => {
        if (late !== undefined) return lock.call(store, name);
        late = sleep(65).then(() => lock.call(store, name));
        return late as ReturnType<typeof lock>;
      };
      const startedMs = performance.now();
      expect(await accessKeyOf(process(), tokenOf("ada"))).to.match(/^ASIA/);
      expect(performance.now() - startedMs).to.be.below(1000);
      expect(calls()).to.deep.equal([1, 1]);
      await until(async () => store.locks.size === 0);
    });

    it("a lock that comes when the store has been given up is given back as well", async () => {
      const { lock } = store;
      let recover = () => {};
      const recovered = new Promise<void>((resolve) => {
        recover = resolve;
      });
      store.lock = (name) => recovered.then(() => lock.call(store, name));
      const sessions = process();
      expect(await accessKeyOf(sessions, tokenOf("ada"))).to.match(/^ASIA/);
      expect(sessions.health().storeIsUp).to.equal(false);
      recover();
      await until(async () => store.locks.size === 0);
    });

    it("locks that all come late are no sign of life", async () => {
      const { lock } = store;
      store.lock = (name) => sleep(65).then(() => lock.call(store, name));
      const sessions = process();
      for (const user of ["ada", "bob", "carol"]) await accessKeyOf(sessions, tokenOf(user));
      expect(sessions.health().storeIsUp).to.equal(false);
    });

    it("whoever has the lock and is not told what is kept asks once more, before Cognito", async () => {
      const first = await accessKeyOf(process(), tokenOf("ada"));
      const { get } = store;
      const name = keyOf("credentials");
      const answers = [async () => undefined, () => new Promise<undefined>(() => {})];
      store.get = (each) => (each === name ? answers.shift()?.() : undefined) ?? get.call(store, each);
      expect(await accessKeyOf(process(), tokenOf("ada"))).to.equal(first);
      expect(calls()).to.deep.equal([1, 1]);
    });

    it("when a process has died with the lock, one takes over, and the others wait for that one", async () => {
      const startedMs = performance.now();
      const { lock } = store;
      store.lock = async (name) => (performance.now() - startedMs < 2900 ? undefined : lock.call(store, name));
      cognito.fail("GetCredentialsForIdentity", { delay: 600 });
      const tokens = Array.from({ length: 4 }, () => tokenOf("ada"));
      const keys = await Promise.all(tokens.map((token) => accessKeyOf(process(), token)));
      expect(new Set(keys).size).to.equal(1);
      expect(calls()).to.deep.equal([1, 1]);
    });

    it("with no answer for locks and good answers for all else, nobody is held up for long", async () => {
      const sessions = process();
      const bob = request(tokenOf("bob"));
      await sessions.getSession(bob);
      store.lock = () => new Promise(() => {});
      let isDone = false;
      const others = (async () => {
        while (!isDone) await sessions.refreshSession(bob, true);
      })();
      const startedMs = performance.now();
      expect(await accessKeyOf(sessions, tokenOf("ada"))).to.match(/^ASIA/);
      const elapsedMs = performance.now() - startedMs;
      isDone = true;
      await others;
      expect(elapsedMs).to.be.below(1500);
    });

    it("held up for a moment, it is asked again at once", async () => {
      const sessions = process();
      await accessKeyOf(sessions, tokenOf("ada"));
      store.health = "hanging";
      setTimeout(() => (store.health = "up"), 75);
      await accessKeyOf(sessions, tokenOf("bob"));
      expect(sessions.health().storeIsUp).to.equal(true);
      expect(await accessKeyOf(process(), tokenOf("bob"))).to.match(/^ASIA/);
      expect(calls()).to.deep.equal([2, 2]);
    });

    it("an answer that is there is read, however busy this process is", async () => {
      const recorder = new DiagnosticsRecorder();
      const { get } = store;
      store.get = async (name) => {
        // Busy rounds of the event loop, each of which passes one step of the 50 ms. The answer is there in the last one,
        // whose step is taken before what has come is read.
        for (let step = 0; step < 4; step += 1) await busyRound();
        const { port1, port2 } = new MessageChannel();
        const answered = once(port1, "message").finally(() => port1.close());
        await Promise.all([answered, busyRound(() => port2.postMessage("answer"))]);
        return get.call(store, name);
      };
      await accessKeyOf(process(), tokenOf("ada"));
      const outcomes = recorder.done("store").map(({ outcome }) => outcome);
      recorder.stop();
      expect([...new Set(outcomes)]).to.deep.equal(["ok"]);
    });

    it("a lock that was lost costs one more call", async () => {
      store.lock = async () => async () => {};
      cognito.fail("GetCredentialsForIdentity", { delay: 100 });
      const keys = await Promise.all([tokenOf("ada"), tokenOf("ada")].map((token) => accessKeyOf(process(), token)));
      expect(keys.every((each) => each?.startsWith("ASIA"))).to.equal(true);
      expect(cognito.requests("GetCredentialsForIdentity")).to.be.at.most(2);
    });

    it("a store without locks works", async () => {
      const { lock: _none, ...plain } = asAnotherProcess(store);
      const first = await accessKeyOf(process({ store: plain }), tokenOf("ada"));
      expect(await accessKeyOf(process({ store: plain }), tokenOf("ada"))).to.equal(first);
    });

    it("whoever waited for a process that failed tries by itself", async () => {
      cognito.fail("GetId", { error: "TooManyRequestsException", delay: 100, times: 1 });
      const [first, second] = [tokenOf("ada"), tokenOf("ada")];
      const results = await Promise.allSettled([accessKeyOf(process(), first), accessKeyOf(process(), second)]);
      expect(results.map(({ status }) => status).sort()).to.deep.equal(["fulfilled", "rejected"]);
    });

    it("while Cognito is down, a new process serves what is shared until it ends", async () => {
      const first = await accessKeyOf(process(), tokenOf("ada"));
      cognito.fail("GetCredentialsForIdentity", { status: 503 });
      clock.advance({ minutes: 58 });
      expect(await accessKeyOf(process(), tokenOf("ada"))).to.equal(first);
      clock.advance({ minutes: 2 });
      const error = await accessKeyOf(process(), tokenOf("ada")).catch((each: unknown) => each);
      expect(error).to.include({ code: "credentials_unavailable" });
    });

    it("a refusal is no outage: a new process does not serve what is shared", async () => {
      await accessKeyOf(process(), tokenOf("ada"));
      cognito.fail("GetCredentialsForIdentity", { error: "NotAuthorizedException" });
      clock.advance({ minutes: 58 });
      const error = await accessKeyOf(process(), tokenOf("ada")).catch((each: unknown) => each);
      expect(error).to.include({ code: "credentials_denied", status: 403 });
    });

    it("one that never connects holds the first request up for a second, and no other", async () => {
      store.health = "hanging";
      const sessions = process({ store: Object.assign(store, { connect: () => new Promise<void>(() => {}) }) });
      const startedMs = performance.now();
      expect(await accessKeyOf(sessions, tokenOf("ada"))).to.match(/^ASIA/);
      expect(performance.now() - startedMs).to.be.within(900, 2000);
      expect(await accessKeyOf(sessions, tokenOf("bob"))).to.match(/^ASIA/);
      expect(performance.now() - startedMs).to.be.below(2500);
    });

    it("is connected to by warmUp(), which a store that cannot connect does not fail", async () => {
      let connected = 0;
      const connect = async () => {
        connected += 1;
        throw new Error("connect ECONNREFUSED");
      };
      const sessions = process({ store: Object.assign(store, { connect }) });
      await sessions.warmUp();
      await accessKeyOf(sessions, tokenOf("ada"));
      expect(connected).to.equal(1);
    });

    it("is closed with the last engine that uses it, up or down", async () => {
      const [one, other] = [process(), process()];
      await one.close();
      expect(store.closed).to.equal(false);
      store.health = "down";
      for (const user of ["ada", "bob", "carol"]) await accessKeyOf(other, tokenOf(user));
      expect(other.health().storeIsUp).to.equal(false);
      await other.close();
      expect(store.closed).to.equal(true);
    });
  });
});

function base64url(text: string): string {
  return Buffer.from(text).toString("base64url");
}

/** A round of the event loop, of 12 ms in which this process does nothing else. */
function busyRound(run = () => {}): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(() => {
      run();
      const startedMs = performance.now();
      while (performance.now() - startedMs < 12);
      resolve();
    });
  });
}

/** Waits for something that happens in the background, for two seconds at most. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect.fail("It did not happen within two seconds.");
}
