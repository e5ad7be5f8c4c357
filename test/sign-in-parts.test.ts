import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { inspect } from "node:util";
import { expect } from "chai";
import { AuthError, type AuthErrorCode } from "cognito-auth-session";
import fc from "fast-check";
import { generateKeyPair, SignJWT } from "jose";
import { ManagedLogin, type ManagedLoginSettings, type SignInSecrets } from "../src/browser/managed-login.js";
import {
  MAX_PENDING,
  openPending,
  PENDING_LIFETIME_MS,
  type PendingSignIn,
  pendingSuffix,
  sealPending,
  surplusPending,
} from "../src/browser/pending-sign-ins.js";
import { MAX_RETURN_PATH_LENGTH, returnPathOf } from "../src/browser/return-path.js";
import { ERROR_TABLE } from "../src/errors/table.js";
import { Sealing } from "../src/store/sealing.js";
import { drip } from "./support/drip.js";

const ISSUER = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI";
const DOMAIN = "https://shop.auth.eu-west-1.amazoncognito.com";
const CLIENT_ID = "1example23456789";
/** As real user pools write it: no `code_challenge_methods_supported`, no `grant_types_supported`. */
const DOCUMENT = {
  authorization_endpoint: `${DOMAIN}/oauth2/authorize`,
  end_session_endpoint: `${DOMAIN}/logout`,
  id_token_signing_alg_values_supported: ["RS256"],
  issuer: ISSUER,
  jwks_uri: `${ISSUER}/.well-known/jwks.json`,
  response_types_supported: ["code", "token"],
  token_endpoint: `${DOMAIN}/oauth2/token`,
};
const SETTINGS: ManagedLoginSettings = {
  issuers: [ISSUER],
  discoveryUrl: `${ISSUER}/.well-known/openid-configuration`,
  clientId: CLIENT_ID,
  clientSecret: "client-secret-9f8e7d",
  redirectUri: "https://shop.example.com/auth/callback",
  signedOutUri: "https://shop.example.com/bye?now=1",
  scopes: ["openid", "email"],
  allowHttp: false,
  timeoutMs: 2000,
};
/** Words of upstreams and queries: none may be in anything that is made of them. */
const SECRET_WORD = "words-of-another";

type Answer = Response | Error | (() => Response | Promise<Response>);
interface Sent {
  readonly url: string;
  readonly init: RequestInit | undefined;
}

