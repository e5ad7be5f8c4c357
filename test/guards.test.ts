import { expect } from "chai";
import {
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
import express, { type ErrorRequestHandler } from "express";
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

  const cases: [string, () => RequestHandler, () => string][] = [
    ["requireAuth: a user", () => requireAuth(), () => token({})],
    ["requireGroup: the group", () => requireGroup("admin"), () => groups("admin")],
    ["requireGroup: any of several", () => requireGroup("admin", "dev"), () => groups("dev")],
    [
      "requireGroup: an ID token's groups",
      () => requireGroup("admin"),
      () => token({ "cognito:groups": ["admin"] }, "id"),
    ],
    ["requireEveryGroup: all", () => requireEveryGroup("a", "b"), () => groups("b", "c", "a")],
    ["requireScope: all", () => requireScope("a/r", "a/w"), () => token({ scope: "a/w x a/r" })],
    ["requireAnyScope: one", () => requireAnyScope("a", "b"), () => token({ scope: "b" })],
    ["requireClaim: the value", () => requireClaim("custom:tenant", "acme"), () => token({ "custom:tenant": "acme" })],
    ["requireClaim: a predicate", () => requireClaim("level", (level) => Number(level) > 3), () => token({ level: 5 })],
    [
      "requireClaim: a predicate that promises yes",
      () => requireClaim("level", async () => true),
      () => token({ level: 1 }),
    ],
    ["authorize: true", () => authorize(() => true), () => token({})],
    ["authorize: a promise of true", () => authorize(async () => true), () => token({})],
  ];
  for (const [name, make, bearer] of cases) {
    it(`${name} passes`, async () => {
      await get(guarded(make()), "/guarded", bearer()).expect(200);
    });
  }

  it("requireClaim passes where each token that carries the claim has the value", async () => {
    const same = { sub: "s", origin_jti: "o" };
    const app = guarded(requireClaim("custom:role", "admin"));
    const both = (access: object, id: object) =>
      get(app, "/guarded", token({ ...same, ...access }), token({ ...same, ...id }, "id"));
    await both({}, { "custom:role": "admin" }).expect(200);
    await both({ "custom:role": "admin" }, { "custom:role": "admin" }).expect(200);
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
  // A framework that is given the factory itself calls it with a request, and would wait for `next()`.
  const factories: [string, (...given: never[]) => unknown][] = [
    ["requireAuth", requireAuth],
    ["requireCredentials", requireCredentials],
    ["authErrorHandler", authErrorHandler],
  ];
  for (const [name, factory] of factories) {
    it(`${name} without its parentheses is an error at the first request, not a wait`, async () => {
      const app = express().set("env", "test");
      app.get("/", factory as RequestHandler, ok);
      const answers: ErrorRequestHandler = (error, _req, res, _next) => void res.status(500).json(String(error));
      app.use(answers);
      const { status, body } = await supertest(app).get("/").timeout(2000);
      expect(status).to.equal(500);
      expect(body).to.equal(`TypeError: ${name}() takes no arguments: write app.use(${name}()).`);
    });
  }

  for (const [name, define, message] of definitions) {
    it(`${name} throws when the route is defined`, () => {
      expect(define).to.throw(TypeError, message);
    });
  }
});
