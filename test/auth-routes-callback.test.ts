import { expect } from "chai";
import type { AuthErrorCode } from "cognito-auth-session";
import { LocalCognito } from "cognito-auth-session/testing";
import { TestClock } from "./support/app.js";
import { CookieJar } from "./support/cookie-app.js";
import { expectRefusal } from "./support/expectations.js";
import { login, type RoutesAnswer, type RoutesApp, startRoutesApp } from "./support/routes-app.js";

const SECRET = "words-of-the-query";
/** One user's, of one sign-in. */
const ONE = { sub: "s1", origin_jti: "j1" };

/** A sign-in that came back: who may change what of it before the callback is asked. */
interface Returning {
  readonly app: RoutesApp;
  readonly cognito: LocalCognito;
  readonly clock: TestClock;
  readonly jar: CookieJar;
  readonly callback: URL;
}

describe("The callback", () => {
  let cognito: LocalCognito;
  let stranger: LocalCognito;
  let app: RoutesApp;
  const clock = new TestClock();

  before(async () => {
    cognito = await LocalCognito.start({ clock: clock.read });
    stranger = await LocalCognito.start({ clock: clock.read });
    app = await startRoutesApp({ cognito, clock: clock.read, options: { requestTimeout: 300 } });
  });
  after(async () => {
    await app.close();
    await Promise.all([cognito.stop(), stranger.stop()]);
  });
  afterEach(() => {
    for (const operation of ["Token", "JWKS"]) cognito.fail(operation, { times: 0 });
  });

  async function returning(): Promise<Returning> {
    const jar = new CookieJar();
    const callback = new URL(await app.begin("ada", jar));
    return { app, cognito, clock, jar, callback };
  }
  const pendingName = (jar: CookieJar): string =>
    [...jar.cookies.keys()].find((name) => name.includes("sign-in-")) ?? "";
  const answerWith = (tokens: object) => {
    const { accessToken, idToken, ...others } = { token_type: "Bearer", expires_in: 3600, ...tokens } as Record<
      string,
      unknown
    >;
    cognito.fail("Token", {
      body: JSON.stringify({ ...others, access_token: accessToken, id_token: idToken }),
      times: 1,
    });
  };
  /** The nonce stands in no cookie that can be read: managed login was told it. */
  async function withNonce(
    claims: object,
    change: (tokens: Record<string, string>) => object = (tokens) => tokens,
    at = app,
  ) {
    const jar = new CookieJar();
    const begun = await at.ask("/auth/sign-in", { jar });
    const location = begun.headers.location ?? "";
    const nonce = new URL(location).searchParams.get("nonce");
    const idToken = cognito.signToken({ tokenUse: "id", claims: { ...ONE, nonce, ...claims } });
    const accessToken = cognito.signToken({ tokenUse: "access", claims: ONE });
    answerWith(change({ idToken, accessToken }));
    return at.ask(await login(location, "ada"), { jar });
  }

  function expectRefused(answer: RoutesAnswer, code: AuthErrorCode, name?: string): void {
    expectRefusal(answer, code, { name });
    expect(answer.setCookies.filter((cookie) => cookie.startsWith("auth-session="))).to.deep.equal([]);
    expect(`${answer.text}${JSON.stringify(answer.headers)}`).not.to.match(new RegExp(`${SECRET}|<html>|captive`));
  }

  const forgeries: readonly [string, (one: Returning) => unknown, AuthErrorCode, string?][] = [
    ["another state", ({ callback }) => callback.searchParams.set("state", SECRET), "invalid_request"],
    ["no state", ({ callback }) => callback.searchParams.delete("state"), "invalid_request"],
    ["an empty state", ({ callback }) => callback.searchParams.set("state", ""), "invalid_request"],
    [
      "its state twice",
      ({ callback }) => callback.searchParams.append("state", callback.searchParams.get("state") ?? ""),
      "invalid_request",
    ],
    ["two states", ({ callback }) => callback.searchParams.append("state", SECRET), "invalid_request"],
    ["no code", ({ callback }) => callback.searchParams.delete("code"), "invalid_request"],
    ["two codes", ({ callback }) => callback.searchParams.append("code", SECRET), "invalid_request"],
    ["a code that nobody gave", ({ callback }) => callback.searchParams.set("code", SECRET), "invalid_request"],
    [
      "another issuer",
      ({ callback }) => callback.searchParams.set("iss", `https://${SECRET}.example`),
      "invalid_request",
    ],
    ["a browser that began nothing", ({ jar }) => jar.cookies.clear(), "invalid_request"],
    [
      "an altered cookie",
      ({ jar }) => jar.cookies.set(pendingName(jar), `${jar.cookies.get(pendingName(jar))?.slice(0, -8)}AAAAAAAA`),
      "invalid_request",
    ],
    ["an empty cookie", ({ jar }) => jar.cookies.set(pendingName(jar), ""), "invalid_request"],
    ["a sign-in of ten minutes ago", () => clock.advance({ minutes: 10 }), "invalid_request"],
    ["access_denied", ({ callback }) => fail(callback, "access_denied"), "forbidden"],
    ["another error", ({ callback }) => fail(callback, SECRET), "forbidden"],
    ["server_error", ({ callback }) => fail(callback, "server_error"), "credentials_unavailable"],
    [
      "an error without a state",
      ({ callback }) => {
        fail(callback, "access_denied");
        callback.searchParams.delete("state");
      },
      "invalid_request",
    ],
    ["a user pool that is down", () => cognito.fail("Token", { reset: true }), "credentials_unavailable"],
    ["a user pool that is slow", () => cognito.fail("Token", { delay: 2000 }), "credentials_unavailable"],
    [
      "a user pool that answers HTML",
      () => cognito.fail("Token", { status: 200, body: "<html>captive portal" }),
      "credentials_unavailable",
    ],
    ["a user pool that answers 503", () => cognito.fail("Token", { status: 503 }), "credentials_unavailable"],
    ["a code that is spent", () => cognito.fail("Token", { error: "invalid_grant" }), "invalid_request"],
    ["a client secret that is wrong", () => cognito.fail("Token", { error: "invalid_client" }), "misconfigured"],
    [
      "a redirect URI that is not registered",
      () => cognito.fail("Token", { error: "redirect_mismatch" }),
      "misconfigured",
    ],
    ["an error of the user pool's own", () => cognito.fail("Token", { error: SECRET }), "credentials_unavailable"],
  ];
  for (const [what, change, code, name] of forgeries) {
    it(`refuses ${what}`, async () => {
      const one = await returning();
      await change(one);
      expectRefused(await app.ask(one.callback.href, { jar: one.jar }), code, name);
      expect((await app.ask("/auth/session", { jar: one.jar })).body).to.deep.equal({ isAuthenticated: false });
    });
  }
  const fail = (callback: URL, error: string): void => {
    callback.searchParams.delete("code");
    callback.searchParams.set("error", error);
    callback.searchParams.set("error_description", SECRET);
  };

  it("refuses another browser's sign-in: nobody is signed in as the attacker", async () => {
    const mallory = await returning();
    const victim = await returning();
    const before = cognito.requests("Token");
    expectRefused(await app.ask(mallory.callback.href, { jar: victim.jar }), "invalid_request");
    expect(cognito.requests("Token")).to.equal(before);
    // The attacker's code under the victim's own state.
    victim.callback.searchParams.set("code", mallory.callback.searchParams.get("code") ?? "");
    expectRefused(await app.ask(victim.callback.href, { jar: victim.jar }), "invalid_request");
    // The attacker's cookie, planted under the victim's name.
    const planted = await returning();
    planted.jar.cookies.set(pendingName(planted.jar), mallory.jar.cookies.get(pendingName(mallory.jar)) ?? "");
    expectRefused(await app.ask(planted.callback.href, { jar: planted.jar }), "invalid_request");
  });

  it("leaves whoever is signed in signed in, when a forged one comes", async () => {
    const jar = await app.signIn("ada");
    const mallory = await returning();
    const answer = await app.ask(mallory.callback.href, { jar });
    expect([answer.status, answer.headers.location, answer.setCookies]).to.deep.equal([303, "/", []]);
    expect((await app.ask("/me", { jar })).body).to.deep.equal({ username: "ada" });
  });

  it("takes a sign-in once, also where its cookie was kept", async () => {
    const { jar, callback } = await returning();
    const kept = jar.copy();
    expect((await app.ask(callback.href, { jar })).status).to.equal(303);
    expectRefused(await app.ask(callback.href, { jar: kept }), "invalid_request");
    expectRefused(await app.ask(callback.href), "invalid_request");
  });

  it("costs one call, however often it comes", async () => {
    const { jar, callback } = await returning();
    const before = cognito.requests("Token");
    callback.searchParams.set("code", "made-up");
    const kept = jar.copy();
    for (let count = 0; count < 5; count += 1) {
      expectRefused(await app.ask(callback.href, { jar: kept.copy() }), "invalid_request");
    }
    expect(cognito.requests("Token") - before).to.equal(1);
  });

  it("takes a sign-in for ten minutes: of an older one no code is sent", async () => {
    for (const [seconds, sent] of [
      [599, 1],
      [600, 0],
    ] as const) {
      const { jar, callback } = await returning();
      clock.advance({ seconds });
      const before = cognito.requests("Token");
      await app.ask(callback.href, { jar });
      expect(cognito.requests("Token") - before).to.equal(sent);
    }
  });

  it("takes tokens that are this sign-in's", async () => {
    expect((await withNonce({})).status).to.equal(303);
  });

  const foreign: readonly [string, object, AuthErrorCode, ((tokens: Record<string, string>) => object)?][] = [
    ["of another nonce", { nonce: SECRET }, "invalid_request"],
    ["without a nonce", { nonce: undefined }, "invalid_request"],
    ["for another app client", { aud: "another" }, "invalid_request"],
    ["of two users", { sub: "s2" }, "session_mismatch"],
    ["of two sign-ins", { origin_jti: "j2" }, "session_mismatch"],
    ["that have expired", { exp: 1 }, "token_expired"],
    ["without an ID token", {}, "credentials_unavailable", ({ accessToken }) => ({ accessToken })],
    [
      "with an access token for another app client",
      {},
      "invalid_claims",
      ({ idToken }) => ({
        idToken,
        accessToken: cognito.signToken({ tokenUse: "access", claims: { ...ONE, client_id: "x" } }),
      }),
    ],
    [
      "with an ID token as the access token",
      {},
      "invalid_claims",
      ({ idToken }) => ({ idToken, accessToken: idToken }),
    ],
    [
      "signed by a foreign key",
      {},
      "invalid_signature",
      ({ idToken, accessToken }) => ({
        accessToken,
        idToken: `${idToken?.split(".").slice(0, 2).join(".")}.${stranger.signToken({ tokenUse: "id" }).split(".")[2]}`,
      }),
    ],
  ];
  it("refuses tokens of another app client that bearers may come from", async () => {
    const clientId = [cognito.options.clientId, "mobile-app"];
    const several = await startRoutesApp({ cognito, clock: clock.read, options: { clientId } });
    const claims = { ...ONE, client_id: "mobile-app" };
    const accessToken = cognito.signToken({ tokenUse: "access", claims });
    expect((await several.ask("/me", { headers: { Authorization: `Bearer ${accessToken}` } })).status).to.equal(200);
    const swap = ({ idToken }: Record<string, string>) => ({ idToken, accessToken });
    expectRefused(await withNonce({}, swap, several), "session_mismatch");
    await several.close();
  });

  for (const [what, claims, code, change] of foreign) {
    it(`refuses tokens ${what}`, async () => expectRefused(await withNonce(claims, change), code));
  }

  it("says that keys cannot be had, in place of signing in unverified", async () => {
    const other = await LocalCognito.start();
    const cold = await startRoutesApp({ cognito: other, options: { requestTimeout: 300 } });
    other.fail("JWKS", { status: 500 });
    const jar = new CookieJar();
    expectRefused(await cold.ask(await cold.begin("ada", jar), { jar }), "jwks_unavailable");
    await cold.close();
    await other.stop();
  });

  for (const [what, fault, code] of [
    ["down", { reset: true }, "credentials_unavailable"],
    ["slow", { delay: 2000 }, "credentials_unavailable"],
    ["HTML", { status: 200, body: "<html>captive portal" }, "credentials_unavailable"],
    ["of another issuer", { body: `{"issuer":"https://${SECRET}.example"}` }, "misconfigured"],
  ] as const) {
    it(`is not even begun where the discovery document is ${what}; sign-out works`, async () => {
      const other = await LocalCognito.start();
      const cold = await startRoutesApp({ cognito: other, options: { requestTimeout: 300 } });
      other.fail("OpenIdConfiguration", fault);
      const answer = await cold.ask("/auth/sign-in");
      expectRefused(answer, code);
      const page = await cold.ask("/auth/sign-in", { headers: { Accept: "text/html" } });
      expect([page.status, page.headers["content-type"]]).to.deep.equal([answer.status, "text/html; charset=utf-8"]);
      expect(page.text).to.contain("Signing in does not work right now").and.not.contain(SECRET);
      const out = await cold.post("/auth/sign-out");
      expect([out.status, out.headers.location]).to.deep.equal([303, "/"]);
      await cold.close();
      await other.stop();
    });
  }

  it("keeps four sign-ins under way, and drops the oldest", async () => {
    const jar = new CookieJar();
    const callbacks: string[] = [];
    for (let tab = 0; tab < 6; tab += 1) callbacks.push(await app.begin(`user${tab}`, jar));
    expect([...jar.cookies.keys()].filter((name) => name.startsWith("auth-sign-in-"))).to.have.length(4);
    expectRefused(await app.ask(callbacks[0] ?? "", { jar }), "invalid_request");
    expect((await app.ask(callbacks[5] ?? "", { jar })).status).to.equal(303);
    expect((await app.ask(callbacks[2] ?? "", { jar })).status).to.equal(303);
    expect((await app.ask("/me", { jar })).body).to.deep.equal({ username: "user2" });
  });
});