const json = (body: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json", ...headers } });
const signingKey = generateKeyPair("RS256");

/** A managed login whose provider is a function: what it answers, what it was sent, and the time. */
function trial(over: Partial<ManagedLoginSettings> = {}, document: unknown = DOCUMENT) {
  const sent: Sent[] = [];
  const state = { nowMs: Date.now(), discovery: (): Answer => json(document), token: (): Answer => json({}) };
  const fetchStub: typeof fetch = async (input, init) => {
    const url = String(input);
    sent.push({ url, init });
    const answer = url.includes("/.well-known/") ? state.discovery() : state.token();
    if (answer instanceof Error) throw answer;
    return typeof answer === "function" ? answer() : answer;
  };
  const login = new ManagedLogin({ ...SETTINGS, ...over }, { clock: () => state.nowMs, fetch: fetchStub });
  const count = (part: string) => sent.filter(({ url }) => url.includes(part)).length;
  return { login, sent, state, count };
}

type Trial = ReturnType<typeof trial>;

async function begun({ login }: Pick<Trial, "login">): Promise<{ location: URL; secrets: SignInSecrets }> {
  const outcome = await login.begin();
  if (outcome instanceof AuthError) throw outcome;
  return { location: new URL(outcome.location), secrets: outcome.secrets };
}

async function tokensFor(nonce: string | undefined, claims: Record<string, unknown> = {}): Promise<object> {
  const now = Math.floor(Date.now() / 1000);
  const payload = { iss: ISSUER, aud: CLIENT_ID, sub: "u-1", iat: now, exp: now + 3600, nonce, ...claims };
  const idToken = await new SignJWT(payload).setProtectedHeader({ alg: "RS256" }).sign((await signingKey).privateKey);
  return { access_token: "access-1", id_token: idToken, refresh_token: "refresh-1", token_type: "Bearer" };
}

/** Code, status, header and cause together; and that nothing of what came in is in what goes out. */
function expectFailure(outcome: unknown, code: AuthErrorCode, cause?: string, ...secrets: string[]): void {
  if (!(outcome instanceof AuthError)) throw new Error(`no failure but ${inspect(outcome)}`);
  expect([outcome.code, outcome.status, outcome.cause?.message]).to.deep.equal([code, ERROR_TABLE[code].status, cause]);
  if (outcome.status === 503) expect(outcome.headers["Retry-After"]).to.match(/^[1-9]\d*$/);
  const text = `${inspect(outcome, { depth: 9, showHidden: true })} ${outcome.stack} ${outcome.recoverySuggestion}`;
  for (const word of [SECRET_WORD, "client-secret", "eyJ", ...secrets]) expect(text).not.to.include(word);
}

function expectConfigurationError(over: Partial<ManagedLoginSettings>, option: string): void {
  expect(() => trial(over))
    .to.throw(AuthError)
    .that.includes({ name: "ConfigurationError", option });
}

describe("Managed login", () => {
  describe("begins a sign-in", () => {
    it("with state, nonce and PKCE S256, all new each time", async () => {
      const subject = trial();
      const { location, secrets } = await begun(subject);
      expect(`${location.origin}${location.pathname}`).to.equal(DOCUMENT.authorization_endpoint);
      expect(Object.fromEntries(location.searchParams)).to.deep.equal({
        client_id: CLIENT_ID,
        response_type: "code",
        redirect_uri: SETTINGS.redirectUri,
        scope: "openid email",
        state: secrets.state,
        nonce: secrets.nonce,
        code_challenge: createHash("sha256").update(secrets.codeVerifier).digest("base64url"),
        code_challenge_method: "S256",
      });
      const all = [secrets, (await begun(subject)).secrets].flatMap((each) => Object.values(each));
      expect(new Set(all).size).to.equal(6);
      for (const secret of all) expect(secret).to.match(/^[\w-]{43}$/);
    });

    it("with an identity provider, a hint and a prompt, which cannot become other parameters", async () => {
      const outcome = await trial().login.begin({ identityProvider: "G&state=x", loginHint: "a@b.c", prompt: "login" });
      const query = new URL(outcome instanceof AuthError ? "" : outcome.location).searchParams;
      expect([query.get("identity_provider"), query.get("login_hint"), query.get("prompt")]).to.deep.equal([
        "G&state=x",
        "a@b.c",
        "login",
      ]);
      expect(query.getAll("state")).to.have.length(1);
    });

    it("not with settings that cannot work", () => {
      for (const redirectUri of ["/callback", "https://a.example", "https://a.example/c?x=1", "https://A.example/c"]) {
        expectConfigurationError({ redirectUri }, "redirectUri");
      }
      expectConfigurationError({ signedOutUri: "/bye" }, "signedOutUri");
      expectConfigurationError({ scopes: ["email"] }, "scopes");
      expectConfigurationError({ clientSecret: "" }, "clientSecret");
      expectConfigurationError({ discoveryUrl: "http://idp.example/.well-known/openid-configuration" }, "discoveryUrl");
    });
  });

  describe("reads the discovery document", () => {
    it("once for all who wait, and again after an hour", async () => {
      const subject = trial();
      await Promise.all([begun(subject), begun(subject), subject.login.signOutLocation()]);
      subject.state.nowMs += 59 * 60_000;
      await begun(subject);
      expect(subject.count("/.well-known/")).to.equal(1);
      subject.state.nowMs += 2 * 60_000;
      await Promise.all([begun(subject), begun(subject)]);
      expect(subject.count("/.well-known/")).to.equal(2);
    });

    it("again after a failure, but not for each who asks", async () => {
      const subject = trial();
      subject.state.discovery = () => new TypeError("fetch failed");
      for (let attempt = 0; attempt < 5; attempt += 1) {
        expectFailure(await subject.login.begin(), "credentials_unavailable", "Discovery failed: NetworkError");
      }
      expect(subject.count("/.well-known/")).to.equal(2);
      subject.state.nowMs += 5000;
      subject.state.discovery = () => json(DOCUMENT);
      await begun(subject);
    });

    it("tells each who waited of the failure with an error of its own", async () => {
      const subject = trial({}, { ...DOCUMENT, issuer: "https://evil.example" });
      const [one, other] = await Promise.all([subject.login.begin(), subject.login.begin()]);
      expectFailure(one, "misconfigured");
      expectFailure(other, "misconfigured");
      expect(one).not.to.equal(other);
    });

    it("and goes on with an old one for a day while no new one can be had, but not when the new one is wrong", async () => {
      const subject = trial();
      await begun(subject);
      subject.state.nowMs += 23 * 60 * 60_000;
      subject.state.discovery = () => new Response(SECRET_WORD, { status: 500 });
      await begun(subject);
      subject.state.discovery = () => json({ ...DOCUMENT, issuer: "https://evil.example" });
      expectFailure(await subject.login.begin(), "misconfigured");
      subject.state.nowMs += 2 * 60 * 60_000;
      subject.state.discovery = () => new Response(SECRET_WORD, { status: 500 });
      expectFailure(
        await subject.login.begin(),
        "credentials_unavailable",
        "Discovery failed: UnexpectedStatus (HTTP 500)",
      );
    });

    const { authorization_endpoint: _authorize, ...withoutDomain } = DOCUMENT;
    const { token_endpoint: _token, ...withoutToken } = DOCUMENT;
    const wrong: readonly (readonly [string, unknown, RegExp])[] = [
      ["of another issuer", { ...DOCUMENT, issuer: `${ISSUER}x` }, /another issuer/],
      ["of a user pool without a domain", withoutDomain, /add a domain to the user pool/],
      ["without a token endpoint", withoutToken, /add a domain to the user pool/],
      ["with a plain http endpoint", { ...DOCUMENT, token_endpoint: "http://idp.example/t" }, /not an https URL/],
      [
        "with a script for an endpoint",
        { ...DOCUMENT, end_session_endpoint: "javascript:alert(1)" },
        /not an https URL/,
      ],
      ["with an endpoint that is no text", { ...DOCUMENT, authorization_endpoint: 7 }, /not an https URL/],
      ["with an endpoint that is a path", { ...DOCUMENT, token_endpoint: "/oauth2/token" }, /not an https URL/],
      ["with a user name in an endpoint", { ...DOCUMENT, token_endpoint: "https://a@b.example/t" }, /not an https URL/],
    ];
    for (const [name, document, suggestion] of wrong) {
      it(`and refuses one ${name}`, async () => {
        const outcome = await trial({}, document).login.begin();
        expectFailure(outcome, "misconfigured");
        expect(outcome).to.have.property("recoverySuggestion").that.matches(suggestion);
      });
    }

    it("and takes plain http endpoints on loopback, or anywhere where that is wanted", async () => {
      await begun(trial({}, { ...DOCUMENT, token_endpoint: "http://127.0.0.1:9/token" }));
      await begun(trial({ allowHttp: true }, { ...DOCUMENT, authorization_endpoint: "http://idp.test/authorize" }));
    });
  });

  describe("finishes a sign-in", () => {
    async function finished(subject: Trial, over: { nonce?: string | undefined; claims?: object } = {}) {
      const { secrets } = await begun(subject);
      const tokens = await tokensFor("nonce" in over ? over.nonce : secrets.nonce, { ...over.claims });
      subject.state.token = () => json(tokens);
      const query = new URLSearchParams({ code: "code-1", state: secrets.state });
      return { outcome: await subject.login.finish(query, secrets), tokens, secrets };
    }

    it("with one exchange of the code, as the confidential client and for the configured address", async () => {
      const subject = trial();
      const { outcome, tokens, secrets } = await finished(subject);
      expect(outcome).to.deep.equal({
        accessToken: "access-1",
        idToken: Reflect.get(tokens, "id_token"),
        refreshToken: "refresh-1",
      });
      const [, exchange] = subject.sent;
      expect(exchange?.url).to.equal(DOCUMENT.token_endpoint);
      expect(exchange?.init?.redirect).to.equal("manual");
      expect(new Headers(exchange?.init?.headers).get("authorization")).to.equal(
        `Basic ${Buffer.from(`${CLIENT_ID}:${encodeURIComponent(SETTINGS.clientSecret ?? "").replaceAll("-", "%2D")}`).toString("base64")}`,
      );
      expect(Object.fromEntries(new URLSearchParams(String(exchange?.init?.body)))).to.deep.equal({
        grant_type: "authorization_code",
        code: "code-1",
        redirect_uri: SETTINGS.redirectUri,
        code_verifier: secrets.codeVerifier,
      });
    });

    it("as a public client without a secret, and without a refresh token where there is none", async () => {
      const subject = trial({ clientSecret: undefined });
      const { secrets } = await begun(subject);
      const { refresh_token: _none, ...tokens } = { refresh_token: "", ...(await tokensFor(secrets.nonce)) };
      subject.state.token = () => json(tokens);
      const outcome = await subject.login.finish(new URLSearchParams({ code: "c", state: secrets.state }), secrets);
      expect(outcome).to.have.all.keys("accessToken", "idToken");
      const [, exchange] = subject.sent;
      expect(new Headers(exchange?.init?.headers).has("authorization")).to.equal(false);
      expect(new URLSearchParams(String(exchange?.init?.body)).get("client_id")).to.equal(CLIENT_ID);
    });

    it("and leaves the times in the ID token to the verifier", async () => {
      for (const claims of [{ exp: 1 }, { nbf: 9_999_999_999 }, { iat: 9_999_999_999 }]) {
        expect((await finished(trial(), { claims })).outcome).to.have.property("accessToken");
      }
    });

    const foreign: readonly (readonly [string, { nonce?: string | undefined; claims?: object }])[] = [
      ["another nonce", { nonce: SECRET_WORD }],
      ["no nonce", { nonce: undefined }],
      ["another audience", { claims: { aud: SECRET_WORD } }],
      ["another issuer", { claims: { iss: `https://${SECRET_WORD}.example` } }],
      ["a further audience", { claims: { aud: [CLIENT_ID, SECRET_WORD] } }],
    ];
    for (const [name, over] of foreign) {
      it(`and refuses an ID token with ${name}`, async () => {
        const { outcome } = await finished(trial(), over);
        expectFailure(outcome, "invalid_request", "Token failed: IdTokenMismatch (HTTP 200)");
      });
    }

    const callbacks: readonly (readonly [string, (state: string) => string, AuthErrorCode, string?])[] = [
      ["two codes", (state) => `code=a&code=b&state=${state}`, "invalid_request"],
      ["two states", (state) => `code=a&state=${state}&state=${state}`, "invalid_request"],
      ["no code", (state) => `state=${state}`, "invalid_request"],
      ["an empty code", (state) => `code=&state=${state}`, "invalid_request"],
      ["no state", () => "code=a", "invalid_request"],
      ["another state", () => `code=a&state=${SECRET_WORD}`, "invalid_request"],
      ["nothing", () => "", "invalid_request"],
      ["another issuer", (state) => `code=a&state=${state}&iss=https://${SECRET_WORD}.example`, "invalid_request"],
      ["an ID token", (state) => `code=a&state=${state}&id_token=${SECRET_WORD}`, "invalid_request"],
      ["a response that is a JWT", (state) => `code=a&state=${state}&response=${SECRET_WORD}`, "invalid_request"],
      ["an error of another state", () => `error=access_denied&state=${SECRET_WORD}`, "invalid_request"],
      ["two errors", (state) => `error=access_denied&error=server_error&state=${state}`, "invalid_request"],
      ["access_denied", (state) => `error=access_denied&state=${state}`, "forbidden", "access_denied"],
      ["invalid_scope", (state) => `error=invalid_scope&state=${state}`, "forbidden", "invalid_scope"],
      ["an unknown error", (state) => `error=${SECRET_WORD}&state=${state}`, "forbidden", "UnknownError"],
      ["an error beside a code", (state) => `code=a&error=access_denied&state=${state}`, "forbidden", "access_denied"],
      ["server_error", (state) => `error=server_error&state=${state}`, "credentials_unavailable", "server_error"],
      [
        "temporarily_unavailable",
        (state) => `error=temporarily_unavailable&state=${state}`,
        "credentials_unavailable",
        "temporarily_unavailable",
      ],
    ];
    for (const [name, query, code, cause] of callbacks) {
      it(`not for a callback with ${name}, and sends no code`, async () => {
        const subject = trial();
        const { secrets } = await begun(subject);
        const parameters = new URLSearchParams(`${query(secrets.state)}&error_description=${SECRET_WORD}`);
        const outcome = await subject.login.finish(parameters, secrets);
        expectFailure(outcome, code, cause && `Authorize failed: ${cause}`, ...Object.values(secrets));
        expect(subject.count("/oauth2/token")).to.equal(0);
      });
    }

    const refusal = (error: string, status = 400, headers = {}) =>
      json({ error, error_description: SECRET_WORD }, status, headers);
    const html = (status: number) =>
      new Response(`<p>${SECRET_WORD}</p>`, { status, headers: { "content-type": "text/html" } });
    const endless = () =>
      new Response(
        new ReadableStream({
          pull: (controller) => controller.enqueue(new Uint8Array(65_536).fill(32)),
        }),
      );
    const answers: readonly (readonly [string, () => Answer, AuthErrorCode, string])[] = [
      ["invalid_grant", () => refusal("invalid_grant"), "invalid_request", "invalid_grant (HTTP 400)"],
      ["invalid_request", () => refusal("invalid_request"), "invalid_request", "invalid_request (HTTP 400)"],
      ["invalid_client", () => refusal("invalid_client"), "misconfigured", "invalid_client (HTTP 400)"],
      [
        "invalid_client and a challenge",
        () => refusal("invalid_client", 401, { "www-authenticate": `Basic realm="${SECRET_WORD}"` }),
        "misconfigured",
        "invalid_client (HTTP 401)",
      ],
      ["unauthorized_client", () => refusal("unauthorized_client"), "misconfigured", "unauthorized_client (HTTP 400)"],
      ["redirect_mismatch", () => refusal("redirect_mismatch"), "misconfigured", "redirect_mismatch (HTTP 400)"],
      ["an unknown error", () => refusal(SECRET_WORD), "credentials_unavailable", "UnreadableAnswer (HTTP 400)"],
      ["constructor", () => refusal("constructor"), "credentials_unavailable", "UnreadableAnswer (HTTP 400)"],
      ["429", () => refusal("invalid_grant", 429), "credentials_unavailable", "UnexpectedStatus (HTTP 429)"],
      ["500", () => refusal("invalid_grant", 500), "credentials_unavailable", "UnexpectedStatus (HTTP 500)"],
      ["a firewall's 403", () => html(403), "credentials_unavailable", "UnexpectedStatus (HTTP 403)"],
      [
        "a redirect",
        () => new Response(null, { status: 307, headers: { location: `https://${SECRET_WORD}.example` } }),
        "credentials_unavailable",
        "UnexpectedStatus (HTTP 307)",
      ],
      ["204", () => new Response(null, { status: 204 }), "credentials_unavailable", "UnexpectedStatus (HTTP 204)"],
      ["HTML", () => html(200), "credentials_unavailable", "UnreadableAnswer (HTTP 200)"],
      ["HTML and 400", () => html(400), "credentials_unavailable", "UnreadableAnswer (HTTP 400)"],
      ["nothing", () => new Response(null), "credentials_unavailable", "UnreadableAnswer (HTTP 200)"],
      [
        "half of it",
        () => new Response('{"access_token": "'),
        "credentials_unavailable",
        "UnreadableAnswer (HTTP 200)",
      ],
      ["a list", () => json([SECRET_WORD]), "credentials_unavailable", "UnreadableAnswer (HTTP 200)"],
      ["no tokens", () => json({}), "credentials_unavailable", "UnreadableAnswer (HTTP 200)"],
      [
        "no ID token",
        () => json({ access_token: SECRET_WORD, token_type: "Bearer" }),
        "credentials_unavailable",
        "UnreadableAnswer (HTTP 200)",
      ],
      [
        "an ID token that is none",
        () => json({ access_token: "a", id_token: SECRET_WORD, token_type: "Bearer" }),
        "credentials_unavailable",
        "UnreadableAnswer (HTTP 200)",
      ],
      ["endless spaces", endless, "credentials_unavailable", "AnswerTooLarge (HTTP 200)"],
      [
        "a reset",
        () => new TypeError("fetch failed", { cause: Object.assign(new Error(SECRET_WORD), { code: "ECONNRESET" }) }),
        "credentials_unavailable",
        "NetworkError (ECONNRESET)",
      ],
      ["silence", () => () => new Promise<Response>(() => {}), "credentials_unavailable", "TimeoutError"],
    ];
    for (const [name, answer, code, cause] of answers) {
      it(`not where the token endpoint answers with ${name}, and asks it once`, async () => {
        const subject = trial({ timeoutMs: 150 });
        const { secrets } = await begun(subject);
        subject.state.token = answer;
        const query = new URLSearchParams({ code: "code-7", state: secrets.state });
        const outcome = await subject.login.finish(query, secrets);
        expectFailure(outcome, code, `Token failed: ${cause}`, "code-7", ...Object.values(secrets));
        expect(subject.count("/oauth2/token")).to.equal(1);
      });
    }
  });

  describe("signs out", () => {
    it("at the hosted endpoint, in Cognito's words and in OpenID Connect's", async () => {
      const location = new URL((await trial().login.signOutLocation()) ?? "");
      expect(`${location.origin}${location.pathname}`).to.equal(DOCUMENT.end_session_endpoint);
      expect(Object.fromEntries(location.searchParams)).to.deep.equal({
        client_id: CLIENT_ID,
        logout_uri: SETTINGS.signedOutUri,
        post_logout_redirect_uri: SETTINGS.signedOutUri,
      });
    });

    it("nowhere when no endpoint is known", async () => {
      const { end_session_endpoint: _logout, ...document } = DOCUMENT;
      expect(await trial({}, document).login.signOutLocation()).to.equal(undefined);
      expect(await trial({}, "no document").login.signOutLocation()).to.equal(undefined);
    });
  });

  describe("over a real connection", () => {
    async function serving<T>(listener: RequestListener, use: (origin: string) => Promise<T>): Promise<T> {
      const server = createServer(listener).listen(0, "127.0.0.1");
      await new Promise((resolve) => server.once("listening", resolve));
      try {
        // A server that listens on a port has an address of this kind.
        return await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
      } finally {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    }

    it("signs in", async () => {
      let nonce = "";
      let origin = "";
      const listener: RequestListener = async (request, response) => {
        const isDiscovery = request.url?.includes("/.well-known/");
        const document = { ...DOCUMENT, authorization_endpoint: `${origin}/a`, token_endpoint: `${origin}/t` };
        response.setHeader("content-type", "application/json");
        // Written apart from the end: the suite takes what ends an answer for our own.
        response.write(JSON.stringify(isDiscovery ? document : await tokensFor(nonce)));
        response.end();
      };
      await serving(listener, async (address) => {
        origin = address;
        const settings = { ...SETTINGS, discoveryUrl: `${origin}/p/.well-known/openid-configuration` };
        const login = new ManagedLogin(settings, { clock: Date.now });
        const { secrets } = await begun({ login });
        nonce = secrets.nonce;
        const query = new URLSearchParams({ code: "c", state: secrets.state });
        expect(await login.finish(query, secrets)).to.include({ accessToken: "access-1", refreshToken: "refresh-1" });
      });
    });

    const endless = [
      { which: "that begins in time and never ends", delayMs: 0, timeoutMs: 1500, cause: "TimeoutError (HTTP 200)" },
      { which: "that begins when nobody waits for it any more", delayMs: 100, timeoutMs: 50, cause: "TimeoutError" },
    ];
    for (const { which, delayMs, timeoutMs, cause } of endless) {
      it(`ends an answer ${which}, though fetch does not heed its signal`, async () => {
        let hasEnded = () => {};
        const ended = new Promise<void>((resolve) => {
          hasEnded = resolve;
        });
        const listener: RequestListener = (_, response) => {
          response.once("close", hasEnded).write("{");
        };
        await serving(listener, async (origin) => {
          const settings = { ...SETTINGS, discoveryUrl: `${origin}/.well-known/openid-configuration`, timeoutMs };
          const heedless: typeof fetch = async (input) => {
            const response = await fetch(input);
            await pause(delayMs);
            return response;
          };
          const outcome = await new ManagedLogin(settings, { clock: Date.now, fetch: heedless }).begin();
          expectFailure(outcome, "credentials_unavailable", `Discovery failed: ${cause}`);
          await ended;
        });
      });
    }

    const faults: readonly (readonly [string, RequestListener, string])[] = [
      ["a redirect", (_, res) => res.writeHead(302, { location: "/elsewhere" }).end(), "UnexpectedStatus (HTTP 302)"],
      ["an endless answer", (_, res) => void res.write(" ".repeat(300_000)), "AnswerTooLarge (HTTP 200)"],
      ["silence", () => {}, "TimeoutError"],
      ["half an answer", (_, res) => void res.write('{"issuer":'), "TimeoutError (HTTP 200)"],
      ["a drip, while garbage is collected", drip, "TimeoutError (HTTP 200)"],
      ["a hang-up", (req) => req.socket.destroy(), "NetworkError"],
    ];
    for (const [name, listener, cause] of faults) {
      it(`fails on ${name}`, async () => {
        let requests = 0;
        let ended: Promise<unknown> = Promise.resolve();
        const counting: RequestListener = (request, response) => {
          requests += 1;
          ended = once(response, "close", { signal: AbortSignal.timeout(3000) });
          listener(request, response);
        };
        await serving(counting, async (origin) => {
          const settings = { ...SETTINGS, discoveryUrl: `${origin}/.well-known/openid-configuration`, timeoutMs: 400 };
          const outcome = await new ManagedLogin(settings, { clock: Date.now }).begin();
          expectFailure(outcome, "credentials_unavailable", `Discovery failed: ${cause}`);
          expect(requests).to.equal(1);
          // Nothing is left open to a provider that was given up.
          await ended;
        });
      });
    }
  });

  it("has openid-client loaded by the first sign-in only", () => {
    const src = join(import.meta.dirname, "../src");
    const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
    const wrong = files.filter((file) =>
      /^(?:import|export) (?!type )[^;]*"openid-client";/m.test(readFileSync(join(src, file), "utf8")),
    );
    expect(wrong).to.deep.equal([]);
  });
});

describe("A sign-in under way", () => {
  const sealing = new Sealing(randomBytes(32));
  const nowMs = 1_800_000_000_000;
  const pendingOf = (state: string): PendingSignIn => ({
    secrets: { state, nonce: "n".repeat(43), codeVerifier: "v".repeat(43) },
    returnTo: "/app?tab=2",
    startedAtMs: nowMs,
  });

  it("is opened for its own state, until ten minutes have passed", async () => {
    const { cookieSuffix, value } = await sealPending(sealing, pendingOf("state-1"));
    expect(cookieSuffix).to.equal(createHash("sha256").update("state-1").digest("base64url").slice(0, 12));
    expect(cookieSuffix).to.equal(pendingSuffix("state-1"));
    expect(value)
      .to.match(/^[\w.-]+$/)
      .and.not.include("state-1");
    const at = (ms: number) => openPending(sealing, { state: "state-1", value, nowMs: nowMs + ms });
    expect(await sealing.open(sealing.nameOf("sign-in", "state-1"), value)).to.deep.equal(pendingOf("state-1"));
    expect(await at(0)).to.deep.equal(pendingOf("state-1"));
    expect(await at(PENDING_LIFETIME_MS - 1)).to.deep.equal(pendingOf("state-1"));
    expect(await at(PENDING_LIFETIME_MS)).to.equal(undefined);
    expect(await at(-60_001)).to.equal(undefined);
  });

  it("is not opened when it is another's, altered, or no sign-in", async () => {
    const { value } = await sealPending(sealing, pendingOf("state-1"));
    const other = await sealPending(sealing, pendingOf("state-2"));
    const open = (given: unknown, state = "state-1", by = sealing) => openPending(by, { state, value: given, nowMs });
    expect(await open(value, "state-2")).to.equal(undefined);
    expect(await open(other.value)).to.equal(undefined);
    expect(await open(value, "state-1", new Sealing(randomBytes(32)))).to.equal(undefined);
    for (let at = 0; at < value.length; at += 37) {
      expect(await open(`${value.slice(0, at)}${value[at] === "A" ? "B" : "A"}${value.slice(at + 1)}`)).to.equal(
        undefined,
      );
    }
    for (const given of [undefined, "", "a.b.c.d.e", Symbol("several"), 7])
      expect(await open(given)).to.equal(undefined);
    const name = sealing.nameOf("sign-in", "state-1");
    for (const odd of [{}, null, { ...pendingOf("state-1"), startedAtMs: "0" }, pendingOf("state-2")]) {
      expect(await open(await sealing.seal(name, odd))).to.equal(undefined);
    }
  });

  it("fits into a cookie with the longest return path, and a longer one is refused", async () => {
    const pending = { ...pendingOf("s".repeat(43)), returnTo: `/${"x".repeat(MAX_RETURN_PATH_LENGTH - 1)}` };
    expect((await sealPending(sealing, pending)).value.length).to.be.below(3500);
    const longer = { ...pending, returnTo: `${pending.returnTo}x` };
    expect(await sealPending(sealing, longer).catch((error: unknown) => error)).to.be.instanceOf(RangeError);
  });

  it("makes the oldest give way where there are too many", () => {
    const names = ["a", "b", "c", "d", "e", "f"].map((state) => `__Host-sign-in-${pendingSuffix(state)}`);
    const others = ["__Host-sign-in", "__Host-sign-in-short", "x__Host-sign-in-AAAAAAAAAAAA", "__Host-auth-session"];
    const cookies = new Map([...others, ...names].map((name) => [name, "x"]));
    expect(surplusPending(cookies, "__Host-sign-in")).to.deep.equal(names.slice(0, 2));
    expect(surplusPending(cookies, "__Host-sign-in", MAX_PENDING - 1)).to.deep.equal(names.slice(0, 3));
    expect(surplusPending(new Map(), "__Host-sign-in")).to.deep.equal([]);
  });
});

describe("A return path", () => {
  const good: readonly (readonly [string, readonly string[], string])[] = [
    ["/", ["/"], "/"],
    ["/app", ["/app"], "/app"],
    ["/app/x/y", ["/app"], "/app/x/y"],
    ["/app?x=1&y=%2F%2F", ["/app"], "/app?x=1&y=%2F%2F"],
    ["/app?next=https://a.example//b", ["/app"], "/app?next=https://a.example//b"],
    ["/app#part", ["/app"], "/app"],
    ["/other/../app/./x", ["/app"], "/app/x"],
    ["/app/%2e%2e/app/x", ["/app"], "/app/x"],
    ["/files/a%2Fb", ["/files"], "/files/a%2Fb"],
    ["/é", ["/"], "/%C3%A9"],
    ["/app/x", ["/app/"], "/app/x"],
    ["/a@b.example:80/x", ["/"], "/a@b.example:80/x"],
    [`/${"x".repeat(511)}`, ["/"], `/${"x".repeat(511)}`],
  ];
  for (const [value, allowed, path] of good) {
    it(`${value.slice(0, 40)} within ${allowed} is taken`, () => expect(returnPathOf(value, allowed)).to.equal(path));
  }

  const everywhere: readonly unknown[] = [
    undefined,
    null,
    7,
    ["/app"],
    { toString: () => "/app" },
    "",
    "app",
    "https://evil.example/",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\/evil.example",
    "/app\\..\\x",
    "/\t/evil.example",
    "/\n/evil.example",
    " /app",
    "/app x",
    "/app\u0000",
    "/app\u2028",
    "/%5cevil.example",
    "/%2f%2fevil.example",
    "/%2Fevil.example",
    "/.//evil.example",
    "/%2e//evil.example",
    "/a/..//evil.example",
    "/a//b",
    "/a/..%2f..%2fb",
    "/a/%2e%2e%2fb",
    "/a%5c..%5cb",
    "javascript:alert(1)",
    `/${"x".repeat(512)}`,
    `/${"é".repeat(400)}`,
  ];
  for (const value of everywhere) {
    it(`${inspect(value).slice(0, 40)} is refused`, () => expect(returnPathOf(value, ["/"])).to.equal(undefined));
  }

  it("outside of what is allowed is refused, dot segments resolved", () => {
    for (const value of [
      "/",
      "/application",
      "/app/../admin",
      "/app/%2e%2e/admin",
      "/App",
      "/app%2f..%2fadmin",
      "/app%2fx",
    ]) {
      expect(returnPathOf(value, ["/app", "/apply"]), value).to.equal(undefined);
    }
    expect(returnPathOf("/app", [])).to.equal(undefined);
    expect(returnPathOf("/app", ["/app/"])).to.equal(undefined);
  });

  it("leads to the application's own origin, whatever was asked for and whatever that origin is", () => {
    const piece = fc.constantFrom(
      ..."/ // \\ . .. ? # @ : %2f %5C %2e %09 \t \n \r \u0000 \u00a0 \u2028 \ufeff ％ ／ a evil.example https: javascript:".split(
        " ",
      ),
    );
    const nasty = fc.array(piece, { maxLength: 8 }).map((pieces) => `/${pieces.join("")}`);
    const value = fc.oneof(
      nasty,
      fc.string({ unit: "binary" }),
      fc.webUrl({ withQueryParameters: true }),
      fc.webPath(),
    );
    const origins = ["https://shop.example.com", "http://localhost:3000", "https://[::1]:8443"];
    let taken = 0;
    fc.assert(
      fc.property(value, (asked) => {
        const path = returnPathOf(asked, ["/"]);
        if (path === undefined) return;
        taken += 1;
        expect(path)
          .to.match(/^\/(?![/\\])[\x21-\x7e]*$/)
          .and.not.include("#");
        expect(returnPathOf(path, ["/"])).to.equal(path);
        for (const origin of origins) expect(new URL(path, `${origin}/deep/er?x`).href).to.equal(`${origin}${path}`);
      }),
      { numRuns: 5000 },
    );
    expect(taken).to.be.above(100);
  });
});
