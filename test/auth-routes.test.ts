import { createHash } from "node:crypto";
import { expect } from "chai";
import { LocalCognito } from "cognito-auth-session/testing";
import { CookieJar } from "./support/cookie-app.js";
import { expectRefusal } from "./support/expectations.js";
import { NAVIGATION, ROUTE_FACES, type RoutesAnswer, type RoutesApp, startRoutesApp } from "./support/routes-app.js";

const ORIGIN = "https://app.example.com";
const SESSION = "__Host-auth-session";
const PENDING = /^__Host-auth-sign-in-[\w-]{12}$/;
/** What a request can claim about where it went to. */
const CLAIMS = {
  Host: "evil.example",
  "X-Forwarded-Host": "evil.example",
  "X-Forwarded-Proto": "http",
  "X-Forwarded-Prefix": "/evil",
  Forwarded: "host=evil.example;proto=http",
};
const PAGE_POLICY =
  /^default-src 'none'; style-src 'sha256-[\w+/]{43}='; base-uri 'none'; form-action 'none'; frame-ancestors 'none'$/;

function expectPrivate({ headers }: RoutesAnswer): void {
  expect(headers).to.include({
    "cache-control": "no-store",
    vary: "Cookie",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
  });
  expect(Object.keys(headers).filter((name) => name.startsWith("access-control-"))).to.deep.equal([]);
}

function expectRedirect(answer: RoutesAnswer, location: string): void {
  expect([answer.status, answer.headers.location, answer.text]).to.deep.equal([303, location, ""]);
  expectPrivate(answer);
}

/** Attributes to the letter, in whichever order. */
function expectCookie(setCookie: string | undefined, name: string | RegExp, maxAge: number, value: RegExp): void {
  const [pair = "", ...attributes] = (setCookie ?? "").split("; ");
  const equals = pair.indexOf("=");
  if (typeof name === "string") expect(pair.slice(0, equals)).to.equal(name);
  else expect(pair.slice(0, equals)).to.match(name);
  expect(pair.slice(equals + 1)).to.match(value);
  expect(attributes.sort()).to.deep.equal(["HttpOnly", `Max-Age=${maxAge}`, "Path=/", "SameSite=Lax", "Secure"]);
}

interface SessionBody {
  readonly userSub: string;
  readonly expiresAt: string;
  readonly expiresIn: number;
  readonly sessionExpiresAt: string;
  readonly claims: object;
  readonly [other: string]: unknown;
}

const idOf = (jar: CookieJar): string => jar.cookies.get(SESSION) ?? "";

