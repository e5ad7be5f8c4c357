import { createServer, type RequestListener } from "node:http";
import { expect } from "chai";
import { authErrorHandler, authSession, SessionManager } from "cognito-auth-session";
import { authRoutes, koaAuthRoutes } from "cognito-auth-session/routes";
import { LocalCognito } from "cognito-auth-session/testing";
import express from "express";
import fc from "fast-check";
import Koa from "koa";
import { TestClock } from "./support/app.js";
import { CookieJar } from "./support/cookie-app.js";
import { expectRefusal } from "./support/expectations.js";
import { withServer } from "./support/raw-http.js";
import { NAVIGATION, ROUTE_FACES, RoutesApp, startRoutesApp } from "./support/routes-app.js";
import { TestStore } from "./support/test-store.js";

const KEY = Buffer.from(Array.from({ length: 32 }, (_, index) => index)).toString("base64");

describe("The routes of browser sessions, when something is down", () => {
  let cognito: LocalCognito;
  let app: RoutesApp;
  let store: TestStore;
  const clock = new TestClock();

  before(async () => {
    cognito = await LocalCognito.start({ clock: clock.read });
  });
  after(() => cognito.stop());
  beforeEach(async () => {
    store = new TestStore();
    const options = {
      store,
      encryptionKeys: [KEY],
      requestTimeout: 300,
      sessionIdleTimeout: 7200,
      sessionLifetime: 14_400,
    };
    app = await startRoutesApp({ cognito, clock: clock.read, options });
  });
  afterEach(async () => {
    store.health = "up";
    for (const operation of ["RevokeToken", "GetTokensFromRefreshToken"]) cognito.fail(operation, { times: 0 });
    await app.close();
  });

  /** A store that was down is left alone for a while. */
  const recover = () => {
    store.health = "up";
    clock.advance({ seconds: 60 });
  };

  it("sign out where Cognito is down: here the session has ended", async () => {
    const jar = await app.signIn("ada");
    cognito.fail("RevokeToken", { reset: true });
    const answer = await app.post("/auth/sign-out", { jar: jar.copy() });
    expect([answer.status, answer.setCookies.length]).to.deep.equal([303, 1]);
    expectRefusal(await app.ask("/me", { jar }), "missing_token");
  });

  it("say that nobody was signed out where the store is down, and the session lives", async () => {
    const jar = await app.signIn("ada");
    const revoked = cognito.requests("RevokeToken");
    for (const health of ["down", "full"] as const) {
      store.health = health;
      const answer = await app.post("/auth/sign-out", { jar });
      expectRefusal(answer, "store_unavailable");
      expect(answer.setCookies).to.deep.equal([]);
      const page = await app.post("/auth/sign-out", { jar, headers: NAVIGATION });
      expect([page.status, page.headers["content-type"]]).to.deep.equal([503, "text/html; charset=utf-8"]);
      expect(page.text)
        .to.contain("You are still signed in")
        .and.contain('<a href="/">')
        .and.not.contain("/auth/sign-in");
      recover();
      expect((await app.ask("/me", { jar })).body).to.deep.equal({ username: "ada" });
    }
    expect(cognito.requests("RevokeToken")).to.equal(revoked);
  });

  it("say 503, not that nobody is signed in, where the store is down", async () => {
    const jar = await app.signIn("ada");
    store.health = "down";
    expectRefusal(await app.ask("/auth/session", { jar }), "store_unavailable");
    expectRefusal(await app.post("/auth/refresh", { jar }), "store_unavailable");
    const other = new CookieJar();
    const callback = await app.begin("bob", other);
    const answer = await app.ask(callback, { jar: other });
    expectRefusal(answer, "store_unavailable");
    expect(answer.setCookies.filter((cookie) => cookie.startsWith("auth-session="))).to.deep.equal([]);
    recover();
    expect((await app.ask("/auth/session", { jar })).body).to.include({ isAuthenticated: true });
  });

  it("renew when asked to, at most once in ten seconds", async () => {
    const jar = await app.signIn("ada");
    const calls: number[] = [];
    const before = cognito.requests("GetTokensFromRefreshToken");
    for (const seconds of [0, 9, 2, 1, 8, 2]) {
      clock.advance({ seconds });
      const answers = await Promise.all([1, 2, 3].map(() => app.post("/auth/refresh", { jar })));
      expect(answers.map(({ status }) => status)).to.deep.equal([200, 200, 200]);
      calls.push(cognito.requests("GetTokensFromRefreshToken") - before);
    }
    expect(calls).to.deep.equal([0, 0, 1, 1, 1, 2]);
    const { expiresIn } = (await app.ask("/auth/session", { jar })).body as { expiresIn: number };
    expect(expiresIn).to.be.within(3598, 3600);
  });

  for (const [what, fault, code] of [
    ["Cognito refuses", { error: "NotAuthorizedException" }, "refresh_failed"],
    ["Cognito is down", { reset: true }, "credentials_unavailable"],
    ["Cognito throttles", { error: "TooManyRequestsException" }, "credentials_unavailable"],
  ] as const) {
    it(`do not pretend to have renewed where ${what}`, async () => {
      const jar = await app.signIn("ada");
      clock.advance({ seconds: 60 });
      cognito.fail("GetTokensFromRefreshToken", fault);
      const answer = await app.post("/auth/refresh", { jar });
      expect([answer.status, (answer.body as { code: string }).code]).to.deep.equal([
        code === "refresh_failed" ? 401 : 503,
        code,
      ]);
      cognito.fail("GetTokensFromRefreshToken", { times: 0 });
      const session = (await app.ask("/auth/session", { jar })).body as { isAuthenticated: boolean };
      expect(session.isAuthenticated).to.equal(code !== "refresh_failed");
    });
  }

  it("tell of no session that was revoked, or that is over", async () => {
    const jar = await app.signIn("ada");
    const { userSub } = (await app.ask("/auth/session", { jar })).body as { userSub: string };
    await app.sessions.revoke({ userSub });
    expect((await app.ask("/auth/session", { jar })).body).to.deep.equal({ isAuthenticated: false });
    expect((await app.post("/auth/refresh", { jar })).status).to.equal(401);
    clock.advance({ seconds: 2 });
    const idle = await app.signIn("ada");
    clock.advance({ hours: 3 });
    expect((await app.ask("/auth/session", { jar: idle })).body).to.deep.equal({ isAuthenticated: false });
    expectRefusal(await app.post("/auth/refresh", { jar: idle }), "missing_token");
  });

  it("renew nothing for nobody, also where anonymous requests pass", async () => {
    const open = await startRoutesApp({ cognito, options: { required: false } });
    expectRefusal(await open.post("/auth/refresh"), "missing_token");
    const jar = new CookieJar([["auth-session", "A".repeat(43)]]);
    expectRefusal(await open.post("/auth/refresh", { jar }), "missing_token");
    expect((await open.ask("/auth/session", { jar })).body).to.deep.equal({ isAuthenticated: false });
    await open.close();
  });

  it("drop the user's AWS credentials at a sign-out", async () => {
    const jar = await app.signIn("ada");
    const request = { headers: { cookie: jar.header }, method: "GET" };
    const session = await app.sessions.getSession(request);
    await session.getCredentials();
    expect(app.sessions.health().cachedCredentials).to.equal(1);
    await app.post("/auth/sign-out", { jar });
    expect(app.sessions.health().cachedCredentials).to.equal(0);
    const error: unknown = await session.getCredentials().catch((thrown: unknown) => thrown);
    expect(error).to.include({ code: "token_revoked" });
  });
});