describe("A sign-in leads back to", () => {
  let cognito: LocalCognito;
  let app: RoutesApp;
  let narrow: RoutesApp;

  before(async () => {
    cognito = await LocalCognito.start();
    app = await startRoutesApp({ cognito });
    narrow = await startRoutesApp({ cognito, routesOptions: { returnTo: ["/app", "/docs"] } });
  });
  after(async () => {
    await Promise.all([app.close(), narrow.close()]);
    await cognito.stop();
  });

  const long = (length: number) => `/${"a".repeat(length - 1)}`;
  const wanted: readonly [string, string, string][] = [
    ["/files", "/files", "/app"],
    ["/app", "/app", "/app"],
    ["/app/x?y=1", "/app/x?y=1", "/app/x?y=1"],
    ["/docs?x", "/docs?x", "/docs?x"],
    ["/application", "/application", "/app"],
    ["/app/../admin", "/admin", "/app"],
    ["/app/%2e%2e/admin", "/admin", "/app"],
    ["/files#fragment", "/files", "/app"],
    [long(512), long(512), "/app"],
    [long(513), "/", "/app"],
    ...[
      ...[
        "https://evil.example",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
      ],
      ...[
        "javascript:alert(1)",
        "data:text/html,x",
        "evil.example",
        "",
        " /x",
        "/%2fevil.example",
        "/%5cevil.example",
        "/x//evil",
      ],
      ...[
        "/.//evil.example",
        "/x/..//evil.example",
        "/\n/evil.example",
        "/\r\nSet-Cookie: a=b",
        "https:/evil.example",
        "?x",
        "#x",
      ],
      ...[
        "http://127.0.0.1/x",
        "/\u0000/x",
        "/%2e%2e%2f/evil.example",
        "/;@evil.example\\..",
        "@evil.example",
        ".evil.example",
      ],
    ].map((path): [string, string, string] => [path, "/", "/app"]),
  ];
  for (const [asked, open, closed] of wanted) {
    it(`${open.slice(0, 30)}, or ${closed} of two paths, for ${JSON.stringify(asked).slice(0, 40)} of ${asked.length}`, async () => {
      for (const [each, expected] of [
        [app, open],
        [narrow, closed],
      ] as const) {
        const jar = new CookieJar();
        const callback = await each.begin("ada", jar, { query: `?returnTo=${encodeURIComponent(asked)}` });
        const answer = await each.ask(callback, { jar });
        const { location = "" } = answer.headers;
        expect([answer.status, location]).to.deep.equal([303, expected]);
        expect(new URL(location, each.origin).origin).to.equal(each.origin);
      }
    });
  }

  it("what was asked for first, where it was asked for twice; and other parameters are checked", async () => {
    const answer = await app.ask(
      "/auth/sign-in?returnTo=/a&returnTo=//evil&prompt=login&identityProvider=Goo%0Agle&login_hint=x",
    );
    const { searchParams } = new URL(answer.headers.location ?? "");
    expect([
      searchParams.get("prompt"),
      searchParams.get("identity_provider"),
      searchParams.get("login_hint"),
    ]).to.deep.equal(["login", null, null]);
    const google = await app.ask("/auth/sign-in?identityProvider=Google&prompt=evil");
    const other = new URL(google.headers.location ?? "").searchParams;
    expect([other.get("identity_provider"), other.get("prompt")]).to.deep.equal(["Google", null]);
  });
});
