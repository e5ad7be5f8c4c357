import { randomBytes } from "node:crypto";
import { expect } from "chai";
import { AuthError, type AuthSessionOptions, SessionManager } from "cognito-auth-session";
import fc from "fast-check";
import { TestClock } from "./support/app.js";
import { type CookieApp, type CookieJar, ScriptedStore, startCookieApp, until } from "./support/cookie-app.js";
import { expectRefusal } from "./support/expectations.js";

const CALL = "GetTokensFromRefreshToken";
const down = () => {
  throw new Error("connect ECONNREFUSED");
};

describe("Browser sessions of several processes", () => {
  let app: CookieApp;
  let jar: CookieJar;
  let store: ScriptedStore;
  const clock = new TestClock();
  const engines: SessionManager[] = [];

  before(async () => {
    store = new ScriptedStore(clock.read);
    const encryptionKeys = [randomBytes(32).toString("base64")];
    app = await startCookieApp({
      clock: clock.read,
      managerOptions: { store, encryptionKeys, identityPoolId: null, requestTimeout: 1000 },
    });
  });
  after(() => app.close());

  let counts: ReadonlyMap<string, number>;
  beforeEach(async () => {
    for (const operation of [CALL, "RevokeToken"]) app.cognito.fail(operation, { times: 0 });
    counts = new Map([CALL, "RevokeToken"].map((operation) => [operation, app.cognito.requests(operation)]));
    jar = await app.signIn("ada");
  });
  afterEach(async () => {
    store.before = () => {};
    await Promise.all(engines.splice(0).map((engine) => engine.close()));
  });

  /** A process of its own. */
  const engine = (options: AuthSessionOptions = {}): SessionManager => {
    const made = new SessionManager({ ...app.managerOptions, ...options }, { clock: clock.read });
    engines.push(made);
    return made;
  };
  const calls = (operation = CALL) => app.cognito.requests(operation) - (counts.get(operation) ?? 0);
  const request = (cookies = jar) => ({ method: "GET", headers: { cookie: cookies.header } });
  const tell = async (asked: Promise<{ readonly username?: string | undefined }>): Promise<string> => {
    try {
      return (await asked).username ?? "nobody";
    } catch (error) {
      return error instanceof AuthError ? error.code : String(error);
    }
  };
  const codeIn = (sessions: SessionManager, cookies = jar) => tell(sessions.getSession(request(cookies)));
  const force = (sessions: SessionManager, cookies = jar) => tell(sessions.refreshSession(request(cookies), true));
  const me = () => app.request("/me", { jar });
  /** Fails writes of the store once Cognito was asked, until it is told to stop. */
  const failWritesAfterCall = () => {
    store.before = (operation) => (operation === "set" && calls() > 0 ? down() : undefined);
  };

  describe("refresh once for all:", () => {
    for (const [age, minutes] of [
      ["due", 56],
      ["expired", 90],
    ] as const) {
      it(`100 requests of one process, with tokens that are ${age}`, async () => {
        clock.advance({ minutes });
        app.cognito.fail(CALL, { delay: 50, times: 1 });
        const told = await Promise.all(Array.from({ length: 100 }, () => codeIn(app.sessions)));
        expect(new Set(told)).to.deep.equal(new Set(["ada"]));
        expect(calls()).to.equal(1);
      });

      it(`100 requests of four processes, with tokens that are ${age}`, async () => {
        clock.advance({ minutes });
        app.cognito.fail(CALL, { delay: 50, times: 1 });
        const processes = [engine(), engine(), engine(), engine()];
        const told = await Promise.all(processes.flatMap((one) => Array.from({ length: 25 }, () => codeIn(one))));
        expect(new Set(told)).to.deep.equal(new Set(["ada"]));
        expect(calls()).to.equal(1);
      });
    }

    it("who insists on new tokens waits for another process' refresh", async () => {
      clock.advance({ minutes: 56 });
      app.cognito.fail(CALL, { delay: 200, times: 1 });
      const [first, second] = [engine(), engine()];
      const refreshing = codeIn(first);
      await until(() => calls() === 1);
      const asked = request();
      expect(await tell(second.getSession(asked))).to.equal("ada");
      // They meet while one that need not wait finds out that another process is at it.
      store.before = (operation) => (operation === "lock" ? new Promise((done) => setTimeout(done, 30)) : undefined);
      const insisting = tell(second.refreshSession(asked, true));
      expect(await Promise.all([codeIn(second), insisting, force(second)])).to.deep.equal(["ada", "ada", "ada"]);
      expect([await refreshing, calls()]).to.deep.equal(["ada", 1]);
    });
  });

  describe("keep new tokens before anybody gets them:", () => {
    for (const [age, minutes] of [
      ["due", 56],
      ["expired", 90],
    ] as const) {
      it(`a store that fails just then is 503, and nobody is signed out (tokens that are ${age})`, async () => {
        clock.advance({ minutes });
        failWritesAfterCall();
        const first = await me();
        // Tokens that are still good go on with.
        if (minutes > 60) expectRefusal(first, "store_unavailable");
        expectRefusal(await me(), "store_unavailable");
        const other = engine();
        expect(await codeIn(other)).to.equal(minutes > 60 ? "credentials_unavailable" : "ada");
        store.before = () => {};
        clock.advance({ seconds: 20 });
        expect((await me()).status).to.equal(200);
        expect(await codeIn(other)).to.equal("ada");
        clock.advance({ minutes: 40 });
        expect(await codeIn(other)).to.equal("ada");
        expect(calls()).to.equal(1);
      });
    }

    it("held tokens are kept by themselves once the store is back", async () => {
      clock.advance({ minutes: 90 });
      failWritesAfterCall();
      expectRefusal(await me(), "store_unavailable");
      store.before = () => {};
      clock.advance({ seconds: 20 });
      const other = engine();
      await until(() => store.entries.size > 0);
      for (let count = 0; count < 50 && (await codeIn(other)) !== "ada"; count += 1) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      expect(await codeIn(other)).to.equal("ada");
      expect(calls()).to.equal(1);
    });

    it("held tokens are not lost to another process that notes that the session is used", async () => {
      clock.advance({ minutes: 56 });
      failWritesAfterCall();
      await me();
      // It reaches the store; the first does not yet.
      const other = engine({ sessionIdleTimeout: 3600 });
      let written = 0;
      store.before = (operation) => {
        written += operation === "set" ? 1 : 0;
      };
      clock.advance({ minutes: 3 });
      expect(await codeIn(other)).to.equal("ada");
      await until(() => written > 0);
      expect(await codeIn(app.sessions)).to.equal("ada");
      clock.advance({ minutes: 30 });
      expect(await codeIn(app.sessions)).to.equal("ada");
      expect(calls()).to.equal(1);
    });

    it("held tokens of a session that is signed out elsewhere are revoked, and it stays out", async () => {
      clock.advance({ minutes: 90 });
      failWritesAfterCall();
      expectRefusal(await me(), "store_unavailable");
      store.before = () => {};
      const other = engine();
      await other.clearSession(request());
      // Longer than a sign-out is remembered.
      clock.advance({ minutes: 10 });
      expectRefusal(await me(), "missing_token");
      expect(await codeIn(other)).to.equal("missing_token");
      await until(() => calls("RevokeToken") === 2);
    });

    for (const operation of ["lock", "set"] as const) {
      it(`nothing is sent where the store fails before (${operation})`, async () => {
        clock.advance({ minutes: 90 });
        store.before = (each) => (each === operation ? down() : undefined);
        expectRefusal(await me(), "store_unavailable");
        expect(calls()).to.equal(0);
        store.before = () => {};
        clock.advance({ seconds: 20 });
        expect((await me()).status).to.equal(200);
        expect(calls()).to.equal(1);
      });
    }
  });

  describe("stay signed out:", () => {
    /** Has the next write wait until it is let go. */
    const holdWrite = (isDue: () => boolean = () => true) => {
      const gate = { isHeld: false, open: () => {} };
      const opened = new Promise<void>((resolve) => {
        gate.open = resolve;
      });
      store.before = (operation) => {
        if (operation !== "set" || gate.isHeld || !isDue()) return undefined;
        gate.isHeld = true;
        return opened;
      };
      return gate;
    };

    it("a sign-out while the refresh is under way", async () => {
      clock.advance({ minutes: 90 });
      app.cognito.fail(CALL, { delay: 100, times: 1 });
      const [first, second] = [engine(), engine()];
      const refreshing = codeIn(first);
      await until(() => calls() === 1);
      await second.clearSession(request());
      expect(await refreshing).to.be.oneOf(["missing_token", "refresh_failed"]);
      for (const each of [first, second, engine()]) expect(await codeIn(each)).to.equal("missing_token");
    });

    it("a sign-out while the new tokens are being kept: they are revoked", async () => {
      clock.advance({ minutes: 90 });
      const gate = holdWrite(() => calls() === 1);
      const [first, second] = [engine(), engine()];
      const refreshing = codeIn(first);
      await until(() => gate.isHeld);
      await second.clearSession(request());
      gate.open();
      expect(await refreshing).to.equal("missing_token");
      for (const each of [first, second, engine()]) expect(await codeIn(each)).to.equal("missing_token");
      await until(() => calls("RevokeToken") === 2);
    });

    it("a sign-out while a use is being noted", async () => {
      const own = await startCookieApp({
        cognito: app.cognito,
        clock: clock.read,
        managerOptions: { ...app.managerOptions, origin: undefined, sessionIdleTimeout: 600 },
      });
      const theirs = await own.signIn("bob");
      clock.advance({ minutes: 5 });
      const gate = holdWrite();
      expect(await codeIn(own.sessions, theirs)).to.equal("bob");
      await until(() => gate.isHeld);
      await own.sessions.clearSession(request(theirs));
      gate.open();
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(await codeIn(own.sessions, theirs)).to.equal("missing_token");
      await own.close();
    });

    it("a session whose time is up while it is refreshed ends, and its tokens are revoked", async () => {
      const own = await startCookieApp({
        cognito: app.cognito,
        clock: clock.read,
        managerOptions: { ...app.managerOptions, origin: undefined, sessionLifetime: 3400 },
      });
      const theirs = await own.signIn("bob");
      clock.advance({ seconds: 3301 });
      app.cognito.fail(CALL, { delay: 50, times: 1 });
      const refreshing = codeIn(own.sessions, theirs);
      await until(() => calls() === 1);
      clock.advance({ seconds: 100 });
      expect(await refreshing).to.equal("missing_token");
      expect(await codeIn(own.sessions, theirs)).to.equal("missing_token");
      await until(() => calls("RevokeToken") === 1);
      await own.close();
    });
  });

  it("whatever happens in whatever order, no refresh token goes out twice and nobody is signed out for it", async () => {
    const names = ["ada", "bob"] as const;
    const who = { engine: fc.nat(1), user: fc.nat(1) };
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.record({ do: fc.constant("ask" as const), ...who }) },
      { weight: 3, arbitrary: fc.record({ do: fc.constant("force" as const), ...who }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant("out" as const), ...who }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant("wait" as const), minutes: fc.constantFrom(1, 56, 65) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant("throttle" as const) }) },
    );
    const rounds = fc.array(fc.array(step, { minLength: 1, maxLength: 6 }), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(rounds, async (all) => {
        const [jars, processes] = [await Promise.all(names.map((name) => app.signIn(name))), [engine(), engine()]];
        const isOut = new Set<number>();
        const jarOf = (user: number) => jars[user] ?? jar;
        /** Nobody but who signed out is ever nobody, and nobody is ever anybody else. */
        const check = (user: number, mayBeOut: boolean, told: string) => {
          if (told === "credentials_unavailable") return;
          const over = ["missing_token", "token_revoked", "refresh_failed"];
          expect(told).to.be.oneOf([...(isOut.has(user) ? [] : [names[user]]), ...(mayBeOut ? over : [])]);
        };
        const perform = async (each: (typeof all)[number][number], leaving: ReadonlySet<number>) => {
          if (each.do === "wait") return clock.advance({ minutes: each.minutes });
          if (each.do === "throttle") return app.cognito.fail(CALL, { error: "TooManyRequestsException", times: 1 });
          const [sessions, cookies] = [processes[each.engine] ?? app.sessions, jarOf(each.user)];
          if (each.do === "out") return sessions.clearSession(request(cookies));
          const told = await (each.do === "ask" ? codeIn : force)(sessions, cookies);
          check(each.user, leaving.has(each.user) || isOut.has(each.user), told);
        };
        for (const round of all) {
          const leaving = new Set(round.flatMap((each) => (each.do === "out" ? [each.user] : [])));
          await Promise.all(round.map((each) => perform(each, leaving)));
          for (const user of leaving) isOut.add(user);
          app.cognito.fail(CALL, { times: 0 });
        }
        // A token that went out twice would have ended the sign-in at Cognito, which only another refresh shows.
        clock.advance({ minutes: 61 });
        for (const [user, name] of names.entries()) {
          expect(await force(app.sessions, jarOf(user))).to.equal(isOut.has(user) ? "missing_token" : name);
        }
        await Promise.all(engines.splice(0).map((each) => each.close()));
      }),
      { numRuns: 15, seed: 7 },
    );
  });
});
