import { expect } from "chai";
import {
  AuthError,
  type AuthErrorCode,
  authErrorHandler,
  authorize,
  type RequestHandler,
  requireAnyScope,
  requireAuth,
  requireClaim,
  requireCredentials,
  requireEveryGroup,
  requireGroup,
  requireScope,
} from "cognito-auth-session";
import { LocalCognito } from "cognito-auth-session/testing";
import express from "express";
import supertest from "supertest";
import { appWith, get, ok } from "./support/app.js";
import { expectRefusal } from "./support/expectations.js";

describe("Guards", () => {
  let cognito: LocalCognito;
  before(async () => {
    cognito = await LocalCognito.start();
  });
  after(() => cognito.stop());

  const guarded = (guard: RequestHandler, options = {}) =>
    appWith({ ...cognito.options, identityPoolId: null, requestTimeout: 60, ...options }, (app) =>
      app.all("/guarded", guard, ok),
    );
  const token = (claims: object, tokenUse: "access" | "id" = "access") =>
    cognito.signToken({ tokenUse, claims: { ...claims } });
  const groups = (...names: unknown[]) => token({ "cognito:groups": names });

  const everyGuard: [string, () => RequestHandler][] = [
    ["requireAuth", () => requireAuth()],
    ["requireGroup", () => requireGroup("a")],
    ["requireEveryGroup", () => requireEveryGroup("a")],
    ["requireScope", () => requireScope("a")],
    ["requireAnyScope", () => requireAnyScope("a")],
    ["requireClaim", () => requireClaim("a", "b")],
    ["requireCredentials", () => requireCredentials()],
    ["authorize", () => authorize(() => true)],
  ];
  for (const [name, make] of everyGuard) {
    it(`${name} refuses an anonymous session with 401`, async () => {
      expectRefusal(await get(guarded(make(), { required: false }), "/guarded"), "missing_token");
    });

    it(`${name} refuses a request without a session with 500, never lets it through`, async () => {
      const app = express();
      app.get("/guarded", make(), ok);
      app.use(authErrorHandler());
      expectRefusal(await get(app, "/guarded", token({})), "misconfigured");
    });

    it(`${name} takes no session but our own`, async () => {
      const app = express();
      app.use((req, _res, next) => {
        Object.assign(req, { authSession: { isAuthenticated: true, groups: ["a"], scopes: ["a"], tokens: {} } });
        next();
      });
      app.get("/guarded", make(), ok);
      app.use(authErrorHandler());
      expectRefusal(await get(app, "/guarded"), "misconfigured");
    });
  }

  const cases: [string, () => RequestHandler, () => string, AuthErrorCode | 200, string?][] = [
    ["requireAuth: a user", () => requireAuth(), () => token({}), 200],
    ["requireGroup: the group", () => requireGroup("admin"), () => groups("admin"), 200],
    ["requireGroup: any of several", () => requireGroup("admin", "dev"), () => groups("dev"), 200],
    ["requireGroup: none of them", () => requireGroup("admin", "dev"), () => groups("ops"), "insufficient_group"],
    ["requireGroup: no groups", () => requireGroup("admin"), () => token({}), "insufficient_group"],
    ["requireGroup: another case", () => requireGroup("admin"), () => groups("Admin"), "insufficient_group"],
    ["requireGroup: a prefix", () => requireGroup("admin"), () => groups("admins", "adm"), "insufficient_group"],
    [
      "requireGroup: a string in place of the list",
      () => requireGroup("admin"),
      () => token({ "cognito:groups": "admin" }),
      "insufficient_group",
    ],
    ["requireGroup: a comma list", () => requireGroup("admin"), () => groups("dev,admin"), "insufficient_group"],
    [
      "requireGroup: a list with something else in it",
      () => requireGroup("admin"),
      () => groups("admin", 7),
      "insufficient_group",
    ],
    [
      "requireGroup: an object",
      () => requireGroup("admin"),
      () => token({ "cognito:groups": { 0: "admin", length: 1 } }),
      "insufficient_group",
    ],
    [
      "requireGroup: inherited names",
      () => requireGroup("includes", "length"),
      () => groups("x"),
      "insufficient_group",
    ],
    [
      "requireGroup: custom:groups",
      () => requireGroup("admin"),
      () => token({ "custom:groups": ["admin"], groups: ["admin"], roles: ["admin"] }, "id"),
      "insufficient_group",
    ],
    [
      "requireGroup: an ID token's groups",
      () => requireGroup("admin"),
      () => token({ "cognito:groups": ["admin"] }, "id"),
      200,
    ],
    ["requireEveryGroup: all", () => requireEveryGroup("a", "b"), () => groups("b", "c", "a"), 200],
    ["requireEveryGroup: one is missing", () => requireEveryGroup("a", "b"), () => groups("a"), "insufficient_group"],
    ["requireScope: all", () => requireScope("a/r", "a/w"), () => token({ scope: "a/w x a/r" }), 200],
    [
      "requireScope: one is missing",
      () => requireScope("a/r", "a/w"),
      () => token({ scope: "a/r" }),
      "insufficient_scope",
      "a/r a/w",
    ],
    ["requireScope: no scope", () => requireScope("a"), () => token({ scope: undefined }), "insufficient_scope", "a"],
    [
      "requireScope: a part of a scope",
      () => requireScope("a"),
      () => token({ scope: "ab a/b" }),
      "insufficient_scope",
      "a",
    ],
    [
      "requireScope: an ID token",
      () => requireScope("a"),
      () => token({ scope: "a" }, "id"),
      "insufficient_scope",
      "a",
    ],
    ["requireAnyScope: one", () => requireAnyScope("a", "b"), () => token({ scope: "b" }), 200],
    [
      "requireAnyScope: none",
      () => requireAnyScope("a", "b"),
      () => token({ scope: "c" }),
      "insufficient_scope",
      "a b",
    ],
    [
      "requireClaim: the value",
      () => requireClaim("custom:tenant", "acme"),
      () => token({ "custom:tenant": "acme" }),
      200,
    ],
    [
      "requireClaim: another value",
      () => requireClaim("custom:tenant", "acme"),
      () => token({ "custom:tenant": "Acme" }),
      "forbidden",
    ],
    ["requireClaim: a looser equal", () => requireClaim("level", 1), () => token({ level: "1" }), "forbidden"],
    ["requireClaim: a list that holds the value", () => requireClaim("a", "b"), () => token({ a: ["b"] }), "forbidden"],
    ["requireClaim: absent", () => requireClaim("a", "b"), () => token({}), "forbidden"],
    ["requireClaim: inherited", () => requireClaim("constructor", () => true), () => token({}), "forbidden"],
    [
      "requireClaim: a predicate",
      () => requireClaim("level", (level) => Number(level) > 3),
      () => token({ level: 5 }),
      200,
    ],
    [
      "requireClaim: a predicate that says no",
      () => requireClaim("level", (level) => Number(level) > 3),
      () => token({ level: 1 }),
      "forbidden",
    ],
    [
      "requireClaim: a predicate that throws",
      () =>
        requireClaim("level", () => {
          throw new Error("no");
        }),
      () => token({ level: 1 }),
      "forbidden",
    ],
    [
      "requireClaim: a predicate that promises yes",
      () => requireClaim("level", async () => true),
      () => token({ level: 1 }),
      200,
    ],
    [
      "requireClaim: a predicate that promises no",
      () => requireClaim("level", async () => false),
      () => token({ level: 1 }),
      "forbidden",
    ],
    [
      "requireClaim: a predicate that rejects",
      () => requireClaim("level", () => Promise.reject(new Error("no"))),
      () => token({ level: 1 }),
      "forbidden",
    ],
    [
      "requireClaim: a predicate that never settles",
      () => requireClaim("level", () => new Promise(() => {})),
      () => token({ level: 1 }),
      "forbidden",
    ],
    ["authorize: true", () => authorize(() => true), () => token({}), 200],
    ["authorize: false", () => authorize(() => false), () => token({}), "forbidden"],
    ["authorize: a promise of true", () => authorize(async () => true), () => token({}), 200],
    ["authorize: a promise of false", () => authorize(async () => false), () => token({}), "forbidden"],
    [
      "authorize: throws",
      () =>
        authorize(() => {
          throw new Error("no");
        }),
      () => token({}),
      "forbidden",
    ],
    ["authorize: rejects", () => authorize(() => Promise.reject(new Error("no"))), () => token({}), "forbidden"],
    ["authorize: never settles", () => authorize(() => new Promise(() => {})), () => token({}), "forbidden"],
    [
      "authorize: truthy is not true",
      () => authorize((() => "yes") as unknown as () => boolean),
      () => token({}),
      "forbidden",
    ],
    [
      "authorize: nothing is not true",
      () => authorize((() => {}) as unknown as () => boolean),
      () => token({}),
      "forbidden",
    ],
    [
      "authorize: throws an AuthError of its own",
      () =>
        authorize(() => {
          throw new AuthError("token_revoked");
        }),
      () => token({}),
      "token_revoked",
    ],
    ["requireCredentials: no identity pool", () => requireCredentials(), () => token({}, "id"), "misconfigured"],
  ];
  for (const [name, make, bearer, expected, scope] of cases) {
    it(`${name} -> ${expected}`, async () => {
      const response = await get(guarded(make()), "/guarded", bearer());
      if (expected === 200) expect(response.status, response.text).to.equal(200);
      else if (name.endsWith("no identity pool"))
        expectRefusal(response, expected, { name: "InvalidIdentityPoolConfigurationException" });
      else expectRefusal(response, expected, scope === undefined ? {} : { scope });
    });
  }

  it("refuse whatever the method", async () => {
    const app = guarded(requireGroup("admin"));
    for (const method of ["head", "post", "put", "delete", "options", "patch"] as const) {
      const response = await supertest(app)
        [method]("/guarded")
        .set("Authorization", `Bearer ${groups("dev")}`);
      expect(response.status, method).to.equal(403);
    }
  });

  it("requireClaim asks both tokens where both carry the claim", async () => {
    const same = { sub: "s", origin_jti: "o" };
    const app = guarded(requireClaim("custom:role", "admin"));
    const both = (access: object, id: object) =>
      get(app, "/guarded", token({ ...same, ...access }), token({ ...same, ...id }, "id"));
    expect((await both({}, { "custom:role": "admin" })).status).to.equal(200);
    expect((await both({ "custom:role": "admin" }, { "custom:role": "admin" })).status).to.equal(200);
    expectRefusal(await both({ "custom:role": "user" }, { "custom:role": "admin" }), "forbidden");
  });

  it("groups are the access token's when there is one", async () => {
    const same = { sub: "s", origin_jti: "o" };
    const id = token({ ...same, "cognito:groups": ["admin"] }, "id");
    expectRefusal(await get(guarded(requireGroup("admin")), "/guarded", token(same), id), "insufficient_group");
  });

  it("authorize sees the session and the request", async () => {
    const app = appWith({ ...cognito.options, identityPoolId: null }, (routes) => {
      routes.get(
        "/users/:id",
        authorize((session, req) => session.userSub === req.params.id),
        ok,
      );
    });
    await get(app, "/users/me-7", token({ sub: "me-7" })).expect(200);
    expectRefusal(await get(app, "/users/another", token({ sub: "me-7" })), "forbidden");
  });

  it("requireCredentials fetches them in lazy mode", async () => {
    const lazy = { ...cognito.options, credentials: "lazy" } as const;
    const app = appWith(lazy, (routes) => {
      routes.get("/guarded", requireCredentials(), (req, res) => {
        res.json({ accessKeyId: req.authSession.credentials?.accessKeyId });
      });
    });
    const { accessToken, idToken } = cognito.signIn({ username: "ada" });
    expect((await get(app, "/guarded", idToken).expect(200)).body.accessKeyId).to.match(/^ASIA/);
    expectRefusal(await get(app, "/guarded", accessToken), "id_token_required");
  });

  it("name the configured realm", async () => {
    const app = guarded(requireGroup("admin"), { realm: "orders $1" });
    expectRefusal(await get(app, "/guarded", token({})), "insufficient_group", { realm: "orders $1" });
    expectRefusal(await get(app, "/guarded"), "missing_token", { realm: "orders $1" });
  });

  const definitions: [string, () => unknown, string][] = [
    ["requireGroup()", () => requireGroup(), "needs at least one name"],
    ["requireEveryGroup()", () => requireEveryGroup(), "needs at least one name"],
    ["requireScope()", () => requireScope(), "needs at least one name"],
    ["requireAnyScope()", () => requireAnyScope(), "needs at least one name"],
    ['requireGroup("")', () => requireGroup(""), "non-empty strings"],
    ["requireGroup(undefined)", () => requireGroup(undefined as unknown as string), "non-empty strings"],
    ['requireGroup(["a"])', () => requireGroup(["a"] as unknown as string), "non-empty strings"],
    ['requireScope("a b")', () => requireScope("a b"), "without spaces"],
    ["requireScope('a\"')", () => requireScope('a"'), "without spaces"],
    ['requireScope("a\\r\\n")', () => requireScope("a\r\n"), "without spaces"],
    ['requireClaim("")', () => requireClaim("", "b"), "non-empty strings"],
    ["requireClaim(undefined)", () => requireClaim("a", undefined as unknown as string), "to compare the claim with"],
    ["requireClaim({})", () => requireClaim("a", {} as unknown as string), "to compare the claim with"],
    ["authorize()", () => authorize(undefined as unknown as () => boolean), "takes a function"],
  ];
  for (const [name, define, message] of definitions) {
    it(`${name} throws when the route is defined`, () => {
      expect(define).to.throw(TypeError, message);
    });
  }
});
