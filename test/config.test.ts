import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import {
  type AuthSessionOptions,
  authErrorHandler,
  authSession,
  ConfigurationError,
  type RequestHandler,
} from "cognito-auth-session";
import express from "express";
import fc from "fast-check";
import supertest from "supertest";
import { resolveConfig } from "../src/config/resolve.js";
import { expectRefusal } from "./support/expectations.js";

const POOL = { userPoolId: "eu-west-1_AbCdEfGhI", clientId: "1h57kf5cpq17m0eml12example" };
const IDENTITY_POOL = "eu-west-1:00000000-0000-4000-8000-000000000000";

const KEY = Buffer.from(Array.from({ length: 32 }, (_, index) => index)).toString("base64");
const STORE = { get: async () => undefined, set: async () => {}, delete: async () => {} };

describe("Configuration", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "config-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const resolve = (options?: AuthSessionOptions, env: Record<string, string> = {}) =>
    resolveConfig(options, { env, folder });
  const writeOutputs = (text: string | object) =>
    writeFileSync(join(folder, "amplify_outputs.json"), typeof text === "string" ? text : JSON.stringify(text));
  const pool = (options?: AuthSessionOptions, env?: Record<string, string>) => {
    const [first] = resolve(options, env).userPools;
    if (first === undefined) throw new Error("no pool");
    return first;
  };

  it("needs a pool and a client; the rest has defaults", () => {
    const config = resolve(POOL);
    expect(config).to.deep.include({
      tokenUse: "any",
      required: true,
      idTokenHeader: "x-id-token",
      clockToleranceSeconds: 5,
      credentials: "eager",
      tokenCacheSize: 10_000,
      credentialsCacheSize: 10_000,
      requestTimeoutMs: 5000,
      realm: "api",
    });
    expect(
      Object.isFrozen(config) && Object.isFrozen(config.userPools) && Object.isFrozen(config.userPools[0]),
    ).to.equal(true);
    expect(pool(POOL)).to.deep.include({
      issuers: ["https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI"],
      identityPool: undefined,
    });
    expect(pool(POOL).keys).to.deep.equal({
      uri: "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI/.well-known/jwks.json",
    });
  });

  for (const [region, host] of [
    ["us-gov-west-1", "cognito-idp.us-gov-west-1.amazonaws.com"],
    ["cn-north-1", "cognito-idp.cn-north-1.amazonaws.com.cn"],
    ["eusc-de-east-1", "cognito-idp.eusc-de-east-1.amazonaws.eu"],
    ["mx-central-1", "cognito-idp.mx-central-1.amazonaws.com"],
  ]) {
    it(`knows where ${region} is`, () => {
      expect(pool({ ...POOL, userPoolId: `${region}_A1` }).issuers).to.deep.equal([`https://${host}/${region}_A1`]);
    });
  }

  describe("comes from", () => {
    const env = {
      COGNITO_USER_POOL_ID: "us-east-1_FromEnv",
      COGNITO_CLIENT_ID: "envone, envtwo",
      COGNITO_IDENTITY_POOL_ID: "us-east-1:00000000-0000-4000-8000-00000000000e",
    };
    const outputs = {
      version: "1.4",
      auth: {
        aws_region: "eu-central-1",
        user_pool_id: "eu-central-1_File",
        user_pool_client_id: "fileclient",
        identity_pool_id: "eu-central-1:00000000-0000-4000-8000-00000000000f",
      },
    };

    it("the environment", () => {
      const { userPoolId, clientIds, identityPool } = pool(undefined, env);
      expect([userPoolId, [...(clientIds ?? [])], identityPool?.id]).to.deep.equal([
        "us-east-1_FromEnv",
        ["envone", "envtwo"],
        env.COGNITO_IDENTITY_POOL_ID,
      ]);
    });

    it("amplify_outputs.json", () => {
      writeOutputs(outputs);
      const { userPoolId, clientIds, identityPool } = pool();
      expect([userPoolId, [...(clientIds ?? [])], identityPool?.id]).to.deep.equal([
        "eu-central-1_File",
        ["fileclient"],
        outputs.auth.identity_pool_id,
      ]);
    });

    it("options before environment before file, value by value", () => {
      writeOutputs({ auth: { ...outputs.auth, user_pool_id: env.COGNITO_USER_POOL_ID } });
      const { userPoolId, clientIds, identityPool } = pool(
        { clientId: "mine" },
        { COGNITO_USER_POOL_ID: env.COGNITO_USER_POOL_ID },
      );
      expect([userPoolId, [...(clientIds ?? [])], identityPool?.id]).to.deep.equal([
        env.COGNITO_USER_POOL_ID,
        ["mine"],
        outputs.auth.identity_pool_id,
      ]);
    });

    it("one pool only: a source that names another pool is left out whole", () => {
      writeOutputs(outputs);
      expect(pool({ ...POOL }, env)).to.deep.include({ userPoolId: POOL.userPoolId, identityPool: undefined });
      expect(() => pool({ userPoolId: POOL.userPoolId }, env)).to.throw(
        ConfigurationError,
        "No app client is configured",
      );
    });

    const client = { COGNITO_CLIENT_ID: "envone" };
    const notices: [string, object, string, string][] = [
      [
        "the environment, by its pool",
        { COGNITO_USER_POOL_ID: "us-east-1_FromEnv", ...client },
        "COGNITO_CLIENT_ID",
        "COGNITO_USER_POOL_ID",
      ],
      [
        "the environment, by its issuer",
        { COGNITO_ISSUER: "https://example.com/us-east-1_FromEnv", ...client },
        "COGNITO_CLIENT_ID",
        "COGNITO_ISSUER",
      ],
      ["the file", {}, "amplify_outputs.json: auth.user_pool_client_id", "amplify_outputs.json: auth.user_pool_id"],
    ];
    for (const [source, variables, left, because] of notices) {
      it(`says where it missed an app client that was left out: ${source}`, () => {
        if (source === "the file") writeOutputs(outputs);
        expect(() => pool({ userPoolId: POOL.userPoolId }, { ...variables })).to.throw(
          ConfigurationError,
          /^No app client is configured: set the option `clientId`,.* was left out, because .*$/,
        );
        expect(() => pool({ userPoolId: POOL.userPoolId }, { ...variables })).to.throw(
          ConfigurationError,
          ` ${left} was left out, because ${because} names another user pool.`,
        );
      });
    }

    it("says nothing of a source that had no app client to leave out", () => {
      expect(() => pool({ userPoolId: POOL.userPoolId }, { COGNITO_USER_POOL_ID: "us-east-1_FromEnv" }))
        .to.throw(ConfigurationError, "No app client is configured")
        .with.property("message")
        .that.does.not.contain("left out");
    });

    it("one pool only, also where a source names it by its issuer", () => {
      const other = "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Other";
      expect(pool(POOL, { COGNITO_ISSUER: other, COGNITO_JWKS_URI: `${other}/jwks` })).to.deep.equal(pool(POOL));
      const local = { issuer: ["http://127.0.0.1:1/local_a"], clientId: "c" };
      expect(pool(local, env)).to.deep.equal(pool(local));
    });

    it("only what is needed: the rest may be broken", () => {
      writeOutputs("{");
      const complete = { ...POOL, identityPoolId: null };
      expect(pool(complete, { COGNITO_CLIENT_ID: "a b", COGNITO_USER_POOL_ID: POOL.userPoolId }).userPoolId).to.equal(
        POOL.userPoolId,
      );
    });

    it("null says no, where the environment says yes", () => {
      expect(pool({ identityPoolId: null, clientId: null }, env)).to.deep.include({
        identityPool: undefined,
        clientIds: undefined,
      });
    });

    it("not from an undefined that was meant to be something", () => {
      expect(() => pool({ ...POOL, clientId: undefined })).to.throw(ConfigurationError, "No app client is configured");
      expect(() => pool(undefined, { ...env, COGNITO_CLIENT_ID: " " })).to.throw(
        ConfigurationError,
        "No app client is configured",
      );
    });

    it("nowhere: the error says all three ways", () => {
      expect(() => pool()).to.throw(
        ConfigurationError,
        /authSession\(\{ userPoolId, clientId \}\).*COGNITO_USER_POOL_ID.*amplify_outputs\.json/,
      );
    });

    it("a file without auth, or with another shape, is no source", () => {
      writeOutputs({ version: "1", data: {} });
      expect(() => pool()).to.throw(ConfigurationError, "No user pool is configured");
    });

    it("a broken file is named", () => {
      writeOutputs("{");
      expect(() => pool()).to.throw(ConfigurationError, "amplify_outputs.json is not valid JSON");
      writeOutputs({ auth: { ...outputs.auth, user_pool_id: 7 } });
      expect(() => pool()).to.throw(
        ConfigurationError,
        "amplify_outputs.json: auth.user_pool_id must be a user pool id",
      );
    });

    it("endpoints of the SDK's variables, the services' own before the general one", () => {
      const general = { ...env, AWS_ENDPOINT_URL: "http://localhost:4566" };
      expect(pool(undefined, general)).to.deep.include({ userPoolEndpoint: "http://localhost:4566" });
      expect(pool(undefined, general).keys).to.deep.equal({
        uri: "http://localhost:4566/us-east-1_FromEnv/.well-known/jwks.json",
      });
      const own = { ...general, AWS_ENDPOINT_URL_COGNITO_IDENTITY: "https://vpce.example.com/" };
      expect(pool(undefined, own).identityPool?.endpoint).to.equal("https://vpce.example.com");
      expect(pool(undefined, { ...own, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true" }).identityPool?.endpoint).to.equal(
        undefined,
      );
      const several = { userPools: [{ ...POOL, identityPoolId: IDENTITY_POOL }] };
      expect(pool(several, own).identityPool?.endpoint).to.equal("https://vpce.example.com");
    });
  });

  describe("for an emulator", () => {
    it("takes an issuer, and its pool id from the issuer's end", () => {
      const local = pool({ issuer: "http://127.0.0.1:9229/local_2d7va42j", clientId: "c" });
      expect(local).to.deep.include({ userPoolId: "local_2d7va42j" });
    });

    it("takes ids as they are made up for tests", () => {
      const ids = { userPoolId: "test-pool", clientId: "my-client.1", identityPoolId: "eu-west-1:test-pool" };
      expect(pool({ ...ids, issuer: "http://127.0.0.1:1/test-pool" }).identityPool?.id).to.equal(ids.identityPoolId);
    });

    it("keeps a key set URL as it is, and endpoints without their last slash", () => {
      expect(pool({ ...POOL, jwksUri: "https://x.example/keys/?a=b/" }).keys).to.deep.equal({
        uri: "https://x.example/keys/?a=b/",
      });
      expect(pool({ ...POOL, userPoolEndpoint: "https://x.example/" }).userPoolEndpoint).to.equal("https://x.example");
    });

    it("asks for the issuer of a pool id without a Region", () => {
      expect(() => pool({ userPoolId: "local_abc", clientId: "c" })).to.throw(
        ConfigurationError,
        "set `issuer` (COGNITO_ISSUER)",
      );
    });

    it("takes a second issuer only when it is listed", () => {
      const issuer = [
        `https://cognito-idp.eu-west-1.amazonaws.com/${POOL.userPoolId}`,
        `https://issuer-cognito-idp.eu-west-1.amazonaws.com/${POOL.userPoolId}`,
      ];
      expect([...resolve({ ...POOL, issuer }).poolByIssuer.keys()]).to.deep.equal(issuer);
      expect([...resolve(POOL).poolByIssuer.keys()]).to.deep.equal(issuer.slice(0, 1));
    });
  });

  describe("accepts http", () => {
    const urls: [string, boolean][] = [
      ["http://localhost:9229", true],
      ["http://127.0.0.1:9229", true],
      ["http://127.9.9.9", true],
      ["http://[::1]:9229", true],
      ["http://cognito.localhost", true],
      ["https://example.com", true],
      ["http://example.com", false],
      ["http://10.0.0.1", false],
      ["http://0.0.0.0:9229", false],
      ["http://localhost.example.com", false],
      ["http://127.0.0.1.example.com", false],
      ["http://localhost@example.com", false],
      ["https://user:pass@example.com", false],
      ["ftp://localhost", false],
      ["localhost:9229", false],
      ["", false],
    ];
    for (const [url, accepted] of urls) {
      it(`${accepted ? "at" : "not at"} ${url || "an empty URL"}`, () => {
        for (const option of ["jwksUri", "userPoolEndpoint", "identityPoolEndpoint"]) {
          const make = () => resolve({ ...POOL, identityPoolId: IDENTITY_POOL, [option]: url });
          if (accepted) expect(make).not.to.throw();
          else expect(make).to.throw(ConfigurationError, option);
        }
      });
    }

    it("anywhere with allowHttp", () => {
      expect(pool({ ...POOL, jwksUri: "http://moto:5000/jwks", allowHttp: true }).keys).to.deep.equal({
        uri: "http://moto:5000/jwks",
      });
      expect(() => pool({ ...POOL, issuer: "http://moto:5000/eu-west-1_A" })).to.throw(ConfigurationError, "allowHttp");
    });
  });

  describe("refuses at start, naming option and fix:", () => {
    const wrong: [object, string][] = [
      [
        { ...POOL, userPoolId: "nope" },
        "`userPoolId` must be a user pool id that begins with its Region, like eu-west-1_AbCdEfGhI.",
      ],
      [{ ...POOL, clientId: "" }, "Option `clientId` must be an app client id"],
      [{ ...POOL, clientId: [] }, "Option `clientId` must be an app client id"],
      [{ ...POOL, clientId: ["a", 7] }, "Option `clientId` must be an app client id"],
      [{ ...POOL, identityPoolId: "x" }, "Option `identityPoolId` must be an identity pool id"],
      [{ ...POOL, issuer: "eu-west-1" }, "Option `issuer` must be an issuer URL"],
      [{ ...POOL, issuer: "https://example.com/" }, "Option `issuer` must be an issuer URL"],
      [{ ...POOL, jwks: {} }, "Option `jwks.keys` must be a key set"],
      [{ ...POOL, jwks: { keys: [] } }, "must hold at least one key"],
      [{ ...POOL, tokenUse: "refresh" }, 'Option `tokenUse` must be "access", "id" or "any".'],
      [{ ...POOL, required: "yes" }, "Option `required` must be true or false."],
      [{ ...POOL, required: null }, "Option `required` must be true or false."],
      [{ ...POOL, idTokenHeader: "x id" }, "Option `idTokenHeader` must be a header name."],
      [{ ...POOL, idTokenHeader: "Authorization" }, "must be a header of its own"],
      [{ ...POOL, getToken: "header" }, "Option `getToken` must be a function"],
      [{ ...POOL, clockTolerance: -1 }, "Option `clockTolerance` must be a number of seconds between 0 and 300."],
      [{ ...POOL, clockTolerance: 5000 }, "between 0 and 300"],
      [{ ...POOL, clockTolerance: Number.NaN }, "Option `clockTolerance`"],
      [{ ...POOL, customCheck: true }, "Option `customCheck` must be a function"],
      [{ ...POOL, isRevoked: {} }, "Option `isRevoked` must be a function"],
      [{ ...POOL, credentials: "always" }, 'Option `credentials` must be "eager" or "lazy".'],
      [{ ...POOL, store: {} }, "Option `store` must be a store"],
      [{ ...POOL, store: { ...STORE, lock: null } }, "Option `store` must be a store"],
      [{ ...POOL, store: { ...STORE, close: 7 } }, "Option `store` must be a store"],
      [{ ...POOL, store: STORE }, "Option `store` needs `encryptionKeys`"],
      [{ ...POOL, encryptionKeys: [] }, "Option `encryptionKeys` must be a non-empty list of keys"],
      [{ ...POOL, encryptionKeys: "k".repeat(43) }, "Option `encryptionKeys` must be a non-empty list of keys"],
      [{ ...POOL, encryptionKeys: ["short"] }, "Option `encryptionKeys[0]` must be 32 random bytes in base64"],
      [{ ...POOL, encryptionKeys: [KEY, KEY] }, "Option `encryptionKeys` must name each key once."],
      [{ ...POOL, encryptionKeys: [`${"A".repeat(43)}=`] }, "Option `encryptionKeys[0]`"],
      [{ ...POOL, encryptionKeys: [`${KEY} `] }, "Option `encryptionKeys[0]`"],
      [{ ...POOL, getIdRate: 0 }, "Option `getIdRate` must be a number of calls a second between 1 and 100000"],
      [{ ...POOL, getIdRate: Number.NaN }, "Option `getIdRate`"],
      [{ ...POOL, getIdRate: Number.POSITIVE_INFINITY }, "Option `getIdRate`"],
      [{ ...POOL, getIdRate: "20" }, "Option `getIdRate`"],
      [{ ...POOL, authFlow: "classic" }, 'Option `authFlow` must be "enhanced" or "basic".'],
      [{ ...POOL, authFlow: "basic" }, 'Option `authFlow: "basic"` needs `roleArn`'],
      [{ ...POOL, guest: "yes" }, "Option `guest` must be true or false."],
      [{ ...POOL, stsEndpoint: "http://example.com" }, "`stsEndpoint` must be https"],
      [{ ...POOL, roleArn: "admin" }, "Option `roleArn` must be the ARN of an IAM role"],
      [{ ...POOL, tokenCacheSize: 1.5 }, "Option `tokenCacheSize` must be a whole number"],
      [{ ...POOL, credentialsCacheSize: 0 }, "Option `credentialsCacheSize` must be a whole number"],
      [
        { ...POOL, requestTimeout: 0 },
        "Option `requestTimeout` must be a whole number of milliseconds between 1 and 60000.",
      ],
      [{ ...POOL, requestTimeout: 2500.5 }, "Option `requestTimeout` must be a whole number"],
      [{ ...POOL, realm: 'a"b' }, "Option `realm` must be printable ASCII"],
      [{ ...POOL, realm: "a\r\nX: y" }, "Option `realm` must be printable ASCII"],
      [{ ...POOL, clientID: "x" }, "Unknown option `clientID`. Did you mean `clientId`?"],
      [{ ...POOL, userpoolid: "x" }, "Did you mean `userPoolId`?"],
      [{ ...POOL, clockTolerence: 5 }, "Did you mean `clockTolerance`?"],
      [{ ...POOL, zzzzzzzzzzzz: 5 }, "Unknown option `zzzzzzzzzzzz`."],
      [{ ...POOL, constructor: 5 }, "Unknown option `constructor`."],
      [{ userPools: [] }, "Option `userPools` must name at least one user pool."],
      [
        { userPools: [{ ...POOL, clientID: "x" }] },
        "Unknown option `userPools[0].clientID`. Did you mean `userPools[0].clientId`?",
      ],
      [{ userPools: [POOL, { ...POOL, clientId: 7 }] }, "Option `userPools[1].clientId` must be"],
      [{ userPools: [POOL, POOL] }, "names one issuer twice"],
      [{ userPools: [POOL], ...POOL }, "Options `userPools` and `userPoolId` exclude each other"],
      [
        { userPools: [POOL, { userPoolId: "eu-west-1_Other" }] },
        "No app client is configured: set `userPools[1].clientId`. `userPools[1].clientId: null` accepts every app client of the pool.",
      ],
    ];
    for (const [options, message] of wrong) {
      it(message, () => {
        expect(() => resolve(options as AuthSessionOptions)).to.throw(ConfigurationError, message);
      });
    }

    it("a variable by its own name", () => {
      expect(() => pool(undefined, { COGNITO_USER_POOL_ID: "nope" })).to.throw(
        ConfigurationError,
        "`COGNITO_USER_POOL_ID` must be a user pool id",
      );
      const env = {
        COGNITO_USER_POOL_ID: POOL.userPoolId,
        COGNITO_CLIENT_ID: "c",
        COGNITO_JWKS_URI: "http://example.com",
      };
      expect(() => pool(undefined, env)).to.throw(ConfigurationError, "`COGNITO_JWKS_URI` must be https");
    });

    const write = "Write authSession({ userPoolId, clientId }), or authSession() to configure it from outside.";
    const slips: [string, unknown, string][] = [
      ["a number", 7, write],
      ["a string", "eu-west-1_AbCdEfGhI", write],
      ["null", null, write],
      ["a list", [], write],
      ["a function", () => {}, "A function was given: call it, and pass what it returns."],
      ["a promise", Promise.resolve(POOL), "A promise was given: await it, and pass what it resolves to."],
      [
        "a request, where the parentheses were forgotten",
        new IncomingMessage(new Socket()),
        "A request was given: write app.use(authSession()), with parentheses.",
      ],
      [
        "an object that has the options",
        new (class {
          options = POOL;
        })(),
        "What was given has options in it: pass its `options`.",
      ],
      ["an object of another class", new Date(), "If a SessionManager was given, the package is installed twice."],
    ];
    for (const [what, given, wayOut] of slips) {
      it(`${what}, with the way out`, () => {
        expect(() => authSession(given as AuthSessionOptions)).to.throw(
          ConfigurationError,
          `authSession() takes an options object or a SessionManager. ${wayOut}`,
        );
      });
    }

    it("the forgotten parentheses of a middleware when the first request comes, at once", async () => {
      const app = express();
      app.use(authSession as unknown as RequestHandler);
      app.use(authErrorHandler());
      expectRefusal(await supertest(app).get("/"), "misconfigured", { name: "ConfigurationError" });
    });

    it("any other value, with a ConfigurationError and nothing else", () => {
      const names = [
        "clientId",
        "issuer",
        "jwks",
        "realm",
        "roleArn",
        "idTokenHeader",
        "userPools",
        "requestTimeout",
        "tokenUse",
        "getToken",
        "jwksUri",
      ];
      fc.assert(
        fc.property(fc.dictionary(fc.oneof(fc.constantFrom(...names), fc.string()), fc.anything()), (options) => {
          try {
            resolve({ ...POOL, ...options });
          } catch (error) {
            expect(error).to.be.instanceOf(ConfigurationError);
          }
        }),
        { numRuns: 2000 },
      );
    });

    it("never repeats a value: it may be a secret in the wrong place", () => {
      for (const option of ["clientId", "jwksUri", "realm", "roleArn", "issuer", "userPoolEndpoint"]) {
        expect(() => resolve({ ...POOL, [option]: 's3cret"\u0000' }))
          .to.throw(ConfigurationError)
          .with.property("message")
          .that.does.not.contain("s3cret");
      }
    });
  });
});
