import * as identity from "@aws-sdk/client-cognito-identity";
import * as idp from "@aws-sdk/client-cognito-identity-provider";
import * as jwtErrors from "aws-jwt-verify/error";
import { expect } from "chai";
import {
  AuthError,
  type AuthErrorCode,
  authErrorHandler,
  authSession,
  ConfigurationError,
  requireAuth,
  requireGroup,
  SessionManager,
} from "cognito-auth-session";
import { LocalCognito } from "cognito-auth-session/testing";
import express, { type ErrorRequestHandler } from "express";
import Koa from "koa";
import supertest from "supertest";
import { VERDICTS } from "../src/errors/aws-exceptions.js";
import { type CognitoOperation, fromAwsError } from "../src/errors/from-aws.js";
import { fromJwtVerifyError } from "../src/errors/from-jwt-verify.js";
import { ERROR_TABLE, type ErrorRow } from "../src/errors/table.js";
import { ok } from "./support/app.js";
import { parseChallenge } from "./support/challenge.js";

const codes = Object.keys(ERROR_TABLE) as AuthErrorCode[];

describe("Errors", () => {
  for (const code of codes) {
    it(`${code} answers right from its fields, in Express' own handler and in ours`, async () => {
      const row: ErrorRow = ERROR_TABLE[code];
      const bare = express().set("env", "test");
      const handled = express();
      for (const app of [bare, handled]) {
        app.get("/", (_req, _res, next) => next(new AuthError(code)));
      }
      handled.use(authErrorHandler());
      for (const app of [bare, handled]) {
        const response = await supertest(app).get("/");
        expect(response.status).to.equal(row.status);
        const challenge = parseChallenge(response.headers["www-authenticate"]);
        expect(challenge?.scheme).to.equal(row.challenge === undefined ? undefined : "Bearer");
        expect(challenge?.parameters.error).to.equal(row.challenge === "bare" ? undefined : row.challenge);
        expect(response.headers["retry-after"]).to.equal(row.status === 503 ? "1" : undefined);
      }
    });
  }

  it("are one class, with what handlers and clients need", () => {
    const error = new AuthError("insufficient_group");
    expect(error)
      .to.be.instanceOf(Error)
      .and.to.include({ name: "ForbiddenException", status: 403, statusCode: 403, expose: true });
    expect(error.recoverySuggestion).to.contain("group");
    expect(new AuthError("misconfigured").expose).to.equal(false);
    expect(new AuthError("jwks_unavailable", { retryAfterSeconds: 2.1 }).headers).to.deep.equal({ "Retry-After": "3" });
    expect(new ConfigurationError("x"))
      .to.be.instanceOf(AuthError)
      .and.to.include({ name: "ConfigurationError", code: "misconfigured", status: 500 });
    expect(JSON.parse(JSON.stringify(new AuthError("invalid_claims", { claim: "iss" })))).to.deep.equal({
      name: "NotAuthorizedException",
      code: "invalid_claims",
      status: 401,
      message: "A claim of the token is missing or not accepted.",
      claim: "iss",
    });
  });

  it("authErrorHandler passes every other error on, and keeps off an answer that has begun", async () => {
    const app = express();
    app.get("/other", () => {
      throw new RangeError("mine");
    });
    app.get("/begun", (_req, res, next) => {
      res.write("begun");
      next(new AuthError("forbidden"));
    });
    app.get("/described", (_req, res, next) => {
      res.set({ "Content-Encoding": "gzip", ETag: '"x"', "X-Mine": "kept" });
      next(new AuthError("forbidden"));
    });
    app.use(authErrorHandler());
    app.use(((error, _req, res, _next) => {
      res.status(418);
      res.end(error.message);
    }) satisfies ErrorRequestHandler);
    expect((await supertest(app).get("/other")).text).to.equal("mine");
    expect((await supertest(app).get("/begun")).text).to.contain("begun");
    const { body, headers } = await supertest(app).get("/described");
    expect(body.code).to.equal("forbidden");
    expect(headers).to.include({ "x-mine": "kept" }).and.not.have.any.keys("content-encoding", "etag");
  });

  it("authErrorHandler tells the operator once what is misconfigured, and the client nothing", async () => {
    const warnings: Error[] = [];
    const listen = (warning: Error) => warnings.push(warning);
    process.on("warning", listen);
    const app = express();
    app.get("/", (_req, _res, next) =>
      next(new AuthError("misconfigured", { recoverySuggestion: "Set this and that." })),
    );
    app.use(authErrorHandler());
    for (let call = 0; call < 3; call += 1)
      expect((await supertest(app).get("/")).text).not.to.contain("this and that");
    process.off("warning", listen);
    expect(warnings.map(({ name, message }) => [name, message])).to.deep.equal([
      ["CognitoAuthSessionWarning", "Set this and that."],
    ]);
  });

  it("go to the framework where the session cannot be attached, waited for or not", async () => {
    const cognito = await LocalCognito.start();
    const app = express();
    app.use((req, _res, next) => {
      Object.defineProperty(req, "authSession", { get: () => undefined });
      next();
    });
    app.use(authSession(cognito.options));
    app.use(((error, _req, res, _next) => {
      res.status(418).end(error.name);
    }) satisfies ErrorRequestHandler);
    const { accessToken } = cognito.signIn({ username: "ada" });
    for (let call = 0; call < 2; call += 1) {
      const response = await supertest(app).get("/").set("Authorization", `Bearer ${accessToken}`);
      expect([response.status, response.text]).to.deep.equal([418, "TypeError"]);
    }
    await cognito.stop();
  });

  it("say so where Express' middleware is used in Koa, and let nobody in", async () => {
    const cognito = await LocalCognito.start();
    const { accessToken } = cognito.signIn({ username: "ada" });
    for (const middleware of [authSession(cognito.options), requireAuth()]) {
      const seen: unknown[] = [];
      const app = new Koa();
      app.on("error", (error) => seen.push(error));
      // What somebody does who writes JavaScript, or takes an editor's first suggestion.
      app.use(middleware as unknown as Koa.Middleware);
      app.use((context) => {
        context.body = "in";
      });
      const response = await supertest(app.callback()).get("/").set("Authorization", `Bearer ${accessToken}`);
      expect(response.status).to.equal(500);
      expect(seen[0]).to.include({
        code: "misconfigured",
        recoverySuggestion: "This is middleware for Express. In Koa, import it from `cognito-auth-session/koa`.",
      });
    }
    await cognito.stop();
  });

  it("reach a handler of the application's own, typed", async () => {
    const cognito = await LocalCognito.start();
    const app = express();
    app.use(authSession(cognito.options));
    app.get("/admin", requireGroup("admin"), ok);
    app.use(((error, _req, res, _next) => {
      res.status(error instanceof AuthError ? error.status : 500).json({ mine: error.code });
    }) satisfies ErrorRequestHandler);
    const { accessToken } = cognito.signIn({ username: "ada" });
    const { body } = await supertest(app).get("/admin").set("Authorization", `Bearer ${accessToken}`).expect(403);
    expect(body).to.deep.equal({ mine: "insufficient_group" });
    await cognito.stop();
  });

  it("say how the key set's host cannot be reached, again and again", async () => {
    const gone = await LocalCognito.start();
    const token = gone.signToken({ tokenUse: "access" });
    await gone.stop();
    const sessions = new SessionManager(gone.options);
    for (let call = 0; call < 4; call += 1) {
      const error: unknown = await sessions
        .getSession({ headers: { authorization: `Bearer ${token}` } })
        .catch((e) => e);
      expect(error).to.include({ code: "jwks_unavailable" });
      expect(error).to.have.property("cause").that.includes({
        operation: "JWKS",
        errno: "ECONNREFUSED",
        message: "JWKS failed: NetworkError (ECONNREFUSED)",
      });
    }
  });

  describe("from aws-jwt-verify:", () => {
    const expected: Record<string, [AuthErrorCode, string?]> = {
      JwtParseError: ["malformed_token"],
      JwtExpiredError: ["token_expired"],
      JwtNotBeforeError: ["invalid_claims", "nbf"],
      JwtInvalidIssuerError: ["invalid_claims", "iss"],
      JwtInvalidAudienceError: ["invalid_claims", "aud"],
      JwtInvalidScopeError: ["invalid_claims", "scope"],
      JwtInvalidClaimError: ["invalid_claims"],
      CognitoJwtInvalidGroupError: ["invalid_claims", "cognito:groups"],
      CognitoJwtInvalidTokenUseError: ["invalid_claims", "token_use"],
      CognitoJwtInvalidClientIdError: ["invalid_claims", "client_id"],
      AlbJwtInvalidSignerError: ["invalid_claims"],
      AlbJwtInvalidClientIdError: ["invalid_claims"],
      JwtInvalidSignatureError: ["invalid_signature"],
      JwtInvalidSignatureAlgorithmError: ["invalid_signature"],
      JwtWithoutValidKidError: ["invalid_signature"],
      KidNotFoundInJwksError: ["invalid_signature"],
      JwkInvalidUseError: ["invalid_signature"],
      JwkInvalidKtyError: ["invalid_signature"],
      NotSupportedError: ["invalid_signature"],
      FetchError: ["jwks_unavailable"],
      NonRetryableFetchError: ["jwks_unavailable"],
      JwksValidationError: ["jwks_unavailable"],
      JwkValidationError: ["jwks_unavailable"],
      JwksNotAvailableInCacheError: ["jwks_unavailable"],
      WaitPeriodNotYetEndedJwkError: ["jwks_unavailable"],
      ParameterValidationError: ["invalid_claims", "iss"],
      // Of features that are not used here: laid to the token.
      JwtBaseError: ["malformed_token"],
      FailedAssertionError: ["malformed_token"],
      AlbJwksNotExposedError: ["malformed_token"],
    };

    it("every exported class has its place", () => {
      expect(Object.keys(jwtErrors).sort()).to.deep.equal(Object.keys(expected).sort());
      for (const [name, ErrorClass] of Object.entries(jwtErrors)) {
        const secret = "eyJsecret";
        // The classes take different arguments; all of them only make the text.
        const thrown = new (ErrorClass as new (...texts: string[]) => Error)(secret, secret);
        const error = fromJwtVerifyError(thrown);
        expect([error.code, error.claim].filter(Boolean), name).to.deep.equal(expected[name]);
        expect(error.message + JSON.stringify(error.headers)).not.to.contain(secret);
      }
    });

    it("anything else is the token's fault, never a 5xx", () => {
      for (const thrown of [new RangeError("Invalid time value"), "text", undefined, null, {}]) {
        expect(fromJwtVerifyError(thrown).code).to.equal("malformed_token");
      }
    });
  });

  describe("from AWS:", () => {
    const exceptions = [...Object.entries(identity), ...Object.entries(idp)].filter(
      ([name]) => name.endsWith("Exception") && !name.endsWith("ServiceException"),
    );

    it("every exception that the clients declare has its place", () => {
      expect(exceptions.length).to.be.above(50);
      const unknown = exceptions.map(([name]) => name).filter((name) => !VERDICTS.has(name));
      expect(unknown).to.deep.equal([]);
    });

    it("is 403, 503 or 500 for an exchange and keeps the name, but no text", () => {
      const statusOf = { refused: 403, unavailable: 503, misconfigured: 500 };
      for (const [name, Exception] of exceptions) {
        // All service exceptions take these options.
        const make = Exception as new (options: object) => Error;
        const thrown = new make({
          message: "secret eyJ",
          $metadata: { httpStatusCode: 400, requestId: "text of theirs" },
        });
        const error = fromAwsError(thrown, "GetId");
        expect(error.name).to.equal(name);
        expect(error.status).to.equal(statusOf[VERDICTS.get(name) ?? "refused"]);
        expect(error.message + error.cause?.message + JSON.stringify(error.cause)).not.to.match(
          /secret|text of theirs/,
        );
      }
    });

    const real: [string, object, CognitoOperation, AuthErrorCode, string?][] = [
      ["an abort", { name: "AbortError", message: "Request aborted" }, "GetId", "credentials_unavailable"],
      ["a time-out", { name: "TimeoutError", code: "ETIMEDOUT" }, "GetId", "credentials_unavailable"],
      ["a reset", { name: "TimeoutError", code: "ECONNRESET" }, "GetId", "credentials_unavailable"],
      ["a refused connection", { name: "Error", code: "ECONNREFUSED" }, "GetId", "credentials_unavailable"],
      [
        "HTML with 502",
        { name: "SyntaxError", $metadata: { httpStatusCode: 502 } },
        "GetId",
        "credentials_unavailable",
      ],
      [
        "HTML with 200",
        { name: "SyntaxError", $metadata: { httpStatusCode: 200 } },
        "GetId",
        "credentials_unavailable",
      ],
      ["HTML with 403", { name: "SyntaxError", $metadata: { httpStatusCode: 403 } }, "GetId", "credentials_denied"],
      [
        "an unknown exception",
        { name: "BrandNewException", $metadata: { httpStatusCode: 400 } },
        "GetId",
        "credentials_unavailable",
      ],
      [
        "503 by name",
        { name: "ServiceUnavailable", $metadata: { httpStatusCode: 503 } },
        "GetId",
        "credentials_unavailable",
        "ServiceUnavailable",
      ],
      [
        "an expired login",
        { name: "NotAuthorizedException", message: "Invalid login token. Token expired: 1 >= 0" },
        "GetId",
        "token_expired",
      ],
      [
        "a refused refresh",
        { name: "NotAuthorizedException", message: "Refresh Token has been revoked" },
        "GetTokensFromRefreshToken",
        "refresh_failed",
      ],
      [
        "a reused refresh token",
        { name: "RefreshTokenReuseException" },
        "GetTokensFromRefreshToken",
        "refresh_failed",
        "RefreshTokenReuseException",
      ],
      [
        "a throttled refresh",
        { name: "TooManyRequestsException" },
        "InitiateAuth",
        "credentials_unavailable",
        "TooManyRequestsException",
      ],
    ];
    for (const [what, fields, operation, code, name] of real) {
      it(`${what} is ${code}`, () => {
        const error = fromAwsError(Object.assign(new Error("text of theirs"), fields), operation);
        expect(error.code).to.equal(code);
        if (name !== undefined) expect(error.name).to.equal(name);
        expect(error.cause?.message).not.to.contain("theirs");
      });
    }

    it("is an outage for what is no error at all", () => {
      for (const thrown of [undefined, null, "text", 7, {}])
        expect(fromAwsError(thrown, "GetId").code).to.equal("credentials_unavailable");
    });

    const codes: [code: unknown, errno: string | undefined, message: string][] = [
      ["ECONNREFUSED", "ECONNREFUSED", "GetId failed: NetworkError (ECONNREFUSED)"],
      ["ENOTFOUND", "ENOTFOUND", "GetId failed: NetworkError (ENOTFOUND)"],
      ["pool.example.com", undefined, "GetId failed: NetworkError"],
      ["E", undefined, "GetId failed: NetworkError"],
      [`E${"X".repeat(40)}`, undefined, "GetId failed: NetworkError"],
      [7, undefined, "GetId failed: NetworkError"],
      [undefined, undefined, "GetId failed: NetworkError"],
    ];
    for (const [code, errno, message] of codes) {
      it(`${errno === undefined ? "keeps no" : "keeps the"} error code ${String(code).slice(0, 20)}`, () => {
        const thrown = Object.assign(new Error("getaddrinfo ENOTFOUND pool.example.com"), { code });
        const { cause } = fromAwsError(thrown, "GetId");
        expect([cause?.errno, cause?.message]).to.deep.equal([errno, message]);
      });
    }

    it("keeps the request id where it is one", () => {
      const requestId = "0a1b2c3d-0000-4000-8000-0123456789ab";
      const error = fromAwsError(
        Object.assign(new Error(), { name: "InternalErrorException", $metadata: { requestId } }),
        "GetId",
      );
      expect(error.cause).to.include({ operation: "GetId", requestId });
    });
  });
});