for (const [name, face] of Object.entries(ROUTE_FACES)) {
  describe(`The routes of browser sessions on ${name}`, () => {
    let cognito: LocalCognito;
    let app: RoutesApp;

    before(async () => {
      // Half of them with a client secret.
      const clientSecret = ["Express 5", "Koa 3", "Hono"].includes(name) ? "s3cret+/%&=" : undefined;
      cognito = await LocalCognito.start({
        clientSecret,
        callbackUrls: [`${ORIGIN}/auth/callback`],
        logoutUrls: [`${ORIGIN}/`],
        users: [{ username: "ada", groups: ["admin"], attributes: { email: "ada@example.com" } }],
      });
      app = await startRoutesApp({ cognito, face, options: { origin: ORIGIN } });
    });
    after(async () => {
      await app.close();
      await cognito.stop();
    });

    it("lead to managed login, whatever the request says of its host", async () => {
      const answer = await app.ask("/auth/sign-in?returnTo=/files", { headers: CLAIMS });
      const { origin, pathname, searchParams } = new URL(answer.headers.location ?? "");
      expect([origin, pathname]).to.deep.equal([cognito.options.userPoolEndpoint, "/oauth2/authorize"]);
      const { state, nonce, code_challenge: challenge, ...others } = Object.fromEntries(searchParams);
      for (const random of [state, nonce, challenge]) expect(random).to.match(/^[\w-]{43}$/);
      expect(others).to.deep.equal({
        client_id: cognito.options.clientId,
        redirect_uri: `${ORIGIN}/auth/callback`,
        response_type: "code",
        scope: "openid email profile",
        code_challenge_method: "S256",
      });
      expectRedirect(answer, answer.headers.location ?? "");
      expect(answer.setCookies).to.have.length(1);
      expectCookie(answer.setCookies[0], PENDING, 600, /^[\w.~:-]{200,1500}$/);
    });

    it("sign in: a new id, and the sign-in under way is over", async () => {
      const jar = new CookieJar();
      const callback = await app.begin("ada", jar, { query: "?returnTo=/files%3Fa%3D1" });
      expect(callback.startsWith(`${ORIGIN}/auth/callback?`)).to.equal(true);
      const answer = await app.ask(callback, { jar, headers: CLAIMS });
      expectRedirect(answer, "/files?a=1");
      expect(answer.setCookies).to.have.length(2);
      expectCookie(answer.setCookies[0], PENDING, 0, /^$/);
      expectCookie(answer.setCookies[1], SESSION, 604_800, /^[\w-]{43}$/);
      expect((await app.ask("/me", { jar })).body).to.deep.equal({ username: "ada" });
      // Back by the browser's history: signed in already.
      expectRedirect(await app.ask(callback, { jar }), "/");
      const stolen = await app.ask(callback);
      expectRefusal(stolen, "invalid_request");
      expect(stolen.setCookies).to.deep.equal([]);
    });

    it("tell a page who is signed in, and nothing that is as good as a token", async () => {
      const jar = await app.signIn("ada");
      const answer = await app.ask("/auth/session", { jar });
      expect([answer.status, answer.headers["content-type"]]).to.deep.equal([200, "application/json; charset=utf-8"]);
      expectPrivate(answer);
      const { userSub, expiresAt, expiresIn, sessionExpiresAt, claims, ...others } = answer.body as SessionBody;
      expect(others).to.deep.equal({
        isAuthenticated: true,
        username: "ada",
        groups: ["admin"],
        scopes: ["openid", "email", "profile"],
        userInfo: {
          sub: userSub,
          username: "ada",
          email: "ada@example.com",
          groups: ["admin"],
          customAttributes: {},
        },
      });
      expect(expiresIn).to.be.within(3590, 3600);
      expect(Date.parse(expiresAt) - Date.now()).to.be.within(3_590_000, 3_601_000);
      expect(Date.parse(sessionExpiresAt) - Date.now()).to.be.within(604_790_000, 604_801_000);
      expect(Object.keys(claims)).to.include.members(["sub", "aud", "iss", "exp", "email"]);
      for (const single of ["jti", "origin_jti", "event_id", "at_hash", "nonce"])
        expect(claims).not.to.have.property(single);
      expect(answer.text).not.to.contain(idOf(jar));
    });

    for (const [what, cookie] of [
      ["no cookie", undefined],
      ["an id that nobody gave", `${SESSION}=${"A".repeat(43)}`],
      ["something that is no id", `${SESSION}=../../x`],
      ["an empty cookie", `${SESSION}=`],
    ] as const) {
      it(`say that nobody is signed in, for ${what}`, async () => {
        const headers = cookie === undefined ? {} : { Cookie: cookie };
        const answer = await app.ask("/auth/session", { headers });
        expect([answer.status, answer.body, answer.setCookies]).to.deep.equal([200, { isAuthenticated: false }, []]);
        expectPrivate(answer);
        expectRefusal(await app.post("/auth/refresh", { headers }), "missing_token");
      });
    }

    it("never sign anybody in under an id that was there before", async () => {
      const planted = new CookieJar([[SESSION, "A".repeat(43)]]);
      await app.signIn("ada", planted);
      expect(idOf(planted))
        .to.match(/^[\w-]{43}$/)
        .and.not.equal("A".repeat(43));
      const mallory = await app.signIn("mallory");
      const shared = mallory.copy();
      const revoked = cognito.requests("RevokeToken");
      await app.signIn("ada", shared);
      expect(idOf(shared)).not.to.equal(idOf(mallory));
      expect((await app.ask("/me", { jar: shared })).body).to.deep.equal({ username: "ada" });
      expectRefusal(await app.ask("/me", { jar: mallory }), "missing_token");
      for (let wait = 0; wait < 50 && cognito.requests("RevokeToken") === revoked; wait += 1) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      expect(cognito.requests("RevokeToken")).to.equal(revoked + 1);
    });

    it("renew a session, and not again and again", async () => {
      const jar = await app.signIn("ada");
      const before = cognito.requests("GetTokensFromRefreshToken");
      for (const _ of [1, 2]) {
        const answer = await app.post("/auth/refresh", { jar });
        expect([answer.status, (answer.body as { isAuthenticated: unknown }).isAuthenticated]).to.deep.equal([
          200,
          true,
        ]);
        expectPrivate(answer);
      }
      expect(cognito.requests("GetTokensFromRefreshToken")).to.equal(before);
    });

    it("sign out, for a form and for a script, here and at Cognito", async () => {
      for (const headers of [NAVIGATION, { Accept: "application/json" }]) {
        const jar = await app.signIn("ada");
        const tab = jar.copy();
        const revoked = cognito.requests("RevokeToken");
        const answer = await app.post("/auth/sign-out", { jar, headers: { ...headers, ...CLAIMS } });
        const { clientId, userPoolEndpoint } = cognito.options;
        const location = new URL(`${userPoolEndpoint}/logout`);
        location.searchParams.set("client_id", clientId);
        location.searchParams.set("logout_uri", `${ORIGIN}/`);
        location.searchParams.set("post_logout_redirect_uri", `${ORIGIN}/`);
        if (headers === NAVIGATION) expectRedirect(answer, location.href);
        else expect([answer.status, answer.body]).to.deep.equal([200, { location: location.href }]);
        expectPrivate(answer);
        expect(answer.setCookies).to.have.length(1);
        expectCookie(answer.setCookies[0], SESSION, 0, /^$/);
        expect(cognito.requests("RevokeToken")).to.equal(revoked + 1);
        expectRefusal(await app.ask("/me", { jar: tab }), "missing_token");
        expect((await fetch(location, { redirect: "manual" })).headers.get("location")).to.equal(`${ORIGIN}/`);
      }
    });

    it("sign nobody out from another site", async () => {
      const jar = await app.signIn("ada");
      for (const headers of [
        { Origin: "https://evil.example" },
        { Origin: "null" },
        { "Sec-Fetch-Site": "cross-site" },
        { "Sec-Fetch-Site": "same-site" },
      ]) {
        for (const path of ["/auth/sign-out", "/auth/refresh"]) {
          const answer = await app.ask(path, { method: "POST", jar, headers });
          expectRefusal(answer, "forbidden");
          expectPrivate(answer);
          expect(answer.setCookies).to.deep.equal([]);
        }
      }
      const page = await app.ask("/auth/sign-out", { method: "POST", jar, headers: { ...NAVIGATION, Origin: "null" } });
      expect([page.status, page.headers["content-type"]]).to.deep.equal([403, "text/html; charset=utf-8"]);
      expect(page.text).to.contain("You have not been signed out").and.contain('<a href="/">');
      expect((await app.ask("/me", { jar })).status).to.equal(200);
    });

    it("show a page to people and a problem to programs", async () => {
      const program = await app.ask("/auth/callback?code=x&state=%3Cscript%3Esecret-of-query", {});
      expectRefusal(program, "invalid_request");
      expectPrivate(program);
      const page = await app.ask("/auth/callback?code=x&state=%3Cscript%3Esecret-of-query", { headers: NAVIGATION });
      expect([page.status, page.headers["content-type"]]).to.deep.equal([400, "text/html; charset=utf-8"]);
      expect(page.headers["content-security-policy"]).to.match(PAGE_POLICY);
      const style = /<style>(.*?)<\/style>/s.exec(page.text)?.[1] ?? "";
      const digest = createHash("sha256").update(style).digest("base64");
      expect(page.headers["content-security-policy"]).to.contain(`'sha256-${digest}'`);
      expect(page.text).not.to.match(/<script|<link|<img|style=|\son\w+=/);
      expectPrivate(page);
      expect(page.text).to.contain("You are not signed in").and.contain('<a href="/auth/sign-in">');
      for (const { text, headers } of [program, page]) {
        expect(`${text}${JSON.stringify(headers)}`).not.to.match(/<script|secret-of-query/);
      }
    });

    for (const [path, allowed] of [
      ["/auth/sign-in", "GET"],
      ["/auth/callback", "GET"],
      ["/auth/session", "GET"],
      ["/auth/refresh", "POST"],
      ["/auth/sign-out", "POST"],
    ] as const) {
      it(`take ${allowed} only at ${path}`, async () => {
        const jar = await app.signIn("ada");
        for (const method of ["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
          if (method === allowed) continue;
          const answer = await app.ask(path, { method, jar, headers: { Origin: ORIGIN } });
          expect([method, answer.status, answer.headers.allow, answer.setCookies]).to.deep.equal([
            method,
            405,
            allowed,
            [],
          ]);
          expect(answer.text).to.equal(method === "HEAD" ? "" : `Use ${allowed}.\n`);
          expectPrivate(answer);
        }
        expect((await app.ask("/me", { jar })).status).to.equal(200);
      });
    }

    it("leave all other paths to the application", async () => {
      for (const path of [
        ...[
          "/",
          "/auth",
          "/auth/",
          "/auth/unknown",
          "/auth/session/",
          "/auth/session/x",
          "/AUTH/session",
          "/xauth/session",
        ],
        ...[
          "/auth/%73ession",
          "/auth%2fsession",
          "/auth/session%00",
          "/auth/session;x=1",
          "//auth/session",
          "/%",
          "/auth/%zz",
        ],
      ]) {
        const answer = await app.ask(path, { headers: { Host: "app.example.com" } });
        expect([path, answer.status, answer.body]).to.deep.equal([path, 404, { of: "the application" }]);
        expect(answer.setCookies).to.deep.equal([]);
      }
    });
  });
}