for (const [name, face] of Object.entries(ROUTE_FACES)) {
  describe(`Hostile requests on ${name}`, () => {
    let cognito: LocalCognito;
    let app: RoutesApp;
    let jar: CookieJar;

    before(async () => {
      cognito = await LocalCognito.start();
      app = await startRoutesApp({ cognito, face });
      jar = await app.signIn("ada");
    });
    after(async () => {
      await app.close();
      await cognito.stop();
    });

    it("are answered, and never with a 500", async () => {
      const long = "a".repeat(10_000);
      for (const [target, headers, status] of [
        [`/auth/sign-in?returnTo=/${long}`, {}, 303],
        [`/auth/callback?state=${long}&code=${long}`, {}, 400],
        ["/auth/callback?state=%&code=%zz%ff%00", {}, 400],
        ["/auth/callback?error=%3Cscript%3E", {}, 400],
        ["/auth/callback??&&==&state=__proto__", {}, 400],
        [`/auth/session?${long}`, {}, 200],
        ["/auth/session", { Cookie: `x=${"y".repeat(70_000)}` }, 400],
        ["/auth/sign-in", { Cookie: `x=${"y".repeat(70_000)}` }, 400],
        ["/auth/callback?state=x", { Cookie: `x=${"y".repeat(70_000)}` }, 400],
        ["/auth/session", { Cookie: Array.from({ length: 600 }, (_, index) => `c${index}=x`).join("; ") }, 400],
        ["/auth/session", { Cookie: ";;;=;a;=b;auth-session" }, 200],
        ["/auth/session", { Authorization: "Bearer x" }, 200],
        ["/auth/session", { Accept: long }, 200],
      ] as const) {
        const answer = await app.ask(target, { headers });
        expect([target.slice(0, 60), answer.status]).to.deep.equal([target.slice(0, 60), status]);
        expect(answer.headers["cache-control"]).to.equal("no-store");
      }
    });

    it("of any path and query are answered without a 500", async () => {
      const part = fc.stringMatching(/^[!-~]{0,30}$/);
      const path = fc.oneof(
        fc.constantFrom("/auth/sign-in", "/auth/callback", "/auth/session", "/auth/refresh", "/auth/sign-out"),
        part.map((text) => `/auth/${text}`),
      );
      const method = fc.constantFrom("GET", "POST", "HEAD", "PUT", "OPTIONS");
      const query = fc.oneof(part, fc.webQueryParameters());
      const site = fc.constantFrom({}, { Origin: "null" }, { Accept: "text/html" }, { Cookie: "auth-session=%00" });
      await fc.assert(
        fc.asyncProperty(path, query, method, site, async (where, what, how, headers) => {
          const { status } = await app.ask(`${where}?${what}`, { method: how, headers });
          expect(status).to.be.lessThan(500);
        }),
        { numRuns: 60 },
      );
      expect((await app.ask("/me", { jar })).body).to.deep.equal({ username: "ada" });
    });
  });
}

