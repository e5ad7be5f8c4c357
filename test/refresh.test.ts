import { randomBytes } from "node:crypto";
import { expect } from "chai";
import { type AuthSessionOptions, fetchAuthSession, SessionManager } from "cognito-auth-session";
import type { Fault, LocalCognitoOptions } from "cognito-auth-session/testing";
import { TestClock } from "./support/app.js";
import { type CookieApp, type CookieJar, startCookieApp, until } from "./support/cookie-app.js";
import { expectRefusal } from "./support/expectations.js";
import { TestStore } from "./support/test-store.js";

const CALL = "GetTokensFromRefreshToken";
const LONG_AGO = { minutes: 90 };
const DUE = { minutes: 56 };

/** What Cognito, or what stands before it, answers to a refresh that it did not do. */
const CLEAR: readonly (readonly [string, Fault, "credentials_unavailable" | "misconfigured", string])[] = [
  ["throttled", { error: "TooManyRequestsException" }, "credentials_unavailable", "TooManyRequestsException"],
  ["down", { error: "InternalErrorException" }, "credentials_unavailable", "InternalErrorException"],
  ["a firewall's refusal", { error: "ForbiddenException" }, "credentials_unavailable", "ForbiddenException"],
  ["a firewall's page", { status: 403 }, "credentials_unavailable", "NetworkError"],
  ["a page of status 503", { status: 503 }, "credentials_unavailable", "NetworkError"],
  ["a page of status 429", { status: 429 }, "credentials_unavailable", "NetworkError"],
  ["a wrong parameter", { error: "InvalidParameterException" }, "misconfigured", "InvalidParameterException"],
  ["no such app client", { error: "ResourceNotFoundException" }, "misconfigured", "ResourceNotFoundException"],
];
/** What leaves it open whether the refresh token is spent. */
const UNCLEAR: readonly (readonly [string, Fault])[] = [
  ["no answer in time", { delay: Number.POSITIVE_INFINITY }],
  ["a cut connection", { reset: true }],
  ["a page of status 500", { status: 500 }],
  ["a page of status 502", { status: 502 }],
  ["an empty answer", { status: 200, body: "{}" }],
  ["half an answer", { status: 200, body: '{"AuthenticationResult":{"AccessToken":"a"}}' }],
];
const ENDS = [
  "NotAuthorizedException",
  "TokenRevokedException",
  "UserNotFoundException",
  "UserNotConfirmedException",
  "PasswordResetRequiredException",
  "RefreshTokenReuseException",
];

