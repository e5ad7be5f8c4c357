import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { inspect } from "node:util";
import { context, type MeterProvider, SpanStatusCode, type TracerProvider, trace } from "@opentelemetry/api";
import { DataPointType } from "@opentelemetry/sdk-metrics";
import { expect } from "chai";
import { requireGroup, SessionManager, type SessionManagerParts } from "cognito-auth-session";
import { instrumentAuthSession } from "cognito-auth-session/otel";
import { LocalCognito } from "cognito-auth-session/testing";
import { liveComponents } from "../src/session/live-components.js";
import { fetchKeySet } from "../src/tokens/fetch-key-set.js";
import { appWith, get, ok, TestClock } from "./support/app.js";
import { startRoutesApp } from "./support/routes-app.js";
import { Telemetry } from "./support/telemetry.js";
import { TestStore } from "./support/test-store.js";

const KEY = randomBytes(32).toString("base64");
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

describe("instrumentAuthSession()", () => {
  const clock = new TestClock();
  let cognito: LocalCognito;
  let telemetry: Telemetry;
  const stops: (() => unknown)[] = [];

  before(async () => {
    cognito = await LocalCognito.start({ clock: clock.read });
  });
  after(() => cognito.stop());
  beforeEach(() => {
    telemetry = new Telemetry();
  });
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
    for (const operation of ["JWKS", "GetId", "GetTokensFromRefreshToken"] as const) {
      cognito.fail(operation, { times: 0 });
    }
    await telemetry.shutdown();
  });

  /** An engine whose spans and metrics are looked at. */
  function instrumented(options = {}, parts: SessionManagerParts = {}): SessionManager {
    const sessions = new SessionManager(
      { ...cognito.options, credentials: "lazy", ...options },
      { clock: clock.read, ...parts },
    );
    const { tracerProvider, meterProvider } = telemetry;
    stops.push(instrumentAuthSession({ tracerProvider, meterProvider, sessions }));
    stops.push(() => sessions.close());
    return sessions;
  }

  const spans = () =>
    telemetry
      .spans()
      .map(({ name, attributes, status }) => ({ name, attributes: shorten(attributes), status: status.code }));
  const UNSET = SpanStatusCode.UNSET;
  const ERROR = SpanStatusCode.ERROR;

  describe("spans", () => {
    it("are made of a verification, and of the key set that it waits for, beneath the request's own", async () => {
      let during: unknown;
      const sessions = instrumented(
        {},
        {
          fetchJson: (uri, limits) => {
            during = trace.getActiveSpan()?.spanContext().spanId;
            return fetchKeySet(uri, limits);
          },
        },
      );
      const { userPoolId } = cognito.options;
      const tracer = telemetry.tracerProvider.getTracer("app");
      await tracer.startActiveSpan("GET /me", async (span) => {
        await sessions.getSession(bearer(cognito.signIn({ username: "ada" }).accessToken));
        expect(trace.getActiveSpan(), "the request's span is the active one again").to.equal(span);
        span.end();
      });
      expect(spans()).to.deep.equal([
        { name: "fetch key set", attributes: { "user_pool.id": userPoolId, outcome: "ok" }, status: UNSET },
        {
          name: "verify token",
          attributes: { "user_pool.id": userPoolId, "token.use": "access", outcome: "ok" },
          status: UNSET,
        },
        { name: "GET /me", attributes: {}, status: UNSET },
      ]);
      const [fetched, verified, request] = telemetry.spans();
      expect(fetched?.parentSpanContext?.spanId).to.equal(verified?.spanContext().spanId);
      expect(verified?.parentSpanContext?.spanId).to.equal(request?.spanContext().spanId);
      expect(during, "what happens meanwhile is beneath the span").to.equal(fetched?.spanContext().spanId);
      expect(verified?.instrumentationScope.name).to.equal("cognito-auth-session");
    });

    it("are nested without a context manager too", async () => {
      context.disable();
      await instrumented().getSession(bearer(cognito.signIn({ username: "ada" }).accessToken));
      const [fetched, verified] = telemetry.spans();
      expect(fetched?.parentSpanContext?.spanId).to.equal(verified?.spanContext().spanId);
    });

    it("are not made of a token that is remembered", async () => {
      const sessions = instrumented();
      const request = () => bearer(token);
      const token = cognito.signIn({ username: "ada" }).accessToken;
      for (let call = 0; call < 5; call += 1) await sessions.getSession(request());
      expect(spans().filter(({ name }) => name === "verify token")).to.have.length(2);
    });

    it("end with the code where a token is refused, which is no error of the server's", async () => {
      const sessions = instrumented();
      await sessions.warmUp();
      const expired = cognito.signToken({ tokenUse: "access", claims: { exp: 1 } });
      await sessions.getSession(bearer(expired)).catch(() => {});
      expect(spans().at(-1)).to.deep.equal({
        name: "verify token",
        attributes: { outcome: "token_expired", "error.type": "token_expired" },
        status: UNSET,
      });
    });

    it("end as errors in an outage: keys, credentials, refreshes", async () => {
      const { userPoolId, identityPoolId } = cognito.options;
      const sessions = instrumented();
      const user = cognito.signIn({ username: "throttled" });
      cognito.fail("JWKS", { status: 503, times: 1 });
      await sessions.getSession(bearer(user.idToken)).catch(() => {});
      const session = await sessions.getSession(bearer(user.idToken));
      cognito.fail("GetId", { error: "TooManyRequestsException", times: 1 });
      await session.getCredentials().catch(() => {});
      expect(spans().filter(({ status }) => status === ERROR)).to.deep.equal([
        {
          name: "fetch key set",
          attributes: { "user_pool.id": userPoolId, outcome: "jwks_unavailable", "error.type": "UnexpectedStatus" },
          status: ERROR,
        },
        {
          name: "verify token",
          attributes: { outcome: "jwks_unavailable", "error.type": "jwks_unavailable" },
          status: ERROR,
        },
        {
          name: "exchange credentials",
          attributes: {
            "identity_pool.id": identityPoolId,
            "exchange.mode": "foreground",
            is_guest: false,
            outcome: "credentials_unavailable",
            "error.type": "TooManyRequestsException",
          },
          status: ERROR,
        },
      ]);
    });

    it("are made of refreshes, with what became of them", async () => {
      instrumented();
      const { userPoolId } = cognito.options;
      const app = await startRoutesApp({ cognito, clock: clock.read });
      stops.push(() => app.close());
      const jar = await app.signIn("ada");
      clock.advance({ minutes: 61 });
      await app.ask("/me", { jar });
      cognito.fail("GetTokensFromRefreshToken", { error: "NotAuthorizedException" });
      clock.advance({ minutes: 61 });
      await app.ask("/me", { jar });
      expect(spans().filter(({ name }) => name === "refresh tokens")).to.deep.equal([
        {
          name: "refresh tokens",
          attributes: { "user_pool.id": userPoolId, "refresh.result": "renewed", outcome: "ok" },
          status: UNSET,
        },
        {
          name: "refresh tokens",
          attributes: {
            "user_pool.id": userPoolId,
            "refresh.result": "over",
            outcome: "refresh_failed",
            "error.type": "NotAuthorizedException",
          },
          status: UNSET,
        },
      ]);
      expect(await telemetry.values("cognito_auth_session.refresh.duration")).to.deep.equal({
        "outcome=ok refresh.result=renewed": 1,
        "error.type=NotAuthorizedException outcome=refresh_failed refresh.result=over": 1,
      });
    });
  });

  describe("metrics", () => {
    it("count requests and decisions by outcome, and lookups of tokens", async () => {
      const sessions = instrumented();
      const app = appWith(sessions, (routes) => routes.get("/admin", requireGroup("admin"), ok));
      const { idToken } = cognito.signIn({ username: "ada" });
      for (let call = 0; call < 3; call += 1) await get(app, "/admin", idToken).expect(403);
      await get(app, "/me").expect(401);
      await get(app, "/me", "no-token").expect(401);
      expect(await telemetry.values("cognito_auth_session.requests")).to.deep.equal({
        "is_authenticated=true outcome=ok": 3,
        "is_authenticated=false outcome=missing_token": 1,
        "is_authenticated=false outcome=malformed_token": 1,
      });
      expect(await telemetry.values("cognito_auth_session.guard.decisions")).to.deep.equal({
        "guard=requireGroup outcome=insufficient_group": 3,
      });
      expect(await telemetry.values("cognito_auth_session.token_cache.lookups")).to.deep.equal({
        "lookup.result=hit": 1,
        "lookup.result=miss": 3,
      });
    });

    it("time exchanges in seconds, and tell how many are under way", async () => {
      const sessions = instrumented();
      const session = await sessions.getSession(bearer(cognito.signIn({ username: "timed" }).idToken));
      const pending = session.getCredentials();
      expect(await telemetry.values("cognito_auth_session.exchange.active")).to.deep.equal({ "": 1 });
      await pending;
      expect(await telemetry.values("cognito_auth_session.exchange.active")).to.deep.equal({ "": 0 });
      const metric = (await telemetry.metrics()).get("cognito_auth_session.exchange.duration");
      expect(metric?.descriptor.unit).to.equal("s");
      if (metric?.dataPointType !== DataPointType.HISTOGRAM) throw new Error("It is no histogram.");
      const [point] = metric.dataPoints;
      expect(point?.value.count).to.equal(1);
      expect(point?.value.sum).to.be.within(0, 10);
      expect(point?.value.buckets.boundaries).to.include.members([0.01, 0.1, 1, 10]);
    });

    it("show the age of the keys and the entries of the caches, and count evictions", async () => {
      const sessions = instrumented({ tokenCacheSize: 1, credentialsCacheSize: 1, credentials: "eager" });
      await sessions.warmUp();
      const tokens = ["ada", "bob"].map((username) => cognito.signIn({ username }).idToken);
      for (const token of tokens) for (let call = 0; call < 10; call += 1) await sessions.getSession(bearer(token));
      clock.advance({ minutes: 3 });
      expect(await telemetry.values("cognito_auth_session.jwks.age")).to.deep.equal({
        [`user_pool.id=${cognito.options.userPoolId}`]: 180,
      });
      expect(await telemetry.values("cognito_auth_session.cache.entries")).to.deep.equal({
        "cache=tokens": 1,
        "cache=credentials": 1,
      });
      expect(await telemetry.values("cognito_auth_session.cache.evictions")).to.deep.equal({
        "cache=tokens": 1,
        "cache=credentials": 1,
      });
    });

    it("time fetches of key sets and the store's calls", async () => {
      const store = new TestStore();
      const sessions = instrumented({ store, encryptionKeys: [KEY] });
      cognito.fail("JWKS", { status: 500, times: 1 });
      await sessions.warmUp().catch(() => {});
      await sessions.warmUp();
      const pool = `user_pool.id=${cognito.options.userPoolId}`;
      expect(await telemetry.values("cognito_auth_session.jwks.fetch.duration")).to.deep.equal({
        [`error.type=UnexpectedStatus outcome=jwks_unavailable ${pool}`]: 1,
        [`outcome=ok ${pool}`]: 1,
      });
      const session = await sessions.getSession(bearer(cognito.signIn({ username: "kept" }).idToken));
      await session.getCredentials();
      expect(await telemetry.values("cognito_auth_session.store.operation.duration")).to.include.keys(
        "outcome=ok store.operation=get",
        "outcome=ok store.operation=set",
        "outcome=ok store.operation=lock",
      );
    });

    it("show every engine of the process where none is named, until it is closed", async () => {
      const before = liveComponents.all().length;
      const sessions = new SessionManager(cognito.options);
      expect(liveComponents.all())
        .to.have.length(before + 1)
        .and.to.include(SessionManager.componentsOf(sessions));
      const { tracerProvider, meterProvider } = telemetry;
      stops.push(instrumentAuthSession({ tracerProvider, meterProvider }));
      await sessions.warmUp();
      const pool = `user_pool.id=${cognito.options.userPoolId}`;
      expect(await telemetry.values("cognito_auth_session.jwks.age")).to.have.property(pool);
      await sessions.close();
      expect(liveComponents.all()).not.to.include(SessionManager.componentsOf(sessions));
    });
  });

  it("puts no token, no secret and nothing that tells who a user is into spans and metrics", async () => {
    const store = new TestStore();
    const sessions = instrumented({ store, encryptionKeys: [KEY], credentials: "eager" });
    const user = cognito.signIn({ username: "grace-hopper", attributes: { email: "grace@example.com" } });
    const session = await sessions.getSession({
      headers: { authorization: `Bearer ${user.accessToken}`, "x-id-token": user.idToken },
    });
    const { accessKeyId, secretAccessKey, sessionToken } = await session.getCredentials();
    const app = await startRoutesApp({ cognito, clock: clock.read });
    stops.push(() => app.close());
    const jar = await app.signIn("grace-hopper");
    clock.advance({ minutes: 61 });
    await app.ask("/me", { jar });
    await sessions.getSession(bearer(user.idToken)).catch(() => {});
    const { tokens } = await app.sessions.getSession({ method: "GET", headers: { cookie: jar.header } });
    const [cookie = "none"] = jar.cookies.values();
    const shown = telemetry
      .spans()
      .map(({ name, attributes, events, status, links }) =>
        inspect({ name, attributes, events, status, links }, { depth: 9 }),
      )
      .concat(inspect(await telemetry.metrics(), { depth: 20, maxArrayLength: null, maxStringLength: null }))
      .join("\n");
    expect(shown).to.contain("exchange credentials").and.to.contain("refresh tokens").and.to.contain("store.operation");
    for (const secret of [
      ...[user.accessToken, user.idToken, user.refreshToken, tokens?.accessToken, tokens?.refreshToken, cookie],
      ...[accessKeyId, secretAccessKey, sessionToken, session.identityId, session.userSub, "grace", KEY],
    ]) {
      expect(String(secret).length).to.be.greaterThan(4);
      expect(shown).not.to.contain(String(secret));
    }
    expect(telemetry.spans().flatMap(({ events, status }) => [...events, status.message ?? []].flat())).to.deep.equal(
      [],
    );
  });

  it("harms no request where the tracer or the meter throws", async () => {
    const fail = (): never => {
      throw new Error("a broken SDK");
    };
    const uncaught: unknown[] = [];
    const listener = (error: unknown) => void uncaught.push(error);
    process.on("uncaughtException", listener);
    const span = { setAttributes: fail, setStatus: fail, end: fail };
    for (const startSpan of [fail, () => span]) {
      // Only what is used of one.
      const tracerProvider = { getTracer: () => ({ startSpan }) } as unknown as TracerProvider;
      const instrument = () => ({ add: fail, record: fail, addCallback() {}, removeCallback() {} });
      const meter = {
        ...{ createCounter: instrument, createUpDownCounter: instrument, createHistogram: instrument },
        ...{ createObservableGauge: instrument, createObservableUpDownCounter: instrument },
      };
      const meterProvider = { getMeter: () => meter } as unknown as MeterProvider;
      const stop = instrumentAuthSession({ tracerProvider, meterProvider });
      const sessions = new SessionManager({ ...cognito.options, credentials: "lazy" }, { clock: clock.read });
      const { isAuthenticated } = await sessions.getSession(bearer(cognito.signIn({ username: "ada" }).idToken));
      expect(isAuthenticated).to.equal(true);
      stop();
      await sessions.close();
    }
    await new Promise((resolve) => setImmediate(resolve));
    process.off("uncaughtException", listener);
    expect(uncaught).to.deep.equal([]);
  });

  it("stops when it is told to", async () => {
    const sessions = instrumented();
    for (const stop of stops.splice(0, 1)) stop();
    await sessions.getSession(bearer(cognito.signIn({ username: "ada" }).idToken));
    expect(telemetry.spans()).to.deep.equal([]);
    expect(await telemetry.values("cognito_auth_session.requests")).to.deep.equal({});
    expect(await telemetry.values("cognito_auth_session.jwks.age")).to.deep.equal({});
  });

  it("refuses what is no SessionManager", () => {
    // As from JavaScript.
    const sessions = [{}] as unknown as SessionManager[];
    expect(() => instrumentAuthSession({ sessions })).to.throw(TypeError, /takes a SessionManager/);
  });

  it("is the only thing that loads OpenTelemetry, and needs nothing of it but its API", () => {
    const files = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
    const imports = files.flatMap((file) =>
      [...readFileSync(`src/${file}`, "utf8").matchAll(/(?:from|import\() ?"(@opentelemetry\/[^"]+)"/g)].map(
        ([, name]) => [file.split("/")[0], name],
      ),
    );
    expect(new Set(imports.map(String))).to.deep.equal(new Set(["otel,@opentelemetry/api"]));
    const source = `
      import { createRequire } from "node:module";
      const { cache } = createRequire(import.meta.url);
      for (const face of ["index", "koa", "fetch", "routes", "redis"]) await import("./src/" + face + ".ts");
      console.log(Object.keys(cache).filter((file) => file.includes("/@opentelemetry/")).length);`;
    const output = execFileSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", source], {
      encoding: "utf8",
    });
    expect(output.trim()).to.equal("0");
  });
});

function shorten(attributes: object): object {
  return Object.fromEntries(
    Object.entries(attributes).map(([name, value]) => [name.replace("cognito_auth_session.", ""), value]),
  );
}
