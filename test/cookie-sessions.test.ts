import { randomBytes } from "node:crypto";
import { inspect } from "node:util";
import { expect } from "chai";
import { AuthError, type AuthSessionOptions, fetchAuthSession, SessionManager } from "cognito-auth-session";
import { TestClock } from "./support/app.js";
import { type CookieApp, type CookieJar, startCookieApp, until } from "./support/cookie-app.js";
import { expectRefusal } from "./support/expectations.js";
import { asAnotherProcess, TestStore } from "./support/test-store.js";

const CALL = "GetTokensFromRefreshToken";
const COOKIE = "auth-session";
const newKey = () => randomBytes(32).toString("base64");
/** What a session's record is kept for at the least, in these tests. */
const RECORD_SECONDS = 4000;

describe("Sessions in cookies", () => {
  const clock = new TestClock();
  const engines: SessionManager[] = [];
  const key = newKey();
  let app: CookieApp;
  let jar: CookieJar;
  let store: TestStore;
  let callsBefore = 0;
  let events: string[] = [];

  before(async () => {
    store = new TestStore();
    app = await startCookieApp({
      clock: clock.read,
      managerOptions: { store, encryptionKeys: [key], credentials: "lazy", requestTimeout: 2000 },
      routes: {
        "/renewed": async (session, request) => {
          const told = () =>
            [session.groups, String(session.tokens?.accessToken), String(session.tokens?.idToken)] as const;
          const first = await session.getCredentials();
          const [groups, ...tokens] = told();
          const again = await fetchAuthSession(request, { forceRefresh: true });
          const [newGroups, ...newTokens] = told();
          const isNew = newTokens.map((token, index) => token !== tokens[index]);
          const credentials = await session.getCredentials();
          return {
            isSame: again === session,
            groups,
            newGroups,
            isNew,
            credentials: credentials.accessKeyId !== first.accessKeyId,
          };
        },
      },
    });
    app.sessions.onSessionChange((event) => void events.push(event.type));
  });
  after(() => app.close());
  beforeEach(async () => {
    store.entries.clear();
    app.cognito.fail(CALL, { times: 0 });
    callsBefore = app.cognito.requests(CALL);
    jar = await app.signIn("ada", ["staff"]);
    events = [];
  });
  afterEach(async () => {
    store.health = "up";
    clock.advance({ minutes: 1 });
    await Promise.all(engines.splice(0).map((engine) => engine.close()));
  });

  const engine = (options: AuthSessionOptions = {}): SessionManager => {
    const made = new SessionManager(
      { ...app.managerOptions, store: asAnotherProcess(store), ...options },
      { clock: clock.read },
    );
    engines.push(made);
    return made;
  };
  const calls = () => app.cognito.requests(CALL) - callsBefore;
  const me = (headers: Readonly<Record<string, string>> = {}) => app.request("/me", { jar, headers });
  const request = (cookies = jar) => ({ method: "GET", headers: { cookie: cookies.header } });
  const codeIn = (sessions: SessionManager, cookies = jar): Promise<unknown> =>
    sessions.getSession(request(cookies)).then(
      ({ username }) => username,
      (error: unknown) => (error instanceof AuthError ? error.code : String(error)),
    );
  const recordKeys = () =>
    [...store.entries.keys()].filter(
      (name) => (store.lifetimes.get(name) ?? 0) > RECORD_SECONDS && isNotRevocation(name),
    );
  const isNotRevocation = (name: string) => store.lifetimes.get(name) !== 24 * 3600 + 300;
  const record = () => recordKeys()[0] ?? "";
  const subOf = async () => (await app.sessions.getSession(request())).userSub ?? "";

  describe("read from the request:", () => {
    const other = () => randomBytes(32).toString("base64url");
    for (const [what, value, code] of [
      ["forged", other, "missing_token"],
      ["altered", (id: string) => `${id.slice(0, 20)}${id[20] === "A" ? "B" : "A"}${id.slice(21)}`, "missing_token"],
      ["shorter", (id: string) => id.slice(0, -1), "missing_token"],
      ["longer", (id: string) => `${id}A`, "missing_token"],
      ["empty", () => "", "missing_token"],
      ["in quotes", (id: string) => `"${id}"`, "missing_token"],
      ["encoded", (id: string) => `%${id.charCodeAt(0).toString(16)}${id.slice(1)}`, "missing_token"],
      ["one of two that differ", (id: string) => `${id}; ${COOKIE}=${other()}`, "invalid_request"],
      ["one of two that differ, the right one last", (id: string) => `${other()}; ${COOKIE}=${id}`, "invalid_request"],
    ] as const) {
      it(`an id that is ${what} is ${code}`, async () => {
        const id = jar.cookies.get(COOKIE) ?? "";
        expect(id).to.have.length(43);
        expectRefusal(await app.request("/me", { headers: { Cookie: `${COOKIE}=${value(id)}` } }), code);
        expect((await me()).status).to.equal(200);
      });
    }

    it("the same cookie twice is one", async () => {
      expect((await app.request("/me", { headers: { Cookie: `${jar.header}; ${jar.header}` } })).status).to.equal(200);
    });

    it("a cookie beside a token is refused, whichever token", async () => {
      const { accessToken, idToken } = app.cognito.signIn({ username: "bob" });
      expectRefusal(await me({ Authorization: `Bearer ${accessToken}` }), "invalid_request");
      expectRefusal(await me({ Authorization: "Bearer x" }), "invalid_request");
      expectRefusal(await me({ "X-Id-Token": idToken }), "invalid_request");
      expectRefusal(await me({ Authorization: `Bearer ${accessToken}`, "X-Id-Token": idToken }), "invalid_request");
    });

    it("cookies are not looked at where nobody said so", async () => {
      const plain = engine({ cookies: undefined, origin: undefined });
      const { accessToken } = app.cognito.signIn({ username: "bob" });
      const headers = { cookie: jar.header, authorization: `Bearer ${accessToken}` };
      expect(await codeIn(plain)).to.equal("missing_token");
      expect((await plain.getSession({ headers })).username).to.equal("bob");
    });
  });

  describe("while the store is unwell:", () => {
    for (const health of ["down", "garbage"] as const) {
      it(`${health}: cookies are 503 and nobody is signed out, bearers are served`, async () => {
        const { accessToken } = app.cognito.signIn({ username: "bob" });
        store.health = health;
        for (let count = 0; count < 3; count += 1) expectRefusal(await me(), "store_unavailable");
        const bearer = await app.request("/me", { headers: { Authorization: `Bearer ${accessToken}` } });
        expect(bearer.body).to.include({ username: "bob" });
        const out = app.sessions.clearSession(request());
        expect(await out.catch((error: AuthError) => error.code)).to.equal("store_unavailable");
        store.health = "up";
        clock.advance({ seconds: 20 });
        expect((await me()).status).to.equal(200);
      });
    }

    it("full: tokens that are good go on, expired ones are 503 until it takes something again", async () => {
      clock.advance({ minutes: 56 });
      store.health = "full";
      expect((await me()).status).to.equal(200);
      clock.advance({ minutes: 10 });
      expectRefusal(await me(), "store_unavailable");
      expect(calls()).to.equal(0);
      store.health = "up";
      clock.advance({ seconds: 20 });
      expect((await me()).status).to.equal(200);
    });

    it("hanging: nobody waits for it for ever", async () => {
      store.health = "hanging";
      expectRefusal(await me(), "store_unavailable");
      store.health = "up";
      clock.advance({ seconds: 20 });
      expect((await me()).status).to.equal(200);
    }).timeout(10_000);
  });

  describe("kept sealed:", () => {
    it("a record that was altered, or stands under another's key, is no session", async () => {
      const own = record();
      const value = store.entries.get(own) ?? "";
      store.entries.set(own, `${value.slice(0, -2)}${value.endsWith("AA") ? "BB" : "AA"}`);
      expectRefusal(await me(), "missing_token");
      store.entries.set(own, value);
      const theirs = await app.signIn("bob");
      const other = recordKeys().find((name) => name !== own) ?? "";
      store.entries.set(other, value);
      expect(await codeIn(app.sessions, theirs)).to.equal("missing_token");
      expect(await codeIn(app.sessions)).to.equal("ada");
      store.entries.set(own, "not sealed");
      expectRefusal(await me(), "missing_token");
    });

    it("one that a retired key sealed is none; one of an older key is", async () => {
      expect(await codeIn(engine({ encryptionKeys: [newKey()] }))).to.equal("missing_token");
      expect(await codeIn(engine({ encryptionKeys: [newKey(), key] }))).to.equal("ada");
    });

    it("while keys are changed there is one refresh, and no process goes by what was before", async () => {
      const [first, second] = [key, newKey()];
      const old = engine({ encryptionKeys: [first, second] });
      const young = engine({ encryptionKeys: [second, first] });
      for (let hour = 1; hour < 4; hour += 1) {
        clock.advance({ minutes: 61 });
        // The one that comes first refreshes, and seals with its own newest key.
        const order = hour % 2 === 0 ? [old, young, old, young] : [young, old, young, old];
        const told = await Promise.all(order.map((sessions) => codeIn(sessions)));
        expect([told, calls()]).to.deep.equal([["ada", "ada", "ada", "ada"], hour]);
        const [one, other] = await Promise.all([old, young].map((sessions) => sessions.getSession(request())));
        expect(String(one?.tokens?.accessToken)).to.equal(String(other?.tokens?.accessToken));
      }
      await old.clearSession(request());
      expect(await codeIn(young)).to.equal("missing_token");
    });

    it("keys and values of the store say nothing of the user", async () => {
      const kept = JSON.stringify([...store.entries]);
      const id = jar.cookies.get(COOKIE) ?? "";
      for (const text of [await subOf(), id, app.cognito.options.clientId]) expect(kept).not.to.contain(text);
      // As a word: sealed bytes in base64 spell three letters now and then.
      expect(kept).not.to.match(/(?<![\w-])ada(?![\w-])/);
    });
  });

  describe("end by themselves:", () => {
    const use = async (sessions: SessionManager, cookies: CookieJar, minutes: number) => {
      clock.advance({ minutes });
      const writesBefore = store.writes;
      const told = await codeIn(sessions, cookies);
      // A use is noted after the answer, under a lock.
      if (told === "ada") await until(() => store.writes >= writesBefore + 2 && store.locks.size === 0);
      return told;
    };
    for (const [idle, minutes] of [
      [60, 0.9],
      [60, 0.5],
      [600, 7],
      [86_400, 1300],
    ] as const) {
      it(`not as long as they are used every ${minutes} minutes of ${idle} s, then they do`, async () => {
        const sessions = engine({ sessionIdleTimeout: idle });
        for (let count = 0; count < 4; count += 1) {
          expect(await use(sessions, jar, minutes), `use ${count + 1}`).to.equal("ada");
        }
        expect(await use(sessions, jar, idle / 60 + 0.1)).to.equal("missing_token");
      });
    }

    it("after their whole life, however much they are used", async () => {
      const sessions = engine({ sessionLifetime: 7200 });
      for (let count = 0; count < 5; count += 1) expect(await use(sessions, jar, 20)).to.equal("ada");
      expect(await use(sessions, jar, 20.1)).to.equal("missing_token");
    });

    it("a clock that is set back neither ends them nor makes them longer", async () => {
      const sessions = engine({ sessionLifetime: 7200 });
      expect(await use(sessions, jar, -30)).to.be.oneOf(["invalid_claims", "ada"]);
      for (const minutes of [80, 69]) expect(await use(sessions, jar, minutes)).to.equal("ada");
      expect(await use(sessions, jar, 2)).to.equal("missing_token");
    });

    it("a use that is noted while tokens are refreshed does not bring old ones back", async () => {
      const sessions = [engine({ sessionIdleTimeout: 7200 }), engine({ sessionIdleTimeout: 7200 })];
      for (let hour = 1; hour < 4; hour += 1) {
        clock.advance({ minutes: 56 });
        app.cognito.fail(CALL, { delay: 40, times: 1 });
        const asked = sessions.flatMap((each) => Array.from({ length: 5 }, () => codeIn(each)));
        expect(new Set(await Promise.all(asked))).to.deep.equal(new Set(["ada"]));
        expect(calls()).to.equal(hour);
      }
    });
  });

  describe("revoked:", () => {
    it("all of a user's, or one sign-in's; the record goes, and others' stay", async () => {
      const theirs = await app.signIn("bob");
      const again = await app.signIn("ada");
      const session = await app.sessions.getSession(request());
      const originJti = String(session.tokens?.accessToken?.payload.origin_jti);
      await app.sessions.revoke({ originJti });
      expectRefusal(await me(), "token_revoked");
      await until(() => recordKeys().length === 2);
      expectRefusal(await me(), "missing_token");
      expect(await codeIn(engine(), again)).to.equal("ada");
      await app.sessions.revoke({ userSub: session.userSub ?? "" });
      expect(await codeIn(app.sessions, again)).to.equal("token_revoked");
      await until(() => recordKeys().length === 1);
      expect(await codeIn(app.sessions, theirs)).to.equal("bob");
    });

    it("a refresh does not get a revoked user back in", async () => {
      await app.sessions.revoke({ userSub: await subOf() });
      clock.advance({ minutes: 90 });
      expectRefusal(await me(), "token_revoked");
      await until(() => recordKeys().length === 0);
      expectRefusal(await me(), "missing_token");
    });

    it("another user's tokens from a refresh end the session", async () => {
      const { accessToken, idToken } = app.cognito.signIn({ username: "bob" });
      const AuthenticationResult = { AccessToken: accessToken, IdToken: idToken };
      app.cognito.fail(CALL, { status: 200, body: JSON.stringify({ AuthenticationResult }), times: 1 });
      clock.advance({ minutes: 56 });
      expectRefusal(await me(), "session_mismatch");
      expectRefusal(await me(), "missing_token");
    });
  });

  describe("for handlers:", () => {
    it("a forced refresh renews the session in place: tokens, groups and AWS credentials", async () => {
      app.cognito.signIn({ username: "ada", groups: ["staff", "admin"] });
      const { body, text } = await app.request("/renewed", { jar });
      expect(body, text).to.deep.equal({
        isSame: true,
        groups: ["staff"],
        newGroups: ["staff", "admin"],
        isNew: [true, true],
        credentials: true,
      });
      expect(events).to.include.members(["tokenRefresh", "credentialsRefresh"]);
    });

    it("what is told of a session shows no token", async () => {
      const session = await app.sessions.getSession(request());
      const { refreshToken = "" } = session.tokens ?? {};
      expect(refreshToken).to.be.a("string").and.not.equal("");
      expect(Object.keys(session.tokens ?? {})).to.deep.equal(["accessToken", "idToken"]);
      const analysis = await app.sessions.analyzeTokens(request());
      const info = await app.sessions.getUserInfo(request());
      expect(info).to.include({ username: "ada" });
      expect(analysis).to.deep.include({ hasRefreshToken: true });
      expect(analysis.accessToken).to.deep.include({ purpose: "access", groups: ["staff"] });
      expect(analysis.accessToken?.expiresInSeconds).to.be.within(3598, 3600);
      for (const told of [session, session.tokens, analysis, info]) {
        const thorough = inspect(told, { depth: 9, showHidden: true, getters: true });
        expect(`${JSON.stringify(told)} ${JSON.stringify({ ...told })} ${thorough}`)
          .not.to.match(/eyJ/)
          .and.not.to.contain(refreshToken);
      }
    });
  });
});