describe("Refreshing", () => {
  let app: CookieApp;
  let jar: CookieJar;
  let store: TestStore;
  let callsBefore: (operation: string) => number;
  const clock = new TestClock();
  const engines: SessionManager[] = [];
  /** Apps that tests share: what one does to its user's session is nothing to another's. */
  const apps = new Map<string, { readonly app: CookieApp; readonly store: TestStore }>();

  async function start(cognitoOptions: LocalCognitoOptions = {}, managerOptions: AuthSessionOptions = {}) {
    const key = JSON.stringify([cognitoOptions, managerOptions]);
    const known = apps.get(key) ?? (await startApp(cognitoOptions, managerOptions));
    apps.set(key, known);
    app = known.app;
    store = known.store;
    store.entries.clear();
    for (const operation of [CALL, "InitiateAuth"]) app.cognito.fail(operation, { times: 0 });
    const counts = new Map([CALL, "InitiateAuth"].map((operation) => [operation, app.cognito.requests(operation)]));
    callsBefore = (operation) => counts.get(operation) ?? 0;
    jar = await app.signIn("ada", ["admin"]);
  }
  async function startApp(cognitoOptions: LocalCognitoOptions, managerOptions: AuthSessionOptions) {
    const store = new TestStore();
    const shared = { store, encryptionKeys: [randomBytes(32).toString("base64")], identityPoolId: null };
    const app = await startCookieApp({
      clock: clock.read,
      cognitoOptions,
      managerOptions: { ...shared, requestTimeout: 800, ...managerOptions },
      routes: {
        "/force": async (session, request) => {
          const before = String(session.tokens?.accessToken);
          const renewed = await fetchAuthSession(request, { forceRefresh: true });
          return { isSame: renewed === session, isNew: String(session.tokens?.accessToken) !== before };
        },
      },
    });
    return { app, store };
  }
  afterEach(() => Promise.all(engines.splice(0).map((engine) => engine.close())));
  after(() => Promise.all([...apps.values()].map(({ app }) => app.close())));

  const engine = (options: AuthSessionOptions = {}): SessionManager => {
    const made = new SessionManager({ ...app.managerOptions, ...options }, { clock: clock.read });
    engines.push(made);
    return made;
  };
  const calls = (operation = CALL) => app.cognito.requests(operation) - callsBefore(operation);
  const me = () => app.request("/me", { jar });
  const expectMe = async () => {
    const answer = await me();
    expect([answer.status, answer.text.includes('"username":"ada"')], answer.text).to.deep.equal([200, true]);
  };
  const codeIn = (sessions: SessionManager): Promise<unknown> =>
    sessions.getSession({ method: "GET", headers: { cookie: jar.header } }).then(
      ({ username }) => username,
      ({ code }) => code,
    );
  const records = () => [...store.lifetimes].filter(([key, seconds]) => seconds > 4000 && store.entries.has(key));

  for (const refreshTokenRotation of [true, false]) {
    describe(`with rotation ${refreshTokenRotation ? "on" : "off"}`, () => {
      for (const [tokenLifetime, seconds, expected] of [
        [3600, 3298, 0],
        [3600, 3301, 1],
        [600, 298, 0],
        [600, 301, 1],
        [300, 148, 0],
        [300, 151, 1],
        [3600, 3900, 1],
        [300, 20_000, 1],
      ] as const) {
        it(`tokens good for ${tokenLifetime} s are refreshed ${expected ? "when" : "not yet when"} ${seconds} s old`, async () => {
          await start({ refreshTokenRotation, tokenLifetime });
          clock.advance({ seconds });
          for (let count = 0; count < 3; count += 1) await expectMe();
          expect(calls()).to.equal(expected);
        });
      }

      it("a session goes on for as long as it is used, and by force at any time", async () => {
        await start({ refreshTokenRotation });
        for (let hour = 1; hour < 6; hour += 1) {
          clock.advance({ hours: 1 });
          await expectMe();
          expect(calls()).to.equal(2 * hour - 1);
          const forced = await app.request("/force", { jar });
          expect(forced.body).to.deep.equal({ isSame: true, isNew: true });
          expect(calls()).to.equal(2 * hour);
        }
      });
    });
  }

  describe("with a client secret", () => {
    for (const refreshFlow of ["GetTokensFromRefreshToken", "InitiateAuth"] as const) {
      it(`by ${refreshFlow}; a wrong secret is ours to fix, and the session goes on`, async () => {
        await start({ clientSecret: "s3cret+/", refreshTokenRotation: false }, { refreshFlow });
        clock.advance(LONG_AGO);
        const wrong = engine({ clientSecret: "an0ther+" });
        expect(await codeIn(wrong)).to.equal("misconfigured");
        await expectMe();
        expect(calls(refreshFlow)).to.equal(2);
        expect(await codeIn(wrong)).to.equal("ada");
      });
    }
  });

  describe("at an older pool", () => {
    it("asks the older way once it is told to, and remembers", async () => {
      // Told apart by its realm: what an engine learned of its pool is not to be learned before.
      await start({ refreshTokenRotation: false }, { realm: "older" });
      app.cognito.fail(CALL, { error: "UnknownOperationException" });
      for (let hour = 0; hour < 3; hour += 1) {
        clock.advance({ hours: 1 });
        await expectMe();
      }
      expect([calls(), calls("InitiateAuth")]).to.deep.equal([1, 3]);
    });

    it("asks the older way at once where it is configured", async () => {
      await start({ refreshTokenRotation: false }, { refreshFlow: "InitiateAuth" });
      clock.advance(LONG_AGO);
      await expectMe();
      expect([calls(), calls("InitiateAuth")]).to.deep.equal([0, 1]);
    });

    it("does not ask the older way where the newer is configured", async () => {
      await start({ refreshTokenRotation: false }, { refreshFlow: "GetTokensFromRefreshToken" });
      app.cognito.fail(CALL, { error: "UnknownOperationException" });
      clock.advance(LONG_AGO);
      expectRefusal(await me(), "credentials_unavailable");
      expect(calls("InitiateAuth")).to.equal(0);
    });
  });

  describe("ends the session", () => {
    for (const error of ENDS) {
      for (const [age, elapsed] of [
        ["due", DUE],
        ["expired", LONG_AGO],
      ] as const) {
        it(`on ${error}, with tokens that are ${age}`, async () => {
          await start();
          app.cognito.fail(CALL, { error, times: 1 });
          clock.advance(elapsed);
          expect(records()).to.have.length(1);
          expectRefusal(await me(), "refresh_failed", { name: error });
          expect(records()).to.have.length(0);
          expectRefusal(await me(), "missing_token");
          expectRefusal(await app.request("/force", { jar }), "missing_token");
          expect(await codeIn(engine())).to.equal("missing_token");
          expect(calls()).to.equal(1);
        });
      }
    }

    it("by the older flow too", async () => {
      await start({ refreshTokenRotation: false }, { refreshFlow: "InitiateAuth" });
      app.cognito.fail("InitiateAuth", { error: "UserNotFoundException" });
      clock.advance(DUE);
      expectRefusal(await me(), "refresh_failed", { name: "UserNotFoundException" });
      expectRefusal(await me(), "missing_token");
    });
  });

  describe("keeps the session", () => {
    for (const [what, fault, code, name] of CLEAR) {
      it(`on ${what}, and tries again`, async () => {
        await start();
        app.cognito.fail(CALL, fault);
        clock.advance(DUE);
        await expectMe();
        expectRefusal(await app.request("/force", { jar }), code, { name });
        clock.advance({ minutes: 20 });
        expectRefusal(await me(), code, { name });
        expect(calls()).to.equal(3);
        app.cognito.fail(CALL, { times: 0 });
        clock.advance({ minutes: 1 });
        expect(await codeIn(engine())).to.equal("ada");
        expect(calls()).to.equal(4);
        await expectMe();
      });
    }

    it("where Cognito cannot be connected to, and tries again", async () => {
      await start();
      clock.advance(LONG_AGO);
      const port = new URL((await startAndStop()).origin).port;
      expect(await codeIn(engine({ userPoolEndpoint: `http://127.0.0.1:${port}` }))).to.equal(
        "credentials_unavailable",
      );
      await expectMe();
      expect(calls()).to.equal(1);
    });

    it("a failing user is not asked for all the time", async () => {
      await start();
      app.cognito.fail(CALL, { error: "TooManyRequestsException" });
      clock.advance(LONG_AGO);
      for (let count = 0; count < 10; count += 1) {
        expectRefusal(await me(), "credentials_unavailable", { name: "TooManyRequestsException" });
      }
      expect(calls()).to.equal(2);
    });
  });

  describe("after an unclear failure", () => {
    for (const [what, fault] of UNCLEAR) {
      it(`(${what}) never sends the refresh token again`, async () => {
        await start();
        app.cognito.fail(CALL, { ...fault, times: 1 });
        clock.advance(DUE);
        const other = engine();
        for (let count = 0; count < 3; count += 1) await expectMe();
        expect(await codeIn(other)).to.equal("ada");
        clock.advance({ seconds: 50 });
        expectRefusal(await app.request("/force", { jar }), "credentials_unavailable");
        await expectMe();
        clock.advance({ minutes: 10 });
        expectRefusal(await me(), "refresh_failed");
        expect(await codeIn(other)).to.equal("missing_token");
        expectRefusal(await me(), "missing_token");
        expect(calls()).to.equal(1);
      });

      it(`(${what}) expired tokens are 503 for a minute, then the session is over`, async () => {
        await start();
        app.cognito.fail(CALL, { ...fault, times: 1 });
        clock.advance(LONG_AGO);
        expectRefusal(await me(), "credentials_unavailable");
        const other = engine();
        clock.advance({ seconds: 55 });
        expectRefusal(await me(), "credentials_unavailable");
        expect(await codeIn(other)).to.equal("credentials_unavailable");
        clock.advance({ seconds: 10 });
        expect(await codeIn(other)).to.equal("refresh_failed");
        expectRefusal(await me(), "missing_token");
        expect(calls()).to.equal(1);
      });
    }

    it("tries again where the app client is known not to rotate", async () => {
      await start({ refreshTokenRotation: false });
      clock.advance(LONG_AGO);
      await expectMe();
      clock.advance(LONG_AGO);
      app.cognito.fail(CALL, { reset: true, times: 1 });
      expectRefusal(await me(), "credentials_unavailable");
      clock.advance({ seconds: 2 });
      expect(await codeIn(engine())).to.equal("ada");
      expect(calls()).to.equal(3);
    });

    it("tries again by the older flow, which does not rotate", async () => {
      await start({ refreshTokenRotation: false }, { refreshFlow: "InitiateAuth" });
      clock.advance(LONG_AGO);
      app.cognito.fail("InitiateAuth", { reset: true, times: 1 });
      expectRefusal(await me(), "credentials_unavailable");
      await expectMe();
    });

    it("a process that ends between the call and its answer leaves the token marked", async () => {
      await start();
      clock.advance(LONG_AGO);
      app.cognito.fail(CALL, { delay: 150, times: 1 });
      const crashing = engine();
      const asked = codeIn(crashing);
      await until(() => calls() === 1);
      // What it would do after the answer it cannot do any more.
      store.health = "down";
      await asked;
      await crashing.close();
      store.locks.clear();
      store.health = "up";
      clock.advance({ seconds: 10 });
      expectRefusal(await me(), "credentials_unavailable");
      clock.advance({ minutes: 1 });
      expectRefusal(await me(), "refresh_failed");
      expect(calls()).to.equal(1);
    });

    it("a clock that is set back does not keep an expired session in doubt", async () => {
      await start();
      clock.advance(LONG_AGO);
      app.cognito.fail(CALL, { reset: true, times: 1 });
      expectRefusal(await me(), "credentials_unavailable");
      clock.advance({ minutes: -10 });
      expectRefusal(await me(), "refresh_failed");
    });
  });
});

/** An address where nobody listens any more. */
async function startAndStop(): Promise<CookieApp> {
  const app = await startCookieApp();
  await app.close();
  return app;
}
