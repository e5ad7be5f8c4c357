import { randomBytes } from "node:crypto";
import { expect } from "chai";
import { type AuthSessionOptions, ConfigurationError, SessionManager } from "cognito-auth-session";
import { type AuthRoutesOptions, authRoutes, fetchAuthRoutes, koaAuthRoutes } from "cognito-auth-session/routes";
import { memoryStore } from "cognito-auth-session/testing";
import { resolveConfig } from "../src/config/resolve.js";

const POOL = { userPoolId: "eu-west-1_AbCdEfGhI", clientId: "1h57kf5cpq17m0eml12example" };
const SESSION = { ...POOL, cookies: "session", origin: "https://app.example.com" } as const;
const resolve = (options: AuthSessionOptions) => resolveConfig(options, { env: {}, folder: "/nowhere" }).cookies;

/** What is wrong, which option is named, and a word of how to mend it. */
function expectMisuse(run: () => unknown, option: string | undefined, text: string): void {
  let thrown: unknown;
  try {
    run();
  } catch (error) {
    thrown = error;
  }
  expect(thrown).to.be.instanceOf(ConfigurationError);
  const { code, status, option: named, message } = thrown as ConfigurationError;
  expect({ code, status, option: named }).to.deep.equal({ code: "misconfigured", status: 500, option });
  expect(message).to.contain(text);
  if (option !== undefined) expect(message).to.contain(`\`${option.split(".").at(-1)}`);
}

describe("Configuration of sessions in cookies", () => {
  it("is none unless it is asked for", () => expect(resolve(POOL)).to.equal(undefined));

  it("has defaults", () => {
    expect(resolve(SESSION)).to.deep.equal({
      kind: "session",
      origin: "https://app.example.com",
      isSecure: true,
      idleMs: 86_400_000,
      lifetimeMs: 604_800_000,
    });
    expect(Object.isFrozen(resolve(SESSION))).to.equal(true);
  });

  it("lets nobody be idle for longer than a session lasts", () => {
    expect(resolve({ ...SESSION, sessionLifetime: 3600 })).to.include({ idleMs: 3_600_000, lifetimeMs: 3_600_000 });
    expect(resolve({ ...SESSION, sessionIdleTimeout: 900 })).to.include({ idleMs: 900_000 });
  });

  for (const [origin, isSecure] of [
    ["https://app.example.com:8443", true],
    ["https://xn--bcher-kva.example", true],
    ["http://localhost:3000", false],
    ["http://app.localhost", false],
    ["http://127.0.0.1:3000", false],
    ["http://[::1]:3000", false],
  ] as const) {
    it(`takes ${origin}`, () => expect(resolve({ ...SESSION, origin })).to.include({ origin, isSecure }));
  }

  it("takes plain http elsewhere where that is allowed", () => {
    expect(resolve({ ...SESSION, origin: "http://app.test", allowHttp: true })).to.include({ isSecure: false });
  });

  it("needs no origin for Amplify's cookies", () => {
    expect(resolve({ ...POOL, cookies: "amplify" })).to.include({ origin: undefined, isSecure: true });
  });

  const wrong: readonly [string, object, string, string][] = [
    ["another kind", { ...SESSION, cookies: "sessions" }, "cookies", "amplify-http-only"],
    ["true", { ...SESSION, cookies: true }, "cookies", "amplify-http-only"],
    ["no origin", { ...POOL, cookies: "session" }, "origin", "https://app.example.com"],
    ...[
      ["a path", "https://app.example.com/app"],
      ["a trailing slash", "https://app.example.com/"],
      ["a query", "https://app.example.com?x"],
      ["upper case", "https://App.example.com"],
      ["an upper case scheme", "HTTPS://app.example.com"],
      ["the default port", "https://app.example.com:443"],
      ["white space", " https://app.example.com"],
      ["letters that browsers write otherwise", "https://bücher.example"],
      ["a backslash", "https:\\\\app.example.com"],
    ].map(([what, origin]): [string, object, string, string] => [
      `an origin with ${what}`,
      { ...SESSION, origin },
      "origin",
      "spelled as browsers do",
    ]),
    ["an origin with a fragment", { ...SESSION, origin: "https://app.example.com#x" }, "origin", "without user name"],
    [
      "an origin with a user name",
      { ...SESSION, origin: "https://a:b@app.example.com" },
      "origin",
      "without user name",
    ],
    ["plain http elsewhere", { ...SESSION, origin: "http://app.example.com" }, "origin", "on loopback only"],
    [
      "plain http at a name like loopback's",
      { ...SESSION, origin: "http://localhost.evil.example" },
      "origin",
      "loopback",
    ],
    ["another scheme", { ...SESSION, origin: "ftp://app.example.com" }, "origin", "https"],
    ["the origin null", { ...SESSION, origin: "null" }, "origin", "URL"],
    ["an origin that is no text", { ...SESSION, origin: 5 }, "origin", "https://app.example.com"],
    ["an empty origin", { ...SESSION, origin: "" }, "origin", "URL"],
    ["any app client", { ...SESSION, clientId: null }, "clientId", "null"],
    ["an origin without cookies", { ...POOL, origin: "https://app.example.com" }, "origin", 'cookies: "session"'],
    ["a lifetime without cookies", { ...POOL, sessionLifetime: 900 }, "sessionLifetime", 'cookies: "session"'],
    ["an idle time without cookies", { ...POOL, sessionIdleTimeout: 900 }, "sessionIdleTimeout", 'cookies: "session"'],
    [
      "a lifetime of Amplify's cookies",
      { ...POOL, cookies: "amplify", sessionLifetime: 900 },
      "sessionLifetime",
      "Amplify",
    ],
    [
      "an idle time of Amplify's cookies",
      { ...POOL, cookies: "amplify-http-only", sessionIdleTimeout: 900 },
      "sessionIdleTimeout",
      "Amplify",
    ],
    ["a store without locks", { ...SESSION, ...lockless() }, "store", "with `lock`"],
    ["a lifetime of seconds", { ...SESSION, sessionLifetime: 59 }, "sessionLifetime", "between 60"],
    ["a lifetime of years", { ...SESSION, sessionLifetime: 31_536_001 }, "sessionLifetime", "between 60"],
    ["half a second", { ...SESSION, sessionIdleTimeout: 60.5 }, "sessionIdleTimeout", "whole number"],
    ["an idle time as a text", { ...SESSION, sessionIdleTimeout: "900" }, "sessionIdleTimeout", "whole number"],
    ["another refresh flow", { ...SESSION, refreshFlow: "REFRESH_TOKEN" }, "refreshFlow", "InitiateAuth"],
  ];
  for (const [what, options, option, text] of wrong) {
    it(`refuses ${what}`, () => expectMisuse(() => resolve(options as AuthSessionOptions), option, text));
  }
});

