import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { Channel, tracingChannel } from "node:diagnostics_channel";
import { expect } from "chai";
import {
  authorize,
  requireAuth,
  requireCredentials,
  requireGroup,
  SessionManager,
  type SessionStore,
} from "cognito-auth-session";
import { LocalCognito } from "cognito-auth-session/testing";
import { Notice } from "../src/diagnostics/notice.js";
import { Operation } from "../src/diagnostics/operation.js";
import { appWith, get, ok, TestClock } from "./support/app.js";
import { DiagnosticsRecorder } from "./support/diagnostics.js";
import { startRoutesApp } from "./support/routes-app.js";
import { TestStore } from "./support/test-store.js";

const KEY = randomBytes(32).toString("base64");
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

describe("Diagnostics channels", () => {
  const clock = new TestClock();
  let cognito: LocalCognito;
  let recorder: DiagnosticsRecorder;

  before(async () => {
    cognito = await LocalCognito.start({ clock: clock.read });
  });
  after(() => cognito.stop());
  beforeEach(() => {
    recorder = new DiagnosticsRecorder();
  });
  afterEach(() => {
    recorder.stop();
    for (const operation of ["JWKS", "GetId", "GetTokensFromRefreshToken"] as const) {
      cognito.fail(operation, { times: 0 });
    }
  });

  const engine = (options = {}) =>
    new SessionManager({ ...cognito.options, credentials: "lazy", ...options }, { clock: clock.read });

  it("let requests go on where a subscriber freezes the message", async () => {
    const { start } = tracingChannel("cognito-auth-session:verify");
    const freeze = (message: unknown) => void Object.freeze(message);
    start.subscribe(freeze);
    try {
      const sessions = engine();
      for (const username of ["ada", "rob"]) {
        const token = cognito.signIn({ username }).accessToken;
        expect((await sessions.getSession(bearer(token))).username).to.equal(username);
      }
    } finally {
      start.unsubscribe(freeze);
    }
  });

  describe(":verify", () => {
    it("tells of a token that has to wait for the keys: one message through start, end, asyncStart and asyncEnd", async () => {
      await engine().getSession(bearer(cognito.signIn({ username: "ada" }).accessToken));
      const events = recorder.told.filter(({ channel }) => channel === "verify");
      const done = { cached: false, outcome: "ok", userPoolId: cognito.options.userPoolId, tokenUse: "access" };
      expect(events.map(({ event, message }) => [event, message])).to.deep.equal([
        ["start", { cached: false }],
        ["end", { cached: false }],
        ["asyncStart", done],
        ["asyncEnd", done],
      ]);
      expect(new Set(events.map(({ identity }) => identity)).size).to.equal(1);
    });

    it("tells of one that needs to wait for nothing: start and end; and whether it was remembered", async () => {
      const sessions = engine();
      await sessions.warmUp();
      const { idToken } = cognito.signIn({ username: "ada" });
      for (let call = 0; call < 3; call += 1) sessions.resolve(bearer(idToken));
      const done = { outcome: "ok", userPoolId: cognito.options.userPoolId, tokenUse: "id" };
      const events = (cached: boolean) => [
        ["verify start", { cached }],
        ["verify end", { cached, ...done }],
      ];
      expect(recorder.take("verify")).to.deep.equal([...events(false), ...events(false), ...events(true)]);
    });

    it("tells of refusals by their code, with an error event", async () => {
      const sessions = engine();
      await sessions.warmUp();
      for (const [token, outcome] of [
        [cognito.signToken({ tokenUse: "access", claims: { exp: 1 } }), "token_expired"],
        [cognito.signToken({ tokenUse: "access", claims: { iss: "https://other.example" } }), "invalid_claims"],
        ["no-token", "malformed_token"],
        [`a.${"b".repeat(20_000)}.c`, "malformed_token"],
      ] as const) {
        sessions.resolve(bearer(token));
        expect(recorder.take("verify")).to.deep.equal([
          ["verify start", { cached: false }],
          ["verify error", { cached: false, outcome }],
          ["verify end", { cached: false, outcome }],
        ]);
      }
    });
  });

  it(":jwks tells of fetches, and of those that fail", async () => {
    const { userPoolId } = cognito.options;
    const sessions = engine();
    cognito.fail("JWKS", { status: 500, times: 1 });
    await sessions.warmUp().catch(() => {});
    await sessions.warmUp();
    expect(recorder.done("jwks")).to.deep.equal([
      { userPoolId, outcome: "jwks_unavailable", errorName: "UnexpectedStatus" },
      { userPoolId, outcome: "ok", keys: sessions.health().userPools[0]?.keys },
    ]);
  });

  it(":exchange tells of exchanges, once for all who wait, and of those that fail", async () => {
    const sessions = engine();
    const { identityPoolId } = cognito.options;
    const session = await sessions.getSession(bearer(cognito.signIn({ username: "exchanged" }).idToken));
    await Promise.all([session.getCredentials(), session.getCredentials()]);
    await session.getCredentials({ forceRefresh: true });
    cognito.fail("GetId", { error: "TooManyRequestsException", times: 1 });
    const other = await sessions.getSession(bearer(cognito.signIn({ username: "throttled" }).idToken));
    await other.getCredentials().catch(() => {});
    const facts = { identityPoolId, isGuest: false };
    expect(recorder.done("exchange")).to.deep.equal([
      { ...facts, mode: "foreground", outcome: "ok" },
      { ...facts, mode: "forced", outcome: "ok" },
      {
        ...facts,
        mode: "foreground",
        outcome: "credentials_unavailable",
        errorName: "TooManyRequestsException",
      },
    ]);
  });

  it(":refresh tells of refreshes and what became of them", async () => {
    const app = await startRoutesApp({ cognito, clock: clock.read });
    const { userPoolId } = cognito.options;
    const jar = await app.signIn("ada");
    clock.advance({ minutes: 61 });
    await app.ask("/me", { jar });
    cognito.fail("GetTokensFromRefreshToken", { error: "NotAuthorizedException" });
    clock.advance({ minutes: 61 });
    await app.ask("/me", { jar });
    expect(recorder.done("refresh")).to.deep.equal([
      { userPoolId, result: "renewed", outcome: "ok" },
      { userPoolId, result: "over", outcome: "refresh_failed", errorName: "NotAuthorizedException" },
    ]);
    await app.close();
  });

  it(":store tells of calls to the store and whether it answered", async () => {
    const store = new TestStore();
    const sessions = engine({ store, encryptionKeys: [KEY] });
    const credentialsOf = async (username: string) =>
      (await sessions.getSession(bearer(cognito.signIn({ username }).idToken))).getCredentials();
    await credentialsOf("stored");
    const up = recorder.done("store");
    expect(up.map(({ operation, entry }) => `${operation} ${entry}`)).to.include.members([
      "get credentials",
      "lock exchange",
      "set credentials",
      "get identity",
      "set identity",
      "get revoked",
    ]);
    expect(new Set(up.map(({ outcome }) => outcome))).to.deep.equal(new Set(["ok"]));
    store.health = "down";
    await credentialsOf("unstored");
    expect(new Set(recorder.done("store").map(({ outcome }) => outcome))).to.deep.equal(new Set(["store_unavailable"]));
    await sessions.close();
  });

  it(":guard tells what each guard decided, at hand or waited for", async () => {
    const app = appWith(engine(), (routes) => {
      routes.get("/admin", requireGroup("admin"), ok);
      routes.get(
        "/all",
        requireAuth(),
        requireCredentials(),
        authorize(async () => true),
        ok,
      );
    });
    const { idToken } = cognito.signIn({ username: "ada", groups: ["editors"] });
    await get(app, "/admin", idToken).expect(403);
    await get(app, "/all", idToken).expect(200);
    expect(recorder.take("guard")).to.deep.equal([
      ["guard", { guard: "requireGroup", outcome: "insufficient_group" }],
      ["guard", { guard: "requireAuth", outcome: "ok" }],
      ["guard", { guard: "requireCredentials", outcome: "ok" }],
      ["guard", { guard: "authorize", outcome: "ok" }],
    ]);
  });

  it(":request tells what a request came to, once, however often its session is asked for", async () => {
    const sessions = engine({ required: false });
    const { userPoolId } = cognito.options;
    const request = bearer(cognito.signIn({ username: "ada" }).idToken);
    await sessions.isAuthenticated(request);
    await sessions.getSession(request);
    await sessions.getUserInfo(request);
    await sessions.getSession({ headers: {} });
    await sessions.getSession(bearer("no-token")).catch(() => {});
    expect(recorder.take("request")).to.deep.equal([
      ["request", { outcome: "ok", isAuthenticated: true, userPoolId }],
      ["request", { outcome: "ok", isAuthenticated: false }],
      ["request", { outcome: "malformed_token", isAuthenticated: false }],
    ]);
  });

  it(":request tells of credentials that a request waits for in vain", async () => {
    cognito.fail("GetId", { error: "InternalErrorException", times: 1 });
    const sessions = engine({ credentials: "eager" });
    await sessions.getSession(bearer(cognito.signIn({ username: "unlucky" }).idToken)).catch(() => {});
    expect(recorder.take("request")).to.deep.equal([
      ["request", { outcome: "credentials_unavailable", isAuthenticated: false }],
    ]);
  });

  it(":eviction tells of what made room in a cache that is full", async () => {
    const sessions = engine({ tokenCacheSize: 1, credentialsCacheSize: 1, credentials: "eager" });
    await sessions.warmUp();
    const tokens = ["ada", "bob"].map((username) => cognito.signIn({ username }).idToken);
    // A token is remembered at second sight, and where there is no room only now and then.
    for (const token of tokens) for (let call = 0; call < 10; call += 1) await sessions.getSession(bearer(token));
    expect(recorder.take("eviction")).to.have.deep.members([
      ["eviction", { cache: "credentials" }],
      ["eviction", { cache: "tokens" }],
    ]);
  });

  it("hold no token, no secret, and nothing that tells who a user is", async () => {
    const sessions = engine({ store: new TestStore(), encryptionKeys: [KEY], credentials: "eager" });
    const user = cognito.signIn({ username: "grace-hopper", attributes: { email: "grace@example.com" } });
    const session = await sessions.getSession({
      headers: { authorization: `Bearer ${user.accessToken}`, "x-id-token": user.idToken },
    });
    const { accessKeyId, secretAccessKey, sessionToken } = await session.getCredentials();
    const app = await startRoutesApp({ cognito, clock: clock.read });
    const jar = await app.signIn("grace-hopper");
    clock.advance({ minutes: 61 });
    await app.ask("/me", { jar });
    const kept = await app.sessions.getSession({ method: "GET", headers: { cookie: jar.header } });
    await app.close();
    const [cookie = "none"] = jar.cookies.values();
    const secrets = [
      ...[
        user.accessToken,
        user.idToken,
        user.refreshToken,
        kept.tokens?.accessToken,
        kept.tokens?.refreshToken,
        cookie,
      ],
      ...[accessKeyId, secretAccessKey, sessionToken, session.identityId, session.userSub, kept.userSub],
      ...["grace-hopper", "grace@example.com", KEY],
    ];
    for (const secret of secrets) {
      expect(String(secret).length).to.be.greaterThan(9);
      expect(recorder.text).not.to.contain(String(secret));
    }
    const seen = new Set(recorder.told.map(({ channel }) => channel));
    expect([...seen]).to.include.members(["verify", "exchange", "refresh", "jwks", "store", "request"]);
    await sessions.close();
  });

  describe("cost nothing while nobody listens", () => {
    it("no message is made and nothing is published, on any way that a request goes", async () => {
      recorder.stop();
      let calls = 0;
      const undo = [
        countCalls(Channel.prototype, "publish", () => (calls += 1)),
        countCalls(Channel.prototype, "runStores", () => (calls += 1)),
        countCalls(Operation.prototype, "run", () => (calls += 1)),
        countCalls(Notice.prototype, "publish", () => (calls += 1)),
      ];
      try {
        await everyWay();
        expect(calls, "without subscribers").to.equal(0);
        recorder = new DiagnosticsRecorder();
        await everyWay();
        expect(calls, "the same with them: the count counts").to.be.greaterThan(20);
      } finally {
        for (const each of undo) each();
      }
    });

    it("a hot request is answered without a promise, and with subscribers as well", async () => {
      const sessions = engine();
      await sessions.warmUp();
      const { accessToken } = cognito.signIn({ username: "ada" });
      for (const listening of [false, true]) {
        if (!listening) recorder.stop();
        else recorder = new DiagnosticsRecorder();
        for (let call = 0; call < 3; call += 1) {
          expect(sessions.resolve(bearer(accessToken)), `listening: ${listening}`).not.to.be.instanceOf(Promise);
        }
      }
    });

    async function everyWay(): Promise<void> {
      const store: SessionStore = new TestStore();
      const sessions = engine({ store, encryptionKeys: [KEY], tokenCacheSize: 1, credentials: "eager" });
      const app = appWith(sessions, (routes) => routes.get("/admin", requireGroup("admin"), ok));
      const { idToken } = cognito.signIn({ username: "ada" });
      for (let call = 0; call < 3; call += 1) await get(app, "/me", idToken).expect(200);
      await get(app, "/admin", idToken).expect(403);
      await get(app, "/me", "no-token").expect(401);
      const routes = await startRoutesApp({ cognito, clock: clock.read });
      const jar = await routes.signIn("ada");
      clock.advance({ minutes: 61 });
      await routes.ask("/me", { jar });
      await routes.close();
      await sessions.close();
    }
  });

  it("let requests go on where a subscriber throws; what it threw is an uncaught exception, as Node has it", () => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ["--import", "tsx", "test/support/throwing-subscriber.ts"],
      { encoding: "utf8" },
    );
    expect(stderr).to.equal("");
    expect(status).to.equal(0);
    const { statuses, uncaught } = JSON.parse(stdout);
    expect(statuses).to.deep.equal([200, 401]);
    expect(new Set(uncaught)).to.deep.equal(new Set(["thrown by a subscriber"]));
  });
});

function countCalls<Key extends string, Owner extends Record<Key, unknown>>(
  owner: Owner,
  name: Key,
  count: () => void,
): () => void {
  const original = owner[name];
  if (typeof original !== "function") throw new Error(`${name} is no function.`);
  const counting = function (this: unknown, ...given: unknown[]): unknown {
    count();
    return original.apply(this, given);
  };
  Object.defineProperty(owner, name, { value: counting, configurable: true, writable: true });
  return () => void Object.defineProperty(owner, name, { value: original, configurable: true, writable: true });
}
