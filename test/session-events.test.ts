import { spawnSync } from "node:child_process";
import { inspect } from "node:util";
import { expect } from "chai";
import { AuthError, type SessionEvent, SessionManager } from "cognito-auth-session";
import { LocalCognito } from "cognito-auth-session/testing";
import { SessionEvents } from "../src/session/events.js";
import { TestClock } from "./support/app.js";
import { expectRefusal } from "./support/expectations.js";
import { type RoutesApp, startRoutesApp } from "./support/routes-app.js";

const KEYS = {
  signedIn: ["type", "userSub", "username", "clientId", "userPoolId"],
  credentialsRefresh: ["type", "userSub", "identityId", "expiration"],
} as const;

describe("Events of sessions", () => {
  let cognito: LocalCognito;
  let app: RoutesApp;
  let events: SessionEvent[];
  const clock = new TestClock();

  before(async () => {
    cognito = await LocalCognito.start({ clock: clock.read });
  });
  after(() => cognito.stop());
  beforeEach(async () => {
    app = await startRoutesApp({ cognito, clock: clock.read, options: { requestTimeout: 500 } });
    events = [];
    app.sessions.onSessionChange((event) => events.push(event));
  });
  afterEach(async () => {
    cognito.fail("GetTokensFromRefreshToken", { times: 0 });
    await app.close();
  });

  const seen = () => events.splice(0);
  const who = async (jar: { header: string }) => {
    const session = await app.sessions.getSession({ method: "GET", headers: { cookie: jar.header } });
    const { userSub, username, clientId, userPoolId } = session;
    return { session, user: { userSub, username, clientId, userPoolId } };
  };
  const originJtiOf = (token: unknown): string => {
    const payload = String(token).split(".")[1] ?? "";
    return JSON.parse(Buffer.from(payload, "base64url").toString()).origin_jti;
  };

  it("tell of a sign-in, a refresh, credentials and a sign-out, in their order and with whom they are about", async () => {
    const jar = await app.signIn("ada");
    const { session, user } = await who(jar);
    expect(user.username).to.equal("ada");
    expect(user.userSub).to.be.a("string");
    expect(seen()).to.deep.equal([{ type: "signedIn", ...user }]);

    clock.advance({ minutes: 56 });
    expect((await app.ask("/me", { jar })).status).to.equal(200);
    expect(seen()).to.deep.equal([{ type: "tokenRefresh", ...user }]);

    const { expiration } = await session.getCredentials();
    const { userSub } = user;
    const { identityId } = session;
    expect(seen()).to.deep.equal([{ type: "credentialsRefresh", userSub, identityId, expiration }]);

    const originJti = originJtiOf(session.tokens?.accessToken);
    await app.post("/auth/sign-out", { jar: jar.copy() });
    expect(seen()).to.deep.equal([
      { type: "sessionRevoked", target: { originJti } },
      { type: "signedOut", ...user },
    ]);
    await app.post("/auth/sign-out", { jar });
    expect(seen(), "signed out once").to.deep.equal([]);
  });

  for (const [error, code] of [
    ["NotAuthorizedException", "refresh_failed"],
    ["TooManyRequestsException", "credentials_unavailable"],
  ] as const) {
    it(`tell of a refresh that failed: ${error}`, async () => {
      const jar = await app.signIn("ada");
      const { user } = await who(jar);
      seen();
      cognito.fail("GetTokensFromRefreshToken", { error });
      clock.advance({ minutes: 61 });
      const answer = await app.ask("/me", { jar });
      const [event, ...others] = seen();
      expect(others).to.deep.equal([]);
      if (event?.type !== "tokenRefresh_failure") throw new Error(`What came was ${event?.type}.`);
      const { error: told, ...about } = event;
      expect(about).to.deep.equal({ type: "tokenRefresh_failure", ...user });
      expect(told).to.be.instanceOf(AuthError).and.to.include({ code, name: error });
      expect(answer.status).to.equal(told.status);
    });
  }

  it("tell of revocations: one's own, and another engine's on the same store", async () => {
    await app.sessions.revoke({ userSub: "u1" });
    await app.sessions.revoke({ originJti: "j1" });
    await app.sessions.revoke({ userSub: "u1" });
    expect(seen()).to.deep.equal([
      { type: "sessionRevoked", target: { userSub: "u1" } },
      { type: "sessionRevoked", target: { originJti: "j1" } },
    ]);
  });

  it("hold no token, no secret and no id of a cookie", async () => {
    const jar = await app.signIn("ada");
    const { session } = await who(jar);
    const { secretAccessKey, sessionToken } = await session.getCredentials();
    clock.advance({ minutes: 56 });
    await app.ask("/me", { jar });
    await app.post("/auth/sign-out", { jar: jar.copy() });
    const [id = "none"] = jar.cookies.values();
    const shown = events
      .map((event) => `${inspect(event, { depth: 9, showHidden: true })}${JSON.stringify(event)}`)
      .join();
    const { accessToken, idToken, refreshToken } = session.tokens ?? {};
    for (const secret of [accessToken, idToken, refreshToken, secretAccessKey, sessionToken, id]) {
      expect(String(secret).length).to.be.greaterThan(9);
      expect(shown).not.to.contain(String(secret));
    }
    expect(events.map(({ type }) => type)).to.deep.equal([
      ...["signedIn", "credentialsRefresh", "tokenRefresh", "sessionRevoked", "signedOut"],
    ]);
    expect(Object.keys(events[0] ?? {})).to.have.members(KEYS.signedIn);
    expect(Object.keys(events[1] ?? {})).to.have.members(KEYS.credentialsRefresh);
  });

  it("harm nobody where a listener throws, rejects, hangs or writes on what it is told", async () => {
    app.sessions.onSessionChange(() => {
      throw new Error("secret of the application");
    });
    app.sessions.onSessionChange(() => Promise.reject(new Error("secret of the application")));
    app.sessions.onSessionChange(() => new Promise(() => {}));
    app.sessions.onSessionChange((event) => {
      if (event.type === "tokenRefresh_failure") Object.assign(event.error, { status: 200, code: "forbidden" });
    });
    app.sessions.onSessionChange((event) => Object.assign(event, { type: "other" }));
    const jar = await app.signIn("ada");
    expect(seen().map(({ type }) => type)).to.deep.equal(["signedIn"]);
    cognito.fail("GetTokensFromRefreshToken", { error: "NotAuthorizedException" });
    clock.advance({ minutes: 61 });
    expectRefusal(await app.ask("/me", { jar }), "refresh_failed");
  });

  describe("clearSession()", () => {
    it("ends a session in cookies, and the request's own", async () => {
      const jar = await app.signIn("ada");
      const request = { method: "POST", headers: { cookie: jar.header, origin: app.origin } };
      const { user } = await who(jar);
      await app.sessions.getSession(request);
      seen();
      const headers = new Headers();
      const revoked = cognito.requests("RevokeToken");
      await app.sessions.clearSession(request, headers);
      expect(headers.getSetCookie()).to.deep.equal(["auth-session=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax"]);
      expect(seen().map((event) => [event.type, "userSub" in event && event.userSub])).to.deep.equal([
        ["sessionRevoked", false],
        ["signedOut", user.userSub],
      ]);
      expect(await app.sessions.isAuthenticated(request)).to.equal(false);
      expect(cognito.requests("RevokeToken")).to.equal(revoked + 1);
      await app.sessions.clearSession(request);
      expect(seen()).to.deep.equal([]);
    });

    it("ends a bearer's sign-in: its tokens are refused from now on", async () => {
      const { accessToken, idToken } = cognito.signIn({ username: "bob" });
      const request = { headers: { authorization: `Bearer ${accessToken}` } };
      const { userSub } = await app.sessions.getSession(request);
      await app.sessions.clearSession(request);
      expect(seen()).to.deep.equal([
        { type: "sessionRevoked", target: { originJti: originJtiOf(accessToken) } },
        { type: "signedOut", userSub, username: "bob", ...ofPool() },
      ]);
      for (const token of [accessToken, idToken]) {
        expectRefusal(await app.ask("/me", { headers: { Authorization: `Bearer ${token}` } }), "token_revoked");
      }
    });

    it("leaves those alone who have no session, or a bad one", async () => {
      const cookie = `auth-session=${"A".repeat(43)}`;
      for (const headers of [{}, { authorization: "Bearer x" }, { cookie, origin: app.origin }]) {
        await app.sessions.clearSession({ method: "POST", headers });
      }
      expect(seen()).to.deep.equal([]);
    });

    it("refuses what another site sends", async () => {
      const jar = await app.signIn("ada");
      const headers = { cookie: jar.header, origin: "https://evil.example" };
      const outcome = await app.sessions.clearSession({ method: "POST", headers }).catch((error: unknown) => error);
      expect(outcome).to.include({ code: "forbidden", status: 403 });
      expect(await app.sessions.isAuthenticated({ method: "GET", headers: { cookie: jar.header } })).to.equal(true);
    });
  });
  const ofPool = () => ({ clientId: cognito.options.clientId, userPoolId: cognito.options.userPoolId });

  it("getUserInfo() and analyzeTokens() tell who it is and until when, without the tokens", async () => {
    const jar = await app.signIn("ada");
    const request = { method: "GET", headers: { cookie: jar.header } };
    const { user } = await who(jar);
    expect(await app.sessions.getUserInfo(request)).to.deep.include({ sub: user.userSub, username: "ada" });
    clock.advance({ seconds: 100 });
    const analyses = await app.sessions.analyzeTokens(request);
    const { accessToken, idToken, hasRefreshToken } = analyses;
    const shared = { issuer: cognito.options.issuer, ...user, groups: [], expiresInSeconds: 3500 };
    const startedAt = accessToken?.issuedAt?.getTime() ?? 0;
    const times = { issuedAt: new Date(startedAt), expiresAt: new Date(startedAt + 3_600_000) };
    const within = (seconds = 0) => Math.abs(seconds - 3500) <= 1;
    expect(within(accessToken?.expiresInSeconds) && within(idToken?.expiresInSeconds)).to.equal(true);
    const scopes = ["openid", "email", "profile"];
    expect({ ...accessToken, expiresInSeconds: 3500 }).to.deep.equal({
      ...shared,
      ...times,
      purpose: "access",
      scopes,
    });
    expect({ ...idToken, expiresInSeconds: 3500 }).to.deep.equal({ ...shared, ...times, purpose: "id", scopes: [] });
    expect(hasRefreshToken).to.equal(true);
    expect(Object.isFrozen(analyses) && Object.isFrozen(accessToken)).to.equal(true);
    expect(inspect(analyses, { depth: 9 })).not.to.match(/eyJ/);
    const bearer = { headers: { authorization: `Bearer ${cognito.signIn({ username: "bob" }).idToken}` } };
    const alone = await app.sessions.analyzeTokens(bearer);
    expect([alone.accessToken, alone.idToken?.purpose, alone.hasRefreshToken]).to.deep.equal([undefined, "id", false]);
    const open = new SessionManager({ ...cognito.options, required: false });
    expect(await open.analyzeTokens({ headers: {} })).to.deep.equal({ hasRefreshToken: false });
    expect(await open.getUserInfo({ headers: {} })).to.equal(undefined);
    await open.close();
  });
});