/** One process would refresh a session while another does. */
function lockless(): object {
  const { lock, ...store } = memoryStore();
  return { store, encryptionKeys: [randomBytes(32).toString("base64")] };
}

describe("Configuration of the routes", () => {
  const sessions = new SessionManager(SESSION);
  after(() => sessions.close());

  it("takes a path, scopes, return paths and where a sign-out leads", () => {
    for (const options of [
      undefined,
      {},
      { path: "/a/b-c.d", returnTo: ["/", "/app/x.y"], signedOutPath: "/bye", scopes: ["openid", "orders/read"] },
      { path: "/...", userPoolId: POOL.userPoolId, signedOutPath: "/", returnTo: undefined },
    ]) {
      expect(authRoutes(sessions, options)).to.be.a("function");
    }
  });

  const PATH = "a path like /auth";
  const RETURN = "non-empty list of own paths";
  const wrong: readonly [string, unknown, string | undefined, string][] = [
    ["an unknown option", { pathh: "/auth" }, "pathh", "knows path, userPoolId"],
    ["nothing in place of options", null, undefined, "takes a SessionManager and options"],
    ["a text in place of options", "/auth", undefined, "takes a SessionManager and options"],
    ...[
      "auth",
      "/auth/",
      "/",
      "",
      "//auth",
      "/a//b",
      "/a?x",
      "/a#x",
      "/a b",
      "/%61",
      "/a:b",
      "/a*",
      "\\a",
      "/a\n",
      "/..",
      "/a/../b",
      "/.",
      5,
      null,
    ].map((path): [string, unknown, string, string] => [`the path ${JSON.stringify(path)}`, { path }, "path", PATH]),
    ...["bye", "//evil.example", "/\\evil", "https://evil.example", "/bye/", "/bye?x", "/..", 5].map(
      (path): [string, unknown, string, string] => [
        `a sign-out to ${path}`,
        { signedOutPath: path },
        "signedOutPath",
        PATH,
      ],
    ),
    ...["/app", [], [""], ["app"], ["/app", "//evil.example"], ["/", 5], ["/.."], {}].map(
      (returnTo): [string, unknown, string, string] => [
        `to return to ${JSON.stringify(returnTo)}`,
        { returnTo },
        "returnTo",
        RETURN,
      ],
    ),
    ["scopes without openid", { scopes: ["email"] }, "scopes", "openid"],
    ["no scopes", { scopes: [] }, "scopes", "openid"],
    ["scopes as one text", { scopes: "openid email" }, "scopes", "list of scopes"],
    ["two scopes in one", { scopes: ["openid email"] }, "scopes", "list of scopes"],
    ["a scope that is no text", { scopes: ["openid", 5] }, "scopes", "list of scopes"],
    ["a user pool that is not configured", { userPoolId: "eu-west-1_other" }, "userPoolId", "configured user pool"],
    ["a user pool that is no text", { userPoolId: 5 }, "userPoolId", "configured user pool"],
  ];
  for (const [what, options, option, text] of wrong) {
    it(`refuses ${what}`, () => {
      for (const make of [authRoutes, koaAuthRoutes, fetchAuthRoutes]) {
        expectMisuse(() => make(sessions, options as AuthRoutesOptions), option, text);
      }
    });
  }

  for (const [what, given, option, text] of [
    ["options in place of a manager", SESSION, undefined, "takes the SessionManager"],
    ["nothing in place of a manager", undefined, undefined, "takes the SessionManager"],
    ["something like a manager", { getSession: () => {} }, undefined, "takes the SessionManager"],
    ["a manager without cookies", new SessionManager(POOL), "cookies", "`origin`"],
    ["a manager of Amplify's cookies", new SessionManager({ ...POOL, cookies: "amplify" }), "cookies", "`origin`"],
  ] as const) {
    it(`refuses ${what}`, () => {
      for (const make of [authRoutes, koaAuthRoutes, fetchAuthRoutes]) {
        expectMisuse(() => make(given as SessionManager), option, text);
      }
    });
  }
});
