import { createHash, createHmac } from "node:crypto";
import {
  CognitoIdentityProviderClient,
  GetTokensFromRefreshTokenCommand,
  InitiateAuthCommand,
  RevokeTokenCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { expect } from "chai";
import { decodeJWT } from "cognito-auth-session";
import { LocalCognito, type LocalCognitoOptions } from "cognito-auth-session/testing";
import * as openid from "openid-client";
import { TestClock } from "./support/app.js";

const CALLBACK = "http://localhost:5173/callback";
const VERIFIER = "v".repeat(43);
const SECRET = "s3cret+/ %";
const CHALLENGE = createHash("sha256").update(VERIFIER).digest("base64url");
const FORM = "application/x-www-form-urlencoded";

type Fields = Readonly<Record<string, string | undefined>>;
interface TokenAnswer {
  readonly access_token: string;
  readonly id_token: string;
  readonly refresh_token: string;
  readonly [field: string]: unknown;
}

/** A form; fields that are undefined are left out. */
function encode(fields: Fields): string {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) form.set(name, value);
  return form.toString();
}

const basic = (id: string, secret: string): string =>
  `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString("base64")}`;
const locationOf = (answer: Response): URL => new URL(answer.headers.get("location") ?? "none:");
const cookieOf = (answer: Response): string => answer.headers.get("set-cookie")?.split(";")[0] ?? "";

/** A browser and an app, at one LocalCognito. */
class Visitor {
  cookie = "";

  constructor(readonly cognito: LocalCognito) {}

  get origin(): string {
    return this.cognito.options.userPoolEndpoint;
  }

  get request(): Fields {
    return {
      client_id: this.cognito.options.clientId,
      redirect_uri: CALLBACK,
      response_type: "code",
      scope: "openid email",
      state: "st&te",
      nonce: "n1",
      code_challenge: CHALLENGE,
      code_challenge_method: "S256",
    };
  }

  async authorize(changes: Fields = {}): Promise<Response> {
    return this.get(`/oauth2/authorize?${encode({ ...this.request, ...changes })}`);
  }

  async get(path: string): Promise<Response> {
    return this.#keep(await fetch(`${this.origin}${path}`, { redirect: "manual", headers: { Cookie: this.cookie } }));
  }

  async login(changes: Fields = {}, headers: Record<string, string> = {}): Promise<Response> {
    const body = encode({ ...this.request, username: "ada", ...changes });
    return this.#keep(await this.post("/login", body, { Cookie: this.cookie, Origin: this.origin, ...headers }));
  }

  async code(changes: Fields = {}): Promise<string> {
    return locationOf(await this.login(changes)).searchParams.get("code") ?? "";
  }

  async token(fields: Fields, headers: Record<string, string> = {}): Promise<Response> {
    return this.post("/oauth2/token", encode({ client_id: this.cognito.options.clientId, ...fields }), headers);
  }

  async redeem(code: string, changes: Fields = {}, headers: Record<string, string> = {}): Promise<Response> {
    const fields = { grant_type: "authorization_code", code, redirect_uri: CALLBACK, code_verifier: VERIFIER };
    return this.token({ ...fields, ...changes }, headers);
  }

  async signIn(changes: Fields = {}): Promise<TokenAnswer> {
    return (await (await this.redeem(await this.code(changes))).json()) as TokenAnswer;
  }

  async refresh(token: string): Promise<Response> {
    return this.token({ grant_type: "refresh_token", refresh_token: token });
  }

  async post(path: string, body: string, headers: Record<string, string> = {}): Promise<Response> {
    return fetch(`${this.origin}${path}`, {
      method: "POST",
      redirect: "manual",
      headers: { "Content-Type": FORM, ...headers },
      body,
    });
  }

  #keep(answer: Response): Response {
    if (answer.headers.has("set-cookie")) this.cookie = cookieOf(answer);
    return answer;
  }
}

async function expectOAuthError(answer: Response, error: string, status = 400): Promise<void> {
  expect(answer.status).to.equal(status);
  expect(await answer.json()).to.deep.equal({ error });
  expect(answer.headers.get("cache-control")).to.equal("no-store");
}

async function expectErrorPage(answer: Response, text: string, status = 400): Promise<void> {
  expect(answer.status).to.equal(status);
  expect(answer.headers.get("location")).to.equal(null);
  expect(answer.headers.get("content-type")).to.equal("text/html; charset=utf-8");
  expect(await answer.text()).to.contain(text);
}