describe("Listeners", () => {
  const REVOKED: SessionEvent = { type: "sessionRevoked", target: { userSub: "u" } };

  it("are told in their order, each as often as it subscribed, until it stops", () => {
    const events = new SessionEvents();
    const told: string[] = [];
    const twice = () => told.push("twice");
    const stops = [events.subscribe(() => told.push("first")), events.subscribe(twice), events.subscribe(twice)];
    events.emit(REVOKED);
    expect(told.splice(0)).to.deep.equal(["first", "twice", "twice"]);
    stops[1]?.();
    stops[1]?.();
    events.emit(REVOKED);
    expect(told.splice(0)).to.deep.equal(["first", "twice"]);
    events.close();
    events.emit(REVOKED);
    expect(told).to.deep.equal([]);
  });

  it("that are stopped while others are told hear no more; new ones hear the next", () => {
    const events = new SessionEvents();
    const told: string[] = [];
    const stopThird = () => stops.at(-1)?.();
    const stops = [
      events.subscribe(() => {
        told.push("first");
        stops[0]?.();
        stopThird();
        events.subscribe(() => told.push("new"));
      }),
      events.subscribe(() => told.push("second")),
      events.subscribe(() => told.push("third")),
    ];
    events.emit(REVOKED);
    expect(told.splice(0)).to.deep.equal(["first", "second"]);
    events.emit(REVOKED);
    expect(told).to.deep.equal(["second", "new"]);
  });

  it("cannot change what others are told, nor what is still worked with", () => {
    const events = new SessionEvents();
    const target = { userSub: "u" };
    const error = new AuthError("refresh_failed");
    const told: SessionEvent[] = [];
    events.subscribe((event) => {
      if ("target" in event) Object.assign(event.target, { userSub: "other" });
    });
    events.subscribe((event) => told.push(event));
    events.emit({ type: "sessionRevoked", target });
    events.emit({ type: "tokenRefresh_failure", error });
    expect(target).to.deep.equal({ userSub: "u" });
    expect(told[0]).to.deep.equal(REVOKED);
    expect(told[1]).to.have.property("error").that.is.not.equal(error);
    expect(Object.isFrozen(target) || Object.isFrozen(error)).to.equal(false);
    for (const event of told) expect(Object.isFrozen(event)).to.equal(true);
  });

  it("are functions", () => {
    for (const wrong of [undefined, null, {}, "listener"]) {
      expect(() => new SessionEvents().subscribe(wrong as never)).to.throw(
        TypeError,
        "onSessionChange() takes a function",
      );
    }
  });

  it("that fail are warned of once, without a word of theirs; so are bearers that cannot be revoked, and cookies without Secure", () => {
    const program = `
      const { SessionEvents } = await import("./src/session/events.js");
      const { SignOut } = await import("./src/session/sign-out.js");
      const { SessionManager } = await import("cognito-auth-session");
      const { LocalCognito } = await import("cognito-auth-session/testing");
      const events = new SessionEvents();
      events.subscribe(() => { throw new Error("word-of-theirs"); });
      events.subscribe(() => Promise.reject(new Error("word-of-theirs")));
      for (let time = 0; time < 3; time += 1) events.emit({ type: "signedIn" });
      const cognito = await LocalCognito.start();
      const sessions = new SessionManager(cognito.options);
      const inCookies = { ...cognito.options, cookies: "session", origin: "http://localhost:3000" };
      for (const _ of [1, 2]) await new SessionManager(inCookies).close();
      const token = cognito.signToken({ tokenUse: "access", claims: { origin_jti: undefined } });
      await sessions.clearSession({ headers: { authorization: "Bearer " + token } });
      await cognito.stop();`;
    const { stderr, status } = spawnSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", program], {
      encoding: "utf8",
    });
    expect(status, stderr).to.equal(0);
    expect(stderr.match(/\[listener_failed\]/g)).to.have.length(1);
    expect(stderr.match(/\[not_revocable\]/g)).to.have.length(1);
    expect(stderr.match(/\[insecure_cookie\]/g)).to.have.length(1);
    expect(stderr).not.to.contain("word-of-theirs");
  });
});