describe("The routes of browser sessions, mounted", () => {
  let cognito: LocalCognito;
  before(async () => {
    cognito = await LocalCognito.start();
  });
  after(() => cognito.stop());

  const manager = () => new SessionManager({ ...cognito.options, cookies: "session", origin: "http://localhost:3000" });
  const statusAt = (listener: RequestListener, path: string) =>
    withServer(listener, async (port) => (await fetch(`http://127.0.0.1:${port}${path}`)).status);

  it("below a path are told it as a whole, by Express and by Koa", async () => {
    const routes = authRoutes(manager(), { path: "/app/auth" });
    const inner = express().use(routes);
    expect(await statusAt(express().use("/app", inner), "/app/auth/session")).to.equal(200);
    expect(await statusAt(express().use("/app", routes), "/app/auth/session")).to.equal(200);
    expect(await statusAt(express().use(routes), "/app/auth/session")).to.equal(200);
    expect(await statusAt(express().use("/app", authRoutes(manager())), "/app/auth/session")).to.equal(404);
    const koa = new Koa();
    koa.use((ctx, next) => {
      ctx.path = ctx.path.slice("/app".length);
      return next();
    });
    koa.use(koaAuthRoutes(manager(), { path: "/app/auth" }));
    expect(await statusAt(koa.callback(), "/app/auth/session")).to.equal(200);
  });

  it("hand what their successor throws on to it: the process lives", async () => {
    const routes = authRoutes(manager());
    const told: unknown[] = [];
    const listener: RequestListener = (request, response) =>
      routes(request, response, (error) => {
        told.push(error);
        if (error === undefined) throw new Error("a fault of the application");
        response.writeHead(500).end();
      });
    expect(await statusAt(listener, "/other")).to.equal(500);
    expect(told.map(String)).to.deep.equal(["undefined", "Error: a fault of the application"]);
  });

  it("twice, serve two user pools: each signs in its own users", async () => {
    const other = await LocalCognito.start();
    let listener: RequestListener | undefined;
    const server = createServer((request, response) => listener?.(request, response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const origin = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
    const pools = [cognito, other].map(({ options: { userPoolId, clientId, issuer, jwksUri, userPoolEndpoint } }) => ({
      ...{ userPoolId, clientId, issuer, jwksUri, userPoolEndpoint },
    }));
    const sessions = new SessionManager({ userPools: pools, cookies: "session", origin });
    const app = express()
      .use(authRoutes(sessions))
      .use(authRoutes(sessions, { path: "/partners/auth", userPoolId: other.options.userPoolId }))
      .use(authSession(sessions));
    app.get("/me", (req, res) => void res.json({ pool: req.authSession.userPoolId }));
    app.use(authErrorHandler());
    listener = app;
    const client = new RoutesApp(origin, Number(new URL(origin).port), sessions, async () => {});
    const jar = new CookieJar();
    await client.signIn("ada", jar);
    expect((await client.ask("/me", { jar })).body).to.deep.equal({ pool: cognito.options.userPoolId });
    const former = jar.copy();
    await client.signIn("ada", jar, { path: "/partners/auth" });
    expect((await client.ask("/me", { jar })).body).to.deep.equal({ pool: other.options.userPoolId });
    expect((await client.ask("/me", { jar: former })).status).to.equal(401);
    // A sign-in begun at one pool is not ended at the other's callback.
    const callback = new URL(await client.begin("ada", jar));
    const crossed = await client.ask(`/partners/auth/callback${callback.search}`, { jar: new CookieJar(jar.cookies) });
    expect([crossed.status, crossed.headers.location]).to.deep.equal([303, "/"]);
    expect((await client.ask("/me", { jar })).body).to.deep.equal({ pool: other.options.userPoolId });
    const out = await client.post("/auth/sign-out", { jar });
    expect([out.status, (await client.ask("/me", { jar: former })).status]).to.deep.equal([303, 401]);
    expect(other.requests("RevokeToken")).to.equal(1);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await sessions.close();
    await other.stop();
  });
});