describe("The managed login of LocalCognito", () => {
  const started: LocalCognito[] = [];
  afterEach(async () => {
    await Promise.all(started.splice(0).map((cognito) => cognito.stop()));
  });
  const visit = async (options?: LocalCognitoOptions): Promise<Visitor> => {
    const cognito = await LocalCognito.start(options);
    started.push(cognito);
    return new Visitor(cognito);
  };

  // Making keys takes time: cases that leave nothing behind share one.
  const shared = new Map<string, LocalCognito>();
  after(async () => {
    await Promise.all([...shared.values()].map((cognito) => cognito.stop()));
  });
  const meet = async (options: LocalCognitoOptions = {}): Promise<Visitor> => {
    const key = JSON.stringify(options);
    const cognito = shared.get(key) ?? (await LocalCognito.start(options));
    shared.set(key, cognito);
    return new Visitor(cognito);
  };

  it("is found by discovery", async () => {
    for (const [clientSecret, methods] of [
      [undefined, ["none"]],
      [SECRET, ["client_secret_basic", "client_secret_post"]],
    ] as const) {
      const { cognito, origin } = await visit({ clientSecret });
      const answer = await fetch(`${cognito.options.issuer}/.well-known/openid-configuration`);
      const found = (await answer.json()) as object;
      expect(found).to.deep.include({
        issuer: cognito.options.issuer,
        authorization_endpoint: `${origin}/oauth2/authorize`,
        token_endpoint: `${origin}/oauth2/token`,
        revocation_endpoint: `${origin}/oauth2/revoke`,
        end_session_endpoint: `${origin}/logout`,
        response_types_supported: ["code"],
        code_challenge_methods_supported: ["S256"],
        token_endpoint_auth_methods_supported: methods,
        scopes_supported: ["openid", "email", "profile", "phone", "aws.cognito.signin.user.admin"],
      });
      expect(found).not.to.have.property("userinfo_endpoint");
      expect(answer.headers.get("access-control-allow-origin")).to.equal("*");
    }
  });

  describe("signs in with a code and PKCE", () => {
    it("a public client's user", async () => {
      const visitor = await meet();
      const login = await visitor.login({ groups: " admin, editors,,admin " });
      expect(login.status).to.equal(302);
      expect(login.headers.get("cache-control")).to.equal("no-store");
      const back = locationOf(login);
      expect(`${back.origin}${back.pathname}`).to.equal(CALLBACK);
      expect([...back.searchParams.keys()]).to.deep.equal(["code", "state"]);
      expect(back.searchParams.get("state")).to.equal("st&te");
      const answer = await visitor.redeem(back.searchParams.get("code") ?? "");
      expect(answer.status).to.equal(200);
      expect(answer.headers.get("cache-control")).to.equal("no-store");
      expect(answer.headers.get("access-control-allow-origin")).to.equal("*");
      const tokens = (await answer.json()) as TokenAnswer;
      expect(tokens).to.include({ token_type: "Bearer", expires_in: 3600 });
      const [access, id] = [tokens.access_token, tokens.id_token].map((token) => decodeJWT(token).payload);
      expect(access).to.include({ username: "ada", scope: "openid email", client_id: visitor.request.client_id });
      expect(access).not.to.have.any.keys("nonce", "at_hash");
      expect(id).to.deep.include({ "cognito:username": "ada", "cognito:groups": ["admin", "editors"], nonce: "n1" });
      const hash = createHash("sha256").update(tokens.access_token).digest().subarray(0, 16).toString("base64url");
      expect(id?.at_hash).to.equal(hash);
    });

    it("a confidential client's, which shows its secret in either way", async () => {
      const visitor = await visit({ clientSecret: SECRET, clientId: "a:b" });
      const header = { Authorization: basic("a:b", SECRET) };
      expect((await visitor.redeem(await visitor.code(), { client_secret: SECRET })).status).to.equal(200);
      expect((await visitor.redeem(await visitor.code(), {}, header)).status).to.equal(200);
      expect((await visitor.redeem(await visitor.code(), { client_id: undefined }, header)).status).to.equal(200);
      expect(visitor.cognito.options.clientSecret).to.equal(SECRET);
    });

    it("by openid-client, as a library would", async () => {
      const { cognito } = await visit({ clientSecret: "library" });
      const { issuer, clientId, clientSecret } = cognito.options;
      const config = await openid.discovery(new URL(issuer), clientId, clientSecret, undefined, {
        execute: [openid.allowInsecureRequests],
        [openid.customFetch]: (url, { body, ...options }) =>
          fetch(url, { ...options, headers: formOf(options.headers), body: body === undefined ? null : `${body}` }),
      });
      const codeVerifier = openid.randomPKCECodeVerifier();
      const [expectedState, expectedNonce] = [openid.randomState(), openid.randomNonce()];
      const url = openid.buildAuthorizationUrl(config, {
        redirect_uri: CALLBACK,
        scope: "openid profile",
        code_challenge: await openid.calculatePKCECodeChallenge(codeVerifier),
        code_challenge_method: "S256",
        state: expectedState,
        nonce: expectedNonce,
      });
      const form = new URLSearchParams(url.search);
      form.set("username", "ada");
      const login = await fetch(new URL("/login", url), { method: "POST", redirect: "manual", body: form });
      const checks = { pkceCodeVerifier: codeVerifier, expectedState, expectedNonce, idTokenExpected: true };
      const tokens = await openid.authorizationCodeGrant(config, locationOf(login), checks);
      expect(tokens.claims()).to.include({ "cognito:username": "ada", aud: clientId });
      const next = await openid.refreshTokenGrant(config, tokens.refresh_token ?? "");
      expect(next.claims()?.sub).to.equal(tokens.claims()?.sub);
      await openid.tokenRevocation(config, next.refresh_token ?? "");
      const refused = await openid.refreshTokenGrant(config, next.refresh_token ?? "").catch((error) => error);
      expect(refused).to.include({ code: "OAUTH_RESPONSE_BODY_ERROR", error: "invalid_grant" });
      const end = openid.buildEndSessionUrl(config, { post_logout_redirect_uri: "http://localhost:5173/" });
      expect((await fetch(end, { redirect: "manual" })).status).to.equal(302);
    });

    it("without PKCE and nonce where the app asks for none, as the real service does", async () => {
      const visitor = await meet();
      const without = { code_challenge: undefined, code_challenge_method: undefined, nonce: undefined };
      const answer = await visitor.redeem(await visitor.code(without), { code_verifier: undefined });
      expect(decodeJWT(((await answer.json()) as TokenAnswer).id_token).payload).not.to.have.property("nonce");
      await expectOAuthError(await visitor.redeem(await visitor.code(without)), "invalid_grant");
    });

    it("for as long as it is told to", async () => {
      const visitor = await visit({ tokenLifetime: 60 });
      const tokens = await visitor.signIn();
      expect(tokens.expires_in).to.equal(60);
      const { exp, iat } = decodeJWT(tokens.access_token).payload;
      expect(Number(exp) - Number(iat)).to.equal(60);
    });

    const scopes: [string, string | undefined, string, boolean][] = [
      ["those asked for", "openid phone", "openid phone", true],
      ["the user's own where none are asked for", undefined, "aws.cognito.signin.user.admin orders/read", true],
      ["a resource server's that the user has", "openid orders/read", "openid orders/read", true],
      ["not a resource server's of somebody else", "openid orders/write", "openid", true],
      ["no ID token without openid", "email", "email", false],
    ];
    for (const [what, scope, granted, hasIdToken] of scopes) {
      it(`and grants scopes: ${what}`, async () => {
        const users = [
          { username: "ada", scopes: ["aws.cognito.signin.user.admin", "orders/read"] },
          { username: "eve", scopes: ["orders/write"] },
        ];
        const tokens = await (await meet({ users })).signIn({ scope });
        expect(decodeJWT(tokens.access_token).payload.scope).to.equal(granted);
        expect("id_token" in tokens).to.equal(hasIdToken);
      });
    }
  });

  describe("has a page that", () => {
    const users = [{ username: "ada", groups: ["admin"] }, { username: "grace" }];

    it("offers the users there are, and carries the request on", async () => {
      const visitor = await visit({ users });
      visitor.cognito.signIn({ username: "linus", groups: ["kernel"] });
      const answer = await visitor.authorize();
      const text = await answer.text();
      expect(answer.status).to.equal(200);
      expect(answer.headers.get("cache-control")).to.equal("no-store");
      for (const name of ["ada", "grace", "linus"]) expect(text).to.contain(`name="username" value="${name}"`);
      for (const group of ["admin", "kernel"]) expect(text).to.contain(`<span class="group">${group}</span>`);
      expect(text).to.contain("LocalCognito").and.contain("No password is asked");
      expect(text).to.contain('name="state" value="st&#38;te"').and.contain('name="nonce" value="n1"');
    });

    it("loads nothing, runs nothing and cannot be framed", async () => {
      const answer = await (await meet({ users })).authorize();
      const policy = answer.headers.get("content-security-policy") ?? "";
      const [, nonce = ""] = /'nonce-([^']+)'/.exec(policy) ?? [];
      expect(policy).to.contain("default-src 'none'").and.contain("frame-ancestors 'none'");
      const text = await answer.text();
      expect(text).to.contain(`<style nonce="${nonce}">`).and.contain("prefers-color-scheme");
      expect(text).not.to.match(/<script|<link|<img|\son\w+=|style="|url\(|@import/);
    });

    it("escapes whatever it prints", async () => {
      const evil = `"><script>alert('1')</script>&\``;
      const visitor = await visit({ users: [{ username: evil, groups: [`<b>${evil}`] }] });
      for (const answer of [
        await visitor.authorize({ state: evil, nonce: evil }),
        await visitor.login({ username: " ", state: evil }),
      ]) {
        const text = await answer.text();
        expect(text).not.to.contain("<script").and.not.contain("<b>&");
        expect(text).to.contain("&#34;&#62;&#60;script&#62;alert(&#39;1&#39;)&#60;/script&#62;&#38;&#96;");
      }
      const { id_token } = await visitor.signIn({ username: evil });
      expect(decodeJWT(id_token).payload["cognito:username"]).to.equal(evil);
    });

    it("knows a user again, and keeps what is not given anew", async () => {
      const attributes = { email: "ada@example.com" };
      const visitor = await visit({ users: [{ username: "ada", groups: ["admin"], attributes }] });
      const claims = async (form: Fields) => decodeJWT((await visitor.signIn(form)).id_token).payload;
      expect(await claims({ groups: "" })).to.deep.include({ "cognito:groups": ["admin"], ...attributes });
      expect(await claims({ username: " ada ", groups: "x" })).to.deep.include({ "cognito:groups": ["x"] });
      expect(await claims({})).to.deep.include({ "cognito:groups": ["x"], ...attributes });
      expect(await claims({ username: "new" })).not.to.have.property("cognito:groups");
    });

    for (const [what, username, message] of [
      ["no name", "  ", "the user name is empty"],
      ["a name that is too long", "x".repeat(129), "no more than 128 characters"],
    ] as const) {
      it(`asks again after ${what}`, async () => {
        const visitor = await meet();
        await expectErrorPage(await visitor.login({ username }), message);
        expect(visitor.cookie).to.equal("");
      });
    }
  });

  describe("shows an error and leads nowhere", () => {
    const elsewhere = ["The redirect_uri is not", "http://127.0.0.1:1/"] as const;
    const refusals: [string, Fields, string, LocalCognitoOptions?][] = [
      ["another client", { client_id: "other" }, "no app client"],
      ["no client", { client_id: undefined }, "no app client"],
      ["no redirect_uri", { redirect_uri: undefined }, elsewhere[0]],
      ...[
        "https://evil.example/callback",
        "https://localhost.evil.example/",
        "https://127.0.0.1.evil.example/",
        "http://localhost@evil.example/",
        "http://localhost:5173\\@evil.example:1@evil.example/",
        "//evil.example/",
        "/callback",
        "javascript:alert(1)//localhost",
        "data:text/html,localhost",
        "app://localhost/callback",
        "http://user:pass@localhost/",
        "http://localhost/#fragment",
        "http://[::2]/",
      ].map((redirect_uri): [string, Fields, string] => [redirect_uri, { redirect_uri }, elsewhere[0]]),
      ...[`${CALLBACK}/`, `${CALLBACK}?a=b`, CALLBACK.toUpperCase(), "http://localhost:5173", elsewhere[1]].map(
        (redirect_uri): [string, Fields, string, LocalCognitoOptions] => [
          `${redirect_uri}, which is not in the list`,
          { redirect_uri },
          elsewhere[0],
          { callbackUrls: [CALLBACK] },
        ],
      ),
    ];
    for (const [what, changes, message, options] of refusals) {
      it(`for ${what}, asked for or posted`, async () => {
        const visitor = await meet(options);
        await expectErrorPage(await visitor.authorize(changes), message);
        await expectErrorPage(await visitor.login(changes), message);
        expect(visitor.cookie).to.equal("");
      });
    }

    it("for a redirect_uri that comes twice", async () => {
      const visitor = await meet();
      const twice = `${encode(visitor.request)}&redirect_uri=${encodeURIComponent(CALLBACK)}`;
      await expectErrorPage(await visitor.get(`/oauth2/authorize?${twice}`), elsewhere[0]);
    });

    for (const [what, headers] of [
      ["of another origin", { Origin: "http://127.0.0.1:1" }],
      ["of no origin", { Origin: "null" }],
      ["that a browser calls cross-site", { "Sec-Fetch-Site": "cross-site" }],
      ["that a browser calls same-site", { "Sec-Fetch-Site": "same-site" }],
    ] as [string, Record<string, string>][]) {
      it(`for a login form ${what}`, async () => {
        const visitor = await meet();
        await expectErrorPage(await visitor.login({}, headers), "not sent from the login page", 403);
        expect(visitor.cookie).to.equal("");
      });
    }
  });

  it("leads to the URLs of its list, a native app's too", async () => {
    const callbackUrls = [`${CALLBACK}?tenant=a`, "com.example.app:/callback"];
    const visitor = await meet({ callbackUrls });
    for (const redirect_uri of callbackUrls) {
      expect((await visitor.authorize({ redirect_uri })).status).to.equal(200);
      const back = locationOf(await new Visitor(visitor.cognito).login({ redirect_uri }));
      expect(back.href.startsWith(redirect_uri)).to.equal(true);
      expect(back.searchParams.get("code")).to.be.a("string");
    }
  });

  describe("leads back with an error", () => {
    const refusals: [string, Fields, string][] = [
      ["no response_type", { response_type: undefined }, "invalid_request"],
      ["the implicit grant", { response_type: "token" }, "unsupported_response_type"],
      ["a scope that there is not", { scope: "openid everything" }, "invalid_scope"],
      ["a plain code challenge", { code_challenge_method: "plain" }, "invalid_request"],
      ["a code challenge without a method", { code_challenge_method: undefined }, "invalid_request"],
      ["a method without a code challenge", { code_challenge: undefined }, "invalid_request"],
      ["a code challenge that is no hash", { code_challenge: "short" }, "invalid_request"],
    ];
    for (const [what, changes, error] of refusals) {
      it(`for ${what}, asked for or posted`, async () => {
        const visitor = await meet();
        for (const answer of [await visitor.authorize(changes), await visitor.login(changes)]) {
          expect(answer.status).to.equal(302);
          const { origin, pathname, searchParams } = locationOf(answer);
          expect(`${origin}${pathname}`).to.equal(CALLBACK);
          expect(Object.fromEntries(searchParams)).to.include({ error, state: "st&te" });
          expect(searchParams.has("code")).to.equal(false);
        }
      });
    }

    it("for a parameter that comes twice", async () => {
      const visitor = await meet();
      const { searchParams } = locationOf(await visitor.get(`/oauth2/authorize?${encode(visitor.request)}&state=2`));
      expect(searchParams.get("error")).to.equal("invalid_request");
    });
  });

  describe("keeps a session in the browser:", () => {
    it("the next app signs in without a page, at the time of the first sign-in", async () => {
      const clock = new TestClock();
      const visitor = await visit({ clock: clock.read });
      const login = await visitor.login();
      expect(login.headers.get("set-cookie")).to.match(
        /^cognito=[\w-]{32}; Path=\/; HttpOnly; SameSite=Lax; Max-Age=3600$/,
      );
      clock.advance({ minutes: 10 });
      const answer = await visitor.authorize({ nonce: "n2", state: undefined });
      expect(answer.status).to.equal(302);
      expect(locationOf(answer).searchParams.has("state")).to.equal(false);
      const redeemed = await visitor.redeem(locationOf(answer).searchParams.get("code") ?? "");
      const { payload } = decodeJWT(((await redeemed.json()) as TokenAnswer).id_token);
      expect(payload).to.include({ "cognito:username": "ada", nonce: "n2" });
      expect(Number(payload.iat) - Number(payload.auth_time)).to.equal(600);
      clock.advance({ minutes: 50 });
      expect((await visitor.authorize()).status).to.equal(200);
    });

    it("prompt decides whether there is a page", async () => {
      const visitor = await meet();
      const { searchParams } = locationOf(await visitor.authorize({ prompt: "none" }));
      expect(Object.fromEntries(searchParams)).to.deep.equal({ error: "login_required", state: "st&te" });
      await visitor.login();
      for (const [prompt, status] of [
        ["login", 200],
        ["select_account", 200],
        ["none", 302],
        ["consent", 302],
      ] as const) {
        expect((await visitor.authorize({ prompt })).status).to.equal(status);
      }
      visitor.cookie = "cognito=another";
      expect((await visitor.authorize()).status).to.equal(200);
    });

    for (const parameter of ["logout_uri", "post_logout_redirect_uri"]) {
      it(`logout ends it, and leads to the ${parameter}`, async () => {
        const visitor = await meet();
        await visitor.login();
        const { cookie } = visitor;
        const target = "http://localhost:5173/bye?x=1";
        const answer = await visitor.get(
          `/logout?${encode({ client_id: visitor.request.client_id, [parameter]: target })}`,
        );
        expect(answer.status).to.equal(302);
        expect(answer.headers.get("location")).to.equal(target);
        expect(answer.headers.get("set-cookie")).to.equal("cognito=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
        visitor.cookie = cookie;
        expect((await visitor.authorize()).status).to.equal(200);
      });
    }

    it("logout leads nowhere else, and then ends nothing", async () => {
      const list = { logoutUrls: ["http://localhost:5173/bye"] };
      const refusals: [LocalCognitoOptions, Fields, string][] = [
        [{}, { logout_uri: "https://evil.example/" }, "The logout_uri is not"],
        [{}, {}, "The logout_uri is not"],
        [{}, { client_id: "other", logout_uri: "http://localhost/" }, "no app client"],
        [list, { logout_uri: "http://localhost:5173/bye/" }, "The logout_uri is not"],
        [list, { logout_uri: "http://localhost:5173/bye?a=b" }, "The logout_uri is not"],
        [list, { post_logout_redirect_uri: "http://localhost:5173/" }, "The logout_uri is not"],
      ];
      for (const [options, fields, message] of refusals) {
        const visitor = await meet(options);
        await visitor.login();
        const query = encode({ client_id: visitor.request.client_id, ...fields });
        await expectErrorPage(await visitor.get(`/logout?${query}`), message);
        expect((await visitor.authorize()).status).to.equal(302);
      }
    });
  });

  describe("gives no tokens for", () => {
    const refusals: [string, Fields, string][] = [
      ["a wrong verifier", { code_verifier: "w".repeat(43) }, "invalid_grant"],
      ["no verifier", { code_verifier: undefined }, "invalid_grant"],
      ["another redirect_uri", { redirect_uri: `${CALLBACK}/` }, "invalid_grant"],
      ["no redirect_uri", { redirect_uri: undefined }, "invalid_request"],
      ["a code that there is not", { code: "x" }, "invalid_grant"],
      ["no code", { code: undefined }, "invalid_request"],
      ["another client", { client_id: "other" }, "invalid_client"],
      ["no client", { client_id: undefined }, "invalid_client"],
      ["a secret of a client that has none", { client_secret: "x" }, "invalid_client"],
      ["no grant type", { grant_type: undefined }, "invalid_request"],
      ["client credentials", { grant_type: "client_credentials" }, "unauthorized_client"],
      ["a grant that there is not", { grant_type: "magic" }, "unsupported_grant_type"],
      ["no refresh token", { grant_type: "refresh_token" }, "invalid_request"],
      ["another's refresh token", { grant_type: "refresh_token", refresh_token: "x" }, "invalid_grant"],
    ];
    for (const [what, changes, error] of refusals) {
      it(what, async () => {
        const visitor = await meet();
        await expectOAuthError(await visitor.redeem(await visitor.code(), changes), error);
      });
    }

    const wrongSecrets: [string, Fields, string | undefined, string][] = [
      ["no secret", {}, undefined, "invalid_client"],
      ["a wrong secret", { client_secret: "x" }, undefined, "invalid_client"],
      ["a wrong secret in the header", {}, basic("web", "x"), "invalid_client"],
      ["another client's name in the header", {}, basic("other", SECRET), "invalid_client"],
      ["two names", { client_id: "other" }, basic("web", SECRET), "invalid_client"],
      ["a secret in both ways", { client_secret: SECRET }, basic("web", SECRET), "invalid_request"],
      ["a header that is none", {}, "Basic !", "invalid_client"],
      ["a header with a broken escape", {}, `Basic ${btoa("web:%zz")}`, "invalid_client"],
    ];
    for (const [what, fields, header, error] of wrongSecrets) {
      it(`a confidential client that shows ${what}`, async () => {
        const visitor = await meet({ clientSecret: SECRET, clientId: "web" });
        const headers: Record<string, string> = header === undefined ? {} : { Authorization: header };
        const { refreshToken } = visitor.cognito.signIn({ username: "ada" });
        await expectOAuthError(await visitor.redeem(await visitor.code(), fields, headers), error);
        const refresh = { grant_type: "refresh_token", refresh_token: refreshToken, ...fields };
        await expectOAuthError(await visitor.token(refresh, headers), error);
      });
    }

    it("a parameter that comes twice, or a form that is none", async () => {
      const visitor = await meet();
      const body = encode({ client_id: visitor.request.client_id, grant_type: "refresh_token", refresh_token: "x" });
      await expectOAuthError(await visitor.post("/oauth2/token", `${body}&refresh_token=y`), "invalid_request");
      const json = { "Content-Type": "application/json" };
      await expectOAuthError(await visitor.post("/oauth2/token", "{}", json), "invalid_client");
    });

    it("a code that is five minutes old", async () => {
      const clock = new TestClock();
      const visitor = await visit({ clock: clock.read });
      const [late, intime] = [await visitor.code(), await visitor.code()];
      clock.advance({ seconds: 299 });
      expect((await visitor.redeem(intime)).status).to.equal(200);
      clock.advance({ seconds: 1 });
      await expectOAuthError(await visitor.redeem(late), "invalid_grant");
    });

    it("a code that was used, and ends the sign-in that it began", async () => {
      const visitor = await meet();
      const code = await visitor.code();
      const first = (await (await visitor.redeem(code)).json()) as TokenAnswer;
      await expectOAuthError(await visitor.redeem(code), "invalid_grant");
      await expectOAuthError(await visitor.refresh(first.refresh_token), "invalid_grant");
    });

    it("a code that was tried with a wrong verifier", async () => {
      const visitor = await meet();
      const code = await visitor.code();
      await visitor.redeem(code, { code_verifier: "w".repeat(43) });
      await expectOAuthError(await visitor.redeem(code), "invalid_grant");
    });
  });

  describe("refreshes", () => {
    it("with rotation: what says who signed in, when, and for what stays", async () => {
      const clock = new TestClock();
      const visitor = await visit({ clock: clock.read });
      const first = await visitor.signIn();
      clock.advance({ minutes: 20 });
      const next = (await (await visitor.refresh(first.refresh_token)).json()) as TokenAnswer;
      expect(next.refresh_token).to.be.a("string").and.not.equal(first.refresh_token);
      const [before, after] = [first, next].map(({ id_token }) => decodeJWT(id_token).payload);
      expect([after?.sub, after?.auth_time, after?.origin_jti]).to.deep.equal([
        before?.sub,
        before?.auth_time,
        before?.origin_jti,
      ]);
      expect(after).to.have.property("at_hash").that.is.not.equal(before?.at_hash);
      expect(after).not.to.have.property("nonce");
      expect(decodeJWT(next.access_token).payload.scope).to.equal("openid email");
      await expectOAuthError(await visitor.refresh(first.refresh_token), "invalid_grant");
      await expectOAuthError(await visitor.refresh(next.refresh_token), "invalid_grant");
    });

    it("without rotation where it is told not to rotate", async () => {
      const visitor = await visit({ refreshTokenRotation: false });
      const { refresh_token } = await visitor.signIn();
      for (let time = 0; time < 2; time += 1) {
        expect(await (await visitor.refresh(refresh_token)).json()).not.to.have.property("refresh_token");
      }
    });

    it("until the token is revoked", async () => {
      const visitor = await meet();
      const { refresh_token, access_token } = await visitor.signIn();
      const { client_id } = visitor.request;
      const revoke = (token: string | undefined, client = client_id) =>
        visitor.post("/oauth2/revoke", encode({ token, client_id: client }));
      await expectOAuthError(await revoke(refresh_token, "other"), "invalid_client");
      await expectOAuthError(await revoke(undefined), "invalid_request");
      await expectOAuthError(await revoke(access_token), "unsupported_token_type");
      expect((await revoke("unknown")).status).to.equal(200);
      const revoked = await revoke(refresh_token);
      expect([revoked.status, await revoked.text()]).to.deep.equal([200, ""]);
      await expectOAuthError(await visitor.refresh(refresh_token), "invalid_grant");
      expect((await revoke(refresh_token)).status).to.equal(200);
    });
  });

  describe("makes the operations of a confidential client need its secret:", () => {
    const hashOf = (secret: string, username: string) =>
      createHmac("sha256", secret).update(`${username}web`).digest("base64");
    const commands: [string, string | undefined, (token: string, given: string | undefined) => object][] = [
      [
        "GetTokensFromRefreshToken",
        SECRET,
        (RefreshToken, ClientSecret) =>
          new GetTokensFromRefreshTokenCommand({ RefreshToken, ClientId: "web", ClientSecret }),
      ],
      [
        "InitiateAuth",
        hashOf(SECRET, "ada"),
        (REFRESH_TOKEN, SECRET_HASH) =>
          new InitiateAuthCommand({
            AuthFlow: "REFRESH_TOKEN_AUTH",
            ClientId: "web",
            AuthParameters: { REFRESH_TOKEN, ...(SECRET_HASH === undefined ? {} : { SECRET_HASH }) },
          }),
      ],
      [
        "RevokeToken",
        SECRET,
        (Token, ClientSecret) => new RevokeTokenCommand({ Token, ClientId: "web", ClientSecret }),
      ],
    ];
    for (const [name, right, command] of commands) {
      it(name, async () => {
        const send = async (clientSecret: string | undefined, given: string | undefined): Promise<unknown> => {
          const { cognito, origin } = await meet({ clientSecret, clientId: "web", refreshTokenRotation: false });
          const client = new CognitoIdentityProviderClient({ region: "eu-west-1", endpoint: origin, maxAttempts: 1 });
          const asked = command(cognito.signIn({ username: "ada" }).refreshToken, given);
          // One of the three commands above; the client's overloads do not take their union.
          return client.send(asked as GetTokensFromRefreshTokenCommand).catch((error: Error) => error);
        };
        expect(await send(SECRET, right)).not.to.be.instanceOf(Error);
        expect(await send(undefined, undefined)).not.to.be.instanceOf(Error);
        for (const [secret, given, message] of [
          [SECRET, undefined, "Client web is configured with secret but SECRET_HASH was not received"],
          [SECRET, "wrong", "SecretHash does not match for the client: web"],
          [undefined, "any", "Client web is not configured for secret but secret was received"],
        ]) {
          expect(await send(secret, given)).to.include({ name: "NotAuthorizedException", message });
        }
      });
    }
  });

  describe("fails on demand and counts:", () => {
    it("by OAuth's errors, in each endpoint's own way", async () => {
      const visitor = await visit();
      const { cognito } = visitor;
      cognito.fail("Authorize", { error: "access_denied", times: 1 });
      cognito.fail("Login", { error: "server_error", times: 1 });
      cognito.fail("Token", { error: "invalid_grant", times: 1 });
      cognito.fail("Revoke", { error: "temporarily_unavailable", status: 503 });
      cognito.fail("Logout", { error: "no logout today", status: 500 });
      expect(locationOf(await visitor.authorize()).search).to.equal("?error=access_denied&state=st%26te");
      expect(locationOf(await visitor.login()).search).to.equal("?error=server_error&state=st%26te");
      await expectOAuthError(await visitor.redeem(await visitor.code()), "invalid_grant");
      await expectOAuthError(await visitor.post("/oauth2/revoke", ""), "temporarily_unavailable", 503);
      await expectErrorPage(await visitor.get("/logout"), "no logout today", 500);
      expect(["Authorize", "Login", "Token", "Revoke", "Logout"].map((name) => cognito.requests(name))).to.deep.equal([
        1, 2, 1, 1, 1,
      ]);
    });

    it("by status, body, delay and reset", async () => {
      const visitor = await visit();
      visitor.cognito.fail("Token", { status: 503, times: 1 });
      expect((await visitor.refresh("x")).status).to.equal(503);
      visitor.cognito.fail("Token", { delay: 60, times: 1 });
      const begun = Date.now();
      await expectOAuthError(await visitor.refresh("x"), "invalid_grant");
      expect(Date.now() - begun).to.be.at.least(55);
      visitor.cognito.fail("Token", { reset: true, times: 1 });
      expect(await visitor.refresh("x").catch((error: Error) => error)).to.be.instanceOf(TypeError);
    });
  });

  it("refuses other methods, and answers browsers that ask first, without counting them", async () => {
    const { origin, cognito } = await visit();
    for (const [path, wrong, allowed] of [
      ["/oauth2/authorize", "POST", "GET"],
      ["/login", "GET", "POST"],
      ["/oauth2/token", "GET", "POST"],
      ["/oauth2/revoke", "PUT", "POST"],
      ["/logout", "POST", "GET"],
      ["/login", "OPTIONS", "POST"],
    ] as const) {
      const answer = await fetch(`${origin}${path}`, { method: wrong });
      expect([answer.status, answer.headers.get("allow")]).to.deep.equal([405, allowed]);
      expect(answer.headers.has("access-control-allow-origin")).to.equal(/token|revoke/.test(path));
    }
    const preflight = await fetch(`${origin}/oauth2/token`, { method: "OPTIONS" });
    expect([preflight.status, preflight.headers.get("access-control-allow-methods")]).to.deep.equal([204, "POST"]);
    expect(["Authorize", "Login", "Token", "Revoke", "Logout"].map((name) => cognito.requests(name))).to.deep.equal([
      0, 0, 0, 0, 0,
    ]);
  });

  describe("refuses options that cannot be used:", () => {
    const refusals: [string, object, string][] = [
      ["an empty clientSecret", { clientSecret: "" }, "takes a text as `clientSecret`"],
      ["no tokenLifetime", { tokenLifetime: 0 }, "takes whole seconds, more than none, as `tokenLifetime`"],
      ["half a second", { tokenLifetime: 0.5 }, "takes whole seconds"],
      ["a callback that is no list", { callbackUrls: CALLBACK }, "takes a list as `callbackUrls`"],
      [
        "a callback that is no URL",
        { callbackUrls: ["/callback"] },
        "takes absolute URLs without a fragment as `callbackUrls`",
      ],
      ["a logout with a fragment", { logoutUrls: ["http://localhost/#x"] }, "without a fragment as `logoutUrls`"],
      ["users that are names", { users: ["ada"] }, "takes an object with `username`"],
      ["a user with a group", { users: [{ username: "ada", group: [] }] }, "knows no `group`"],
    ];
    for (const [what, options, message] of refusals) {
      it(what, async () => {
        const error = await LocalCognito.start(options).catch((reason: Error) => reason);
        expect(error).to.be.instanceOf(TypeError).with.property("message").that.contains(message);
        expect(error).to.have.property("message").that.contains("LocalCognito.start()");
      });
    }
  });
});

/** The form's content type without its charset, as the suite tells requests to an upstream by. */
function formOf(headers: Record<string, string>): Record<string, string> {
  return "content-type" in headers ? { ...headers, "content-type": FORM } : headers;
}
