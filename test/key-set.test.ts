import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { expect } from "chai";
import {
  AuthError,
  type AuthSessionOptions,
  ConfigurationError,
  type JsonWebKeySet,
  SessionManager,
} from "cognito-auth-session";
import { LocalCognito } from "cognito-auth-session/testing";
import { appWith, get, TestClock } from "./support/app.js";
import { drip } from "./support/drip.js";
import { expectRefusal } from "./support/expectations.js";
import { withServer } from "./support/raw-http.js";

describe("The key set", () => {
  let cognito: LocalCognito;
  let clock: TestClock;

  beforeEach(async () => {
    clock = new TestClock();
    cognito = await LocalCognito.start({ clock: clock.read });
  });
  afterEach(() => cognito.stop());

  const token = (lifetimeSeconds = 1_000_000) =>
    cognito.signToken({ tokenUse: "access", claims: { exp: Math.floor(clock.nowMs / 1000) + lifetimeSeconds } });
  const withClock = (options?: AuthSessionOptions) =>
    appWith({ ...cognito.options, identityPoolId: null, ...options }, undefined, { clock: clock.read });
  const bogus = (kid: string) => cognito.signToken({ tokenUse: "access", header: { kid } });

  it("is fetched once for 100 parallel first requests", async () => {
    const app = withClock();
    const tokens = Array.from({ length: 100 }, () => token());
    const answers = await Promise.all(tokens.map((each) => get(app, "/me", each)));
    expect(answers.map(({ status }) => status)).to.deep.equal(Array(100).fill(200));
    expect(cognito.requests("JWKS")).to.equal(1);
  });

  it("is warmed up before the first request", async () => {
    const sessions = new SessionManager(cognito.options, { clock: clock.read });
    expect(sessions.health()).to.deep.include({ ready: false });
    await sessions.warmUp();
    await sessions.warmUp();
    expect(cognito.requests("JWKS")).to.equal(1);
    expect(sessions.health()).to.deep.equal({
      ready: true,
      userPools: [{ userPoolId: cognito.options.userPoolId, keys: 2, keysAgeSeconds: 0 }],
      cachedCredentials: 0,
    });
    await sessions.close();
  });

  it("warms up no further than the pool answers", async () => {
    cognito.fail("JWKS", { status: 500 });
    const error: unknown = await new SessionManager(cognito.options).warmUp().catch((e: unknown) => e);
    expect(error).to.be.instanceOf(AuthError).that.includes({ code: "jwks_unavailable" });
  });

  describe("rotates:", () => {
    it("a new key works at once and costs one fetch", async () => {
      const app = withClock();
      await get(app, "/me", token()).expect(200);
      cognito.rotateKeys({ keepOld: true });
      await Promise.all(Array.from({ length: 20 }, () => get(app, "/me", token()).expect(200)));
      expect(cognito.requests("JWKS")).to.equal(2);
    });

    it("a storm of invented kids causes five fetches, and one more each five seconds", async () => {
      const app = withClock();
      await get(app, "/me", token()).expect(200);
      for (let index = 0; index < 50; index += 1)
        expectRefusal(await get(app, "/me", bogus(`k${index}`)), "invalid_signature");
      expect(cognito.requests("JWKS")).to.equal(1 + 5);
      cognito.rotateKeys();
      expectRefusal(await get(app, "/me", token()), "invalid_signature");
      clock.advance({ seconds: 5 });
      await get(app, "/me", token()).expect(200);
      expect(cognito.requests("JWKS")).to.equal(1 + 5 + 1);
    });

    it("a withdrawn key stops working after ten minutes, for remembered tokens too", async () => {
      const app = withClock();
      const old = token();
      await get(app, "/me", old).expect(200);
      cognito.rotateKeys();
      clock.advance({ minutes: 7 });
      await get(app, "/me", old).expect(200);
      clock.advance({ minutes: 3 });
      expectRefusal(await get(app, "/me", old), "invalid_signature");
      await get(app, "/me", token()).expect(200);
    });

    it("a withdrawn key ends a request that goes on", async () => {
      const sessions = new SessionManager({ ...cognito.options, credentials: "lazy" }, { clock: clock.read });
      const request = (raw: string) => ({ headers: { authorization: `Bearer ${raw}` } });
      const old = request(token());
      await sessions.getSession(old);
      cognito.rotateKeys();
      clock.advance({ minutes: 10 });
      expect(await sessions.isAuthenticated(request(token()))).to.equal(true);
      expect(await sessions.isAuthenticated(old)).to.equal(false);
    });

    it("a key that changed under its kid is another key", async () => {
      const [first, second] = [makeKeySet("k"), makeKeySet("k")];
      let served = first;
      const options = { ...cognito.options, identityPoolId: null };
      const app = appWith(options, undefined, { clock: clock.read, fetchJson: async () => served.jwks });
      const signed = await signWith(first, cognito, clock);
      for (const _sight of [1, 2, 3]) await get(app, "/me", signed).expect(200);
      served = second;
      clock.advance({ minutes: 11 });
      expectRefusal(await get(app, "/me", signed), "invalid_signature");
      await get(app, "/me", await signWith(second, cognito, clock)).expect(200);
    });

    it("is renewed in the background from eight minutes on, while requests go on", async () => {
      const app = withClock();
      const mine = token();
      await get(app, "/me", mine).expect(200);
      clock.advance({ minutes: 8 });
      cognito.fail("JWKS", { delay: 100 });
      const started = Date.now();
      await get(app, "/me", mine).expect(200);
      expect(Date.now() - started).to.be.below(90);
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(cognito.requests("JWKS")).to.equal(2);
    });
  });

  describe("cannot be had:", () => {
    const faults: [string, Parameters<LocalCognito["fail"]>[1]][] = [
      ["500", { status: 500 }],
      ["404", { status: 404 }],
      ["HTML with 200", { status: 200, body: "<html>captive portal</html>" }],
      ["an empty object", { body: "{}" }],
      ["no keys", { body: '{"keys":[]}' }],
      ["keys that are no list", { body: '{"keys":{"0":{}}}' }],
      ["a list", { body: "[]" }],
      ["a reset connection", { reset: true }],
      ["no answer", { delay: Number.POSITIVE_INFINITY }],
      ["an answer of 10 MB", { body: `{"keys":[],"x":"${"y".repeat(10_000_000)}"}` }],
    ];
    for (const [name, fault] of faults) {
      it(`${name} is 503 with Retry-After, within the time-out, and recovers by itself`, async () => {
        const app = withClock({ requestTimeout: 300 });
        cognito.fail("JWKS", fault);
        const started = Date.now();
        expectRefusal(await get(app, "/me", token()), "jwks_unavailable");
        expect(Date.now() - started).to.be.below(1000);
        cognito.fail("JWKS", { times: 0 });
        await get(app, "/me", token()).expect(200);
      });
    }

    it("a key set of 10 MB is not read, good as its keys may be", async () => {
      const keySet = (await (await fetch(cognito.options.jwksUri)).json()) as object;
      cognito.fail("JWKS", { body: JSON.stringify({ ...keySet, padding: "y".repeat(10_000_000) }) });
      expectRefusal(await get(withClock(), "/me", token()), "jwks_unavailable");
    });

    it("a redirect is not followed", async () => {
      await withServer(
        (_req, res) => res.writeHead(302, { Location: cognito.options.jwksUri }).end(),
        async (port) => {
          const app = withClock({ jwksUri: `http://127.0.0.1:${port}/jwks.json` });
          expectRefusal(await get(app, "/me", token()), "jwks_unavailable");
          expect(cognito.requests("JWKS")).to.equal(0);
        },
      );
    });

    it("a slow drip ends with the time-out, though garbage is collected meanwhile", async () => {
      let ended: Promise<unknown> = Promise.resolve();
      await withServer(
        (req, res) => {
          drip(req, res);
          ended = once(res, "close", { signal: AbortSignal.timeout(3000) });
        },
        async (port) => {
          const started = Date.now();
          const app = withClock({ jwksUri: `http://127.0.0.1:${port}/jwks.json`, requestTimeout: 200 });
          expectRefusal(await get(app, "/me", token()), "jwks_unavailable");
          expect(Date.now() - started).to.be.below(1000);
          // Nor does the transfer go on.
          await ended;
        },
      );
    });

    it("a failing pool is not hammered", async () => {
      const app = withClock();
      cognito.fail("JWKS", { status: 500 });
      for (let index = 0; index < 50; index += 1) expectRefusal(await get(app, "/me", token()), "jwks_unavailable");
      expect(cognito.requests("JWKS")).to.equal(2);
      clock.advance({ seconds: 1 });
      cognito.fail("JWKS", { times: 0 });
      await get(app, "/me", token()).expect(200);
    });

    it("known keys go on serving for a day, then are given up", async () => {
      const app = withClock();
      const mine = token();
      await get(app, "/me", mine).expect(200);
      cognito.fail("JWKS", { status: 500 });
      for (const hours of [1, 10, 12]) {
        clock.advance({ hours });
        await get(app, "/me", mine).expect(200);
        await get(app, "/me", token()).expect(200);
      }
      clock.advance({ hours: 2 });
      expectRefusal(await get(app, "/me", mine), "jwks_unavailable");
      cognito.fail("JWKS", { times: 0 });
      clock.advance({ seconds: 10 });
      await get(app, "/me", mine).expect(200);
    });

    it("each request that waited has an error of its own", async () => {
      const sessions = new SessionManager(cognito.options, { clock: clock.read });
      cognito.fail("JWKS", { status: 500, delay: 50 });
      const bearer = { authorization: `Bearer ${token()}` };
      const errors = await Promise.all(
        [1, 2, 3].map(() => sessions.getSession({ headers: bearer }).catch((error: unknown) => error)),
      );
      expect(new Set(errors).size).to.equal(3);
      expect(cognito.requests("JWKS")).to.equal(1);
    });

    it("health says so once the keys can no longer be relied on", async () => {
      const sessions = new SessionManager(cognito.options, { clock: clock.read });
      await sessions.warmUp();
      clock.advance({ hours: 25 });
      expect(sessions.health()).to.include({ ready: false });
    });

    it("an unknown kid under old keys waits for one fetch only", async () => {
      const app = withClock({ requestTimeout: 300 });
      await get(app, "/me", token()).expect(200);
      clock.advance({ minutes: 11 });
      cognito.fail("JWKS", { delay: Number.POSITIVE_INFINITY });
      const started = Date.now();
      expectRefusal(await get(app, "/me", bogus("new")), "jwks_unavailable");
      expect(Date.now() - started).to.be.below(550);
    });

    it("a clock that is set back neither blocks fetching nor keeps old keys young", async () => {
      const app = withClock();
      cognito.fail("JWKS", { status: 500 });
      for (let index = 0; index < 5; index += 1) await get(app, "/me", token()).expect(503);
      clock.advance({ hours: -1 });
      cognito.fail("JWKS", { times: 0 });
      const old = token();
      await get(app, "/me", old).expect(200);
      cognito.rotateKeys();
      clock.advance({ hours: -1 });
      expectRefusal(
        await get(app, "/me", cognito.signToken({ tokenUse: "access", header: { kid: "x" } })),
        "invalid_signature",
      );
      expectRefusal(await get(app, "/me", old), "invalid_claims");
    });

    it("invented kids do not hammer a failing pool either", async () => {
      const app = withClock();
      await get(app, "/me", token()).expect(200);
      cognito.fail("JWKS", { status: 500 });
      for (let index = 0; index < 20; index += 1) {
        expectRefusal(await get(app, "/me", bogus(`k${index}`)), "jwks_unavailable");
      }
      expect(cognito.requests("JWKS")).to.equal(1 + 2);
    });

    it("an unknown kid is then an outage, not the token's fault", async () => {
      const app = withClock();
      await get(app, "/me", token()).expect(200);
      cognito.fail("JWKS", { status: 500 });
      cognito.rotateKeys();
      expectRefusal(await get(app, "/me", token()), "jwks_unavailable");
    });
  });

  it("takes the good keys of a set that has bad ones", async () => {
    const good = makeKeySet("good");
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const small = generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey.export({ format: "jwk" });
    const [jwk] = good.jwks.keys;
    const bad: object[] = [
      { ...jwk, kid: 7 },
      { ...jwk, kid: "" },
      { ...jwk, kid: "enc", use: "enc" },
      { ...jwk, kid: "alg", alg: "RS512" },
      { ...jwk, kid: "e1", e: "AQ" },
      { ...jwk, kid: "n", n: "!!" },
      { ...small, kid: "small" },
      { ...privateKey.export({ format: "jwk" }), kid: "private" },
      { kty: "oct", k: "AAAA", kid: "oct" },
      { kty: "EC", kid: "ec" },
    ];
    const fetchJson = async () => ({ keys: [null, 7, "x", [], ...bad, jwk] });
    const sessions = new SessionManager(cognito.options, { clock: clock.read, fetchJson });
    await sessions.warmUp();
    expect(sessions.health().userPools[0]?.keys).to.equal(1);
    await get(appWith(sessions), "/me", await signWith(good, cognito, clock)).expect(403);
  });

  describe("as a fixed set (`jwks`)", () => {
    it("serves without any call, and never learns a new key", async () => {
      const jwks = (await (await fetch(cognito.options.jwksUri)).json()) as JsonWebKeySet;
      const app = withClock({ jwks });
      await get(app, "/me", token()).expect(200);
      expectRefusal(await get(app, "/me", bogus("new")), "invalid_signature");
      clock.advance({ hours: 48 });
      await get(app, "/me", token()).expect(200);
      expect(cognito.requests("JWKS")).to.equal(1);
    });

    it("without a usable key is refused at start", () => {
      expect(() => withClock({ jwks: { keys: [{ kty: "oct", k: "AA" }] } })).to.throw(
        ConfigurationError,
        "Option `jwks` holds no usable key",
      );
    });
  });
});

interface TestKeySet {
  jwks: { keys: [object] };
  privateKey: import("node:crypto").KeyObject;
  kid: string;
}

function makeKeySet(kid: string): TestKeySet {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return {
    jwks: { keys: [{ ...publicKey.export({ format: "jwk" }), kid, alg: "RS256", use: "sig" }] },
    privateKey,
    kid,
  };
}

/** An ID token that LocalCognito's claims and a key of our own make. */
async function signWith({ privateKey, kid }: TestKeySet, cognito: LocalCognito, clock: TestClock): Promise<string> {
  const { sign } = await import("node:crypto");
  const exp = Math.floor(clock.nowMs / 1000) + 100_000;
  const [, payload] = cognito.signToken({ tokenUse: "id", claims: { exp } }).split(".");
  const input = `${Buffer.from(JSON.stringify({ alg: "RS256", kid })).toString("base64url")}.${payload}`;
  return `${input}.${sign("sha256", Buffer.from(input), privateKey).toString("base64url")}`;
}
