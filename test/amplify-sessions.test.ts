import { randomBytes } from "node:crypto";
import { expect } from "chai";
import { AuthError, type AuthSessionOptions, fetchAuthSession, SessionManager } from "cognito-auth-session";
import { LocalCognito, type LocalTokens } from "cognito-auth-session/testing";
import { TestClock } from "./support/app.js";
import { type CookieApp, CookieJar, ScriptedStore, startCookieApp, until } from "./support/cookie-app.js";
import { expectRefusal } from "./support/expectations.js";

const CALL = "GetTokensFromRefreshToken";
const PREFIX = "CognitoIdentityServiceProvider";

describe("Sessions in Amplify's cookies", () => {
  const clock = new TestClock();
  const encryptionKeys = [randomBytes(32).toString("base64")];
  let cognito: LocalCognito;
  let store: ScriptedStore;
  let counts: ReadonlyMap<string, number>;
  const apps = new Map<string, CookieApp>();
  const engines: SessionManager[] = [];
  let app: CookieApp;

  before(async () => {
    cognito = await LocalCognito.start({ clock: clock.read });
    store = new ScriptedStore(clock.read);
    const managerOptions = { store, encryptionKeys, identityPoolId: null, requestTimeout: 2000 } as const;
    for (const framework of ["express", "koa", "fetch"] as const) {
      const routes = {
        "/force": async (session: { tokens?: object | undefined }, request: Parameters<typeof fetchAuthSession>[0]) => {
          await fetchAuthSession(request, { forceRefresh: true });
          return { tokens: session.tokens !== undefined };
        },
      };
      const options = { ...managerOptions, cookies: "amplify" } as const;
      apps.set(
        framework,
        await startCookieApp({ cognito, clock: clock.read, framework, managerOptions: options, routes }),
      );
    }
    app = appOn("express");
  });
  after(async () => {
    await Promise.all([...apps.values()].map((each) => each.close()));
    await cognito.stop();
  });
  beforeEach(() => {
    cognito.fail(CALL, { times: 0 });
    counts = new Map([CALL, "RevokeToken"].map((operation) => [operation, cognito.requests(operation)]));
  });
  afterEach(async () => {
    store.before = () => {};
    await Promise.all(engines.splice(0).map((engine) => engine.close()));
  });

  const appOn = (framework: string): CookieApp => {
    const found = apps.get(framework);
    if (found === undefined) throw new Error(`There is no app on ${framework}.`);
    return found;
  };
  const calls = (operation = CALL) => cognito.requests(operation) - (counts.get(operation) ?? 0);
  const engine = (options: AuthSessionOptions = {}): SessionManager => {
    const made = new SessionManager({ ...app.managerOptions, ...options }, { clock: clock.read });
    engines.push(made);
    return made;
  };
  const tokensOf = (username: string, groups: string[] = []) => cognito.signIn({ username, groups });
  const nameOf = (field: string, username = "ada", clientId = cognito.options.clientId) =>
    `${PREFIX}.${clientId}.${username}.${field}`;
  const lastAuthUser = (clientId = cognito.options.clientId) => `${PREFIX}.${clientId}.LastAuthUser`;
  /** The cookies of a sign-in, as Amplify writes them. */
  const jarOf = (tokens: Partial<LocalTokens>, username = "ada", clientId = cognito.options.clientId): CookieJar =>
    new CookieJar([
      [lastAuthUser(clientId), username],
      ...Object.entries(tokens).map(([field, token]) => [nameOf(field, username, clientId), token] as const),
    ]);
  const forged = (token: string, claims: object): string => {
    const [header = "", payload = "", signature = ""] = token.split(".");
    const changed = { ...JSON.parse(Buffer.from(payload, "base64url").toString()), ...claims };
    return `${header}.${Buffer.from(JSON.stringify(changed)).toString("base64url")}.${signature}`;
  };
  const signInOf = (token: string): string =>
    JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()).origin_jti;
  const codeOf = (asked: Promise<{ readonly username?: string | undefined }>): Promise<unknown> =>
    asked.then(
      ({ username }) => username,
      (error: unknown) => (error instanceof AuthError ? error.code : String(error)),
    );
  const headers = (jar: CookieJar) => ({ method: "GET", headers: { cookie: jar.header } });

  it("are not refreshed once Express' answer has begun: what cannot be written back must not be spent", async () => {
    const jar = jarOf(tokensOf("ada"));
    clock.advance({ minutes: 56 });
    const tooLate = () => {
      throw new Error("Cannot set headers after they are sent to the client");
    };
    // Express' response has methods of Fetch's `Headers` besides Node's.
    const answer = { headersSent: true, append: tooLate, set: tooLate, appendHeader: tooLate, setHeader: tooLate };
    const session = await engine().getSession(headers(jar), answer);
    expect([session.username, calls()]).to.deep.equal(["ada", 0]);
  });

  it("are not kept for a request that was signed out while its session was made", async () => {
    const own = { username: "ada", "cognito:username": "ada", origin_jti: undefined };
    const tokens = {
      accessToken: cognito.signToken({ tokenUse: "access", claims: { ...own, aud: undefined } }),
      idToken: cognito.signToken({ tokenUse: "id", claims: { ...own, client_id: undefined } }),
    };
    const checks: (() => void)[] = [];
    const customCheck = () => new Promise<boolean>((resolve) => checks.push(() => resolve(true)));
    const sessions = engine({ customCheck });
    const request = headers(jarOf(tokens));
    const early = sessions.getSession(request);
    while (checks.length === 0) await new Promise(setImmediate);
    await sessions.clearSession(request);
    checks.shift()?.();
    await early;
    const late = sessions.getSession(request);
    for (let turn = 0; turn < 100 && checks.length === 0; turn += 1) await new Promise(setImmediate);
    expect(checks, "made anew, and checked").to.have.length(1);
    checks.shift()?.();
    await late;
  });

  for (const framework of ["express", "koa", "fetch"]) {
    describe(`on ${framework}`, () => {
      it("are read, refreshed when due and written back", async () => {
        const [tokens, here] = [tokensOf("ada", ["admin"]), appOn(framework)];
        const jar = jarOf(tokens);
        const fresh = await here.request("/me", { jar });
        expect([fresh.status, fresh.setCookies, calls()]).to.deep.equal([200, [], 0]);
        expect(fresh.body).to.include({ username: "ada" });
        clock.advance({ minutes: 56 });
        const answer = await here.request("/me", { jar });
        expect([answer.status, calls()]).to.deep.equal([200, 1]);
        expect(answer.setCookies).to.have.length(4);
        for (const cookie of answer.setCookies) {
          expect(cookie).to.match(/; Max-Age=31536000; Path=\/; SameSite=Lax$|; Path=\/; Secure; SameSite=Lax$/);
          expect(cookie).not.to.match(/Domain|HttpOnly/i);
        }
        for (const field of ["accessToken", "idToken", "refreshToken"] as const) {
          expect(jar.cookies.get(nameOf(field)))
            .to.be.a("string")
            .and.not.equal(tokens[field]);
        }
        clock.advance({ minutes: 90 });
        expect((await here.request("/me", { jar })).status).to.equal(200);
        expect(calls()).to.equal(2);
      });

      it("are refreshed by force, and a refusal removes them", async () => {
        const [jar, here] = [jarOf(tokensOf("ada")), appOn(framework)];
        const forced = await here.request("/force", { jar });
        expect([forced.status, forced.setCookies.length, calls()]).to.deep.equal([200, 4, 1]);
        clock.advance({ minutes: 61 });
        cognito.fail(CALL, { error: "NotAuthorizedException" });
        const refused = await here.request("/me", { jar });
        expectRefusal(refused, "refresh_failed");
        expect(jar.cookies.size).to.equal(0);
        expect(refused.setCookies).to.have.length(4);
      });
    });
  }

  describe("verified in full:", () => {
    it("an expired token is expired, whatever `clockDrift` says", async () => {
      const { accessToken, idToken } = tokensOf("ada");
      const jar = jarOf({ accessToken, idToken });
      jar.cookies.set(nameOf("clockDrift"), "-99999999");
      clock.advance({ minutes: 90 });
      const answer = await app.request("/me", { jar });
      expectRefusal(answer, "token_expired");
      expect(answer.setCookies).to.deep.equal([]);
    });

    for (const [what, change, code] of [
      [
        "an altered access token",
        ({ accessToken }) => ({ accessToken: forged(accessToken, { username: "eve" }) }),
        "invalid_signature",
      ],
      ["an altered ID token", ({ idToken }) => ({ idToken: forged(idToken, { email: "eve" }) }), "invalid_signature"],
      ["the ID token of another", () => ({ idToken: tokensOf("bob").idToken }), "session_mismatch"],
      ["the ID token of another sign-in", () => ({ idToken: tokensOf("ada").idToken }), "session_mismatch"],
      ["an ID token twice", ({ idToken }) => ({ accessToken: idToken }), "invalid_claims"],
      ["no access token", () => ({ accessToken: "" }), "malformed_token"],
      ["no ID token", () => ({ idToken: "" }), "malformed_token"],
    ] satisfies readonly [string, (tokens: LocalTokens) => Partial<LocalTokens>, AuthError["code"]][]) {
      it(`${what} is ${code}`, async () => {
        const { refreshToken: _, ...tokens } = tokensOf("ada");
        const answer = await app.request("/me", {
          jar: jarOf({ ...tokens, ...change({ ...tokens, refreshToken: _ }) }),
        });
        expectRefusal(answer, code, {});
      });
    }

    it("the name of another user in `LastAuthUser` gives nothing", async () => {
      const jar = jarOf(tokensOf("ada"));
      jar.cookies.set(lastAuthUser(), "bob");
      expectRefusal(await app.request("/me", { jar }), "missing_token");
      expectRefusal(await app.request("/me", { jar: jarOf(tokensOf("ada"), "bob") }), "session_mismatch");
    });

    for (const minutes of [56, 61]) {
      it(`the refresh token of another is session_mismatch, and hurts nobody (${minutes} minutes old)`, async () => {
        const [ada, bob] = [tokensOf("ada"), tokensOf("bob")];
        clock.advance({ minutes });
        const jar = jarOf({ ...ada, refreshToken: bob.refreshToken });
        expectRefusal(await app.request("/me", { jar }), "session_mismatch");
        expect(jar.cookies.size).to.equal(0);
        expect((await app.request("/me", { jar: jarOf(bob, "bob") })).body).to.include({ username: "bob" });
        expect(calls()).to.equal(1);
      });
    }

    it("cookies of a foreign pool are nobody's", async () => {
      const other = await LocalCognito.start({ clock: clock.read });
      const theirs = other.signIn({ username: "ada" });
      expectRefusal(await app.request("/me", { jar: jarOf(theirs, "ada", other.options.clientId) }), "missing_token");
      expect((await app.request("/me", { jar: jarOf(theirs) })).status).to.equal(401);
      await other.stop();
    });

    it("of several app clients the first configured one counts", async () => {
      const clientId = [cognito.options.clientId, "other"];
      const both = jarOf(tokensOf("ada"));
      const own = { client_id: "other", aud: "other", username: "bob", "cognito:username": "bob" };
      const second = {
        accessToken: cognito.signToken({ tokenUse: "access", claims: { ...own, aud: undefined, origin_jti: "o" } }),
        idToken: cognito.signToken({ tokenUse: "id", claims: { ...own, client_id: undefined, origin_jti: "o" } }),
      };
      const theirs = jarOf(second, "bob", "other");
      for (const [name, value] of theirs.cookies) both.cookies.set(name, value);
      const sessions = engine({ clientId });
      expect(await codeOf(sessions.getSession(headers(both)))).to.equal("ada");
      expect(await codeOf(sessions.getSession(headers(theirs)))).to.equal("bob");
      expect(await codeOf(engine({ clientId: [...clientId].reverse() }).getSession(headers(both)))).to.equal("bob");
    });
  });

  describe("written back or not refreshed:", () => {
    it("without an answer to write to nothing is refreshed", async () => {
      const jar = jarOf(tokensOf("ada"));
      clock.advance({ minutes: 56 });
      expect(await codeOf(app.sessions.getSession(headers(jar)))).to.equal("ada");
      const request = headers(jar);
      await app.sessions.getSession(request);
      expect(await codeOf(app.sessions.refreshSession(request, true))).to.equal("ada");
      clock.advance({ minutes: 20 });
      expect(await codeOf(app.sessions.getSession(headers(jar)))).to.equal("token_expired");
      expect(calls()).to.equal(0);
    });

    it("parallel requests get the same tokens for a minute, in all processes, and get the cookies too", async () => {
      const jar = jarOf(tokensOf("ada"));
      clock.advance({ minutes: 61 });
      cognito.fail(CALL, { delay: 50, times: 1 });
      const processes = [app.sessions, engine(), engine()];
      const ask = async (sessions: SessionManager) => {
        const answer = new Headers();
        expect(await codeOf(sessions.getSession(headers(jar), answer))).to.equal("ada");
        return answer.getSetCookie().join();
      };
      const written = await Promise.all(processes.flatMap((each) => Array.from({ length: 10 }, () => ask(each))));
      clock.advance({ seconds: 50 });
      expect(new Set([...written, await ask(engine())]).size).to.equal(1);
      expect(written[0]).to.contain("refreshToken");
      expect(calls()).to.equal(1);
      clock.advance({ seconds: 15 });
      expect(await codeOf(engine().getSession(headers(jar), new Headers()))).to.equal("refresh_failed");
    });

    it("a request that lasts is refreshed with what it was refreshed to, and signs that out", async () => {
      const request = headers(jarOf(tokensOf("ada")));
      const answer = new Headers();
      clock.advance({ minutes: 56 });
      await app.sessions.getSession(request, answer);
      clock.advance({ minutes: 5 });
      for (let count = 0; count < 2; count += 1) {
        expect(await codeOf(app.sessions.refreshSession(request, true))).to.equal("ada");
        clock.advance({ minutes: 2 });
      }
      expect(calls()).to.equal(3);
    });

    it("tokens that the store did not take wait for the browser that they are for", async () => {
      const jar = jarOf(tokensOf("ada"));
      clock.advance({ minutes: 61 });
      store.before = (operation) => {
        if (operation === "set" && calls() > 0) throw new Error("full");
      };
      expectRefusal(await app.request("/me", { jar }), "store_unavailable");
      let written = 0;
      store.before = (operation) => {
        written += operation === "set" ? 1 : 0;
      };
      clock.advance({ seconds: 30 });
      await until(() => written > 0);
      clock.advance({ minutes: 5 });
      expect((await app.request("/me", { jar })).status).to.equal(200);
      expect(calls()).to.equal(1);
    });

    it("what an attacker makes up costs no call and keeps nothing", async () => {
      const stranger = await LocalCognito.start({ clock: clock.read });
      const foreign = stranger.signIn({ username: "ada" }).accessToken;
      const { accessToken } = tokensOf("ada");
      clock.advance({ minutes: 90 });
      const entries = store.entries.size;
      for (const [made, code] of [
        ["x", "malformed_token"],
        [foreign, "invalid_claims"],
        [forged(accessToken, { jti: "another" }), "token_expired"],
      ] as const) {
        const jar = jarOf({ accessToken: made, idToken: made, refreshToken: `y-${code}` });
        expectRefusal(await app.request("/me", { jar }), code);
      }
      expect(calls()).to.equal(0);
      expect(store.entries.size).to.equal(entries);
      await stranger.stop();
    });

    it("what a user sends in vain is not kept for long", async () => {
      const before = new Set(store.entries.keys());
      const kept: number[] = [];
      const { set } = store;
      store.set = async (key, value, ttlSeconds) => {
        kept.push(ttlSeconds);
        return set.call(store, key, value, ttlSeconds);
      };
      const { accessToken, idToken } = tokensOf("ada");
      clock.advance({ minutes: 61 });
      expectRefusal(
        await app.request("/me", { jar: jarOf({ accessToken, idToken, refreshToken: "y" }) }),
        "refresh_failed",
      );
      store.set = set;
      expect([...store.entries.keys()].filter((key) => !before.has(key)).length).to.be.at.most(1);
      expect(kept.at(-1)).to.equal(60);
    });
  });

  describe("signed out:", () => {
    const out = async (jar: CookieJar) => {
      const answer = new Headers();
      const own = { cookie: jar.header, origin: app.origin };
      await app.sessions.clearSession({ method: "POST", headers: own }, answer);
      jar.keep(answer.getSetCookie());
      return jar.cookies.size;
    };

    it("the cookies go, the sign-in and its refresh token are revoked", async () => {
      const tokens = tokensOf("ada");
      expect(await out(jarOf(tokens))).to.equal(0);
      expect(calls("RevokeToken")).to.equal(1);
      expectRefusal(await app.request("/me", { jar: jarOf(tokens) }), "token_revoked");
    });

    it("with the old cookies right after a refresh: what it gave is revoked", async () => {
      const tokens = tokensOf("ada");
      clock.advance({ minutes: 61 });
      const jar = jarOf(tokens);
      await app.request("/me", { jar });
      await out(jarOf(tokens));
      expectRefusal(await app.request("/me", { jar }), "token_revoked");
    });

    it("a forged access token revokes nobody's sign-in", async () => {
      const [ada, victim] = [tokensOf("ada"), tokensOf("bob")];
      const accessToken = forged(ada.accessToken, { origin_jti: signInOf(victim.accessToken) });
      await out(jarOf({ ...ada, accessToken }));
      expect((await app.request("/me", { jar: jarOf(victim, "bob") })).status).to.equal(200);
    });

    it("of made-up cookies nobody is told, and nothing is revoked", async () => {
      const { accessToken } = tokensOf("ada");
      const told: unknown[] = [];
      const stop = app.sessions.onSessionChange((event) => told.push(event));
      for (const made of ["x", forged(accessToken, { sub: "victim" })]) {
        await out(jarOf({ accessToken: made, idToken: made, refreshToken: "y" }));
      }
      await out(jarOf({ accessToken, idToken: accessToken, refreshToken: "y" }, "victim"));
      stop();
      expect([told, calls("RevokeToken")]).to.deep.equal([[], 0]);
    });
  });

  it("what another site has the browser send is refused", async () => {
    const jar = jarOf(tokensOf("ada"));
    expectRefusal(
      await app.request("/me", { method: "POST", jar, headers: { Origin: "https://evil.example" } }),
      "forbidden",
    );
    expectRefusal(
      await app.request("/me", { method: "POST", jar, headers: { "Sec-Fetch-Site": "same-site" } }),
      "forbidden",
    );
    expect((await app.post("/me", { jar })).status).to.equal(200);
  });

  it('"amplify-http-only" writes cookies that scripts cannot read, https ones `Secure`', async () => {
    const sessions = engine({ cookies: "amplify-http-only", origin: "https://app.example.com" });
    const answer = new Headers();
    const jar = jarOf(tokensOf("ada"));
    clock.advance({ minutes: 56 });
    expect(await codeOf(sessions.getSession(headers(jar), answer))).to.equal("ada");
    expect(answer.getSetCookie()).to.have.length(4);
    for (const cookie of answer.getSetCookie()) {
      expect(cookie).to.match(/; Max-Age=31536000; Path=\/; HttpOnly; Secure; SameSite=Strict$/);
    }
  });
});
