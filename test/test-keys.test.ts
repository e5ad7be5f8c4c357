import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { connect } from "node:net";
import { inspect } from "node:util";
import { S3Client } from "@aws-sdk/client-s3";
import { expect } from "chai";
import {
  type AuthSessionOptions,
  decodeJWT,
  requireCredentials,
  requireGroup,
  requireScope,
  type SessionManager,
} from "cognito-auth-session";
import {
  LocalCognito,
  type LocalUser,
  type TestKeys,
  type TestKeysOptions,
  testKeys,
} from "cognito-auth-session/testing";
import type { Express } from "express";
import { resolveConfig } from "../src/config/resolve.js";
import { appWith, get, ok, TestClock } from "./support/app.js";
import { expectRefusal } from "./support/expectations.js";

const ROLES = {
  admins: "arn:aws:iam::123456789012:role/admins",
  readers: "arn:aws:iam::123456789012:role/readers",
};

const app = (options: AuthSessionOptions | SessionManager) =>
  appWith(options, (routes: Express) => {
    routes.get("/admin", requireGroup("admin"), ok);
    routes.get("/orders", requireScope("orders/read"), ok);
    routes.get("/files", requireCredentials(), (req, res) => {
      const { identityId, credentials } = req.authSession;
      res.json({ identityId, accessKeyId: credentials?.accessKeyId, expiration: credentials?.expiration });
    });
  });

/** Whose role the answer's access key has. */
const roleIn = (keys: TestKeys, { body }: { body: { accessKeyId?: unknown } }) =>
  keys.callerIdentity(String(body.accessKeyId))?.roleArn;

describe("testKeys()", () => {
  it("signs tokens that an app with its options takes, guards included", async () => {
    const keys = testKeys();
    const server = app(keys.options);
    const ada = keys.signIn({
      username: "ada",
      groups: ["admin"],
      scopes: ["orders/read"],
      attributes: { email: "a@x" },
    });
    const { status, body } = await get(server, "/me", ada.accessToken, ada.idToken);
    expect(status).to.equal(200);
    expect(body).to.include({ isAuthenticated: true, username: "ada", clientId: keys.options.clientId });
    expect(body).to.include({ userPoolId: keys.options.userPoolId });
    expect([body.groups, body.scopes]).to.deep.equal([["admin"], ["orders/read"]]);
    for (const [path, token] of [
      ["/admin", ada.accessToken],
      ["/admin", ada.idToken],
      ["/orders", ada.accessToken],
    ] as const) {
      expect((await get(server, path, token)).status, path).to.equal(200);
    }
  });

  it("has them judged for real", async () => {
    const keys = testKeys();
    const server = app(keys.options);
    const bob = keys.signIn({ username: "bob" });
    expectRefusal(await get(server, "/me"), "missing_token");
    expectRefusal(await get(server, "/admin", bob.accessToken), "insufficient_group");
    expectRefusal(await get(server, "/orders", bob.accessToken), "insufficient_scope", { scope: "orders/read" });
    expectRefusal(await get(server, "/me", keys.signToken({ tokenUse: "id", claims: { exp: 1 } })), "token_expired");
    expectRefusal(await get(server, "/me", keys.signToken({ tokenUse: "id", claims: { aud: "x" } })), "invalid_claims");
    expectRefusal(
      await get(server, "/me", bob.accessToken, keys.signIn({ username: "eve" }).idToken),
      "session_mismatch",
    );
    const [header, , signature] = bob.accessToken.split(".");
    const payload = { ...decodeJWT(bob.accessToken).payload, "cognito:groups": ["admin"] };
    const altered = [header, Buffer.from(JSON.stringify(payload)).toString("base64url"), signature].join(".");
    expectRefusal(await get(server, "/admin", altered), "invalid_signature");
  });

  it("makes the tokens that LocalCognito makes", async () => {
    const cognito = await LocalCognito.start();
    const user: LocalUser = {
      username: "ada",
      groups: ["admin"],
      attributes: { email: "a@x", email_verified: "true" },
      roles: [ROLES.admins],
    };
    const shapes = [testKeys(), cognito].map((pool) => {
      const { accessToken, idToken } = pool.signIn(user);
      const tokens = [accessToken, idToken, pool.signToken({ tokenUse: "access" }), pool.signToken({ tokenUse: "id" })];
      return tokens.map((token) => {
        const { header, payload } = decodeJWT(token);
        return [header, payload].map((part) => Object.entries(part).map(([name, value]) => [name, typeof value]));
      });
    });
    await cognito.stop();
    expect(shapes[0]).to.deep.equal(shapes[1]);
  });

  it("knows a user again by name", () => {
    const keys = testKeys();
    const subs = ["ada", "ada", "bob"].map((username) => decodeJWT(keys.signIn({ username }).idToken).payload.sub);
    expect(subs[0]).to.equal(subs[1]).and.not.equal(subs[2]);
  });

  it("opens no socket, for credentials neither", async () => {
    const keys = testKeys();
    const opened: unknown[] = [];
    const note = () => opened.push("a socket");
    subscribe("net.client.socket", note);
    try {
      const sessions = keys.sessions();
      await sessions.warmUp();
      const { idToken } = keys.signIn({ username: "ada" });
      const session = await sessions.getSession({ headers: { authorization: `Bearer ${idToken}` } });
      await session.getCredentials({ forceRefresh: true });
      expect(session.credentials?.accessKeyId).to.match(/^ASIA/);
      expect(sessions.health().ready).to.equal(true);
      await sessions.close();
      expect(opened).to.deep.equal([]);
      // That one would have been seen:
      connect({ port: 9, host: "127.0.0.1" })
        .on("error", () => {})
        .destroy();
      expect(opened).to.have.length(1);
    } finally {
      unsubscribe("net.client.socket", note);
    }
  });

  describe("stays apart from everything else:", () => {
    it("its tokens are refused by an app with other test keys", async () => {
      const { accessToken, idToken } = testKeys().signIn({ username: "ada", groups: ["admin"] });
      const other = app(testKeys().options);
      expectRefusal(await get(other, "/admin", accessToken), "invalid_claims");
      expectRefusal(await get(other, "/admin", idToken), "invalid_claims");
    });

    it("also by one with the same ids: each call has keys of its own", async () => {
      const ids = { userPoolId: "eu-west-1_AbCdEfGhI", clientId: "web" };
      const [ours, theirs] = [testKeys(ids), testKeys(ids)];
      const { accessToken } = ours.signIn({ username: "ada" });
      expect((await get(app(ours.options), "/me", accessToken)).status).to.equal(200);
      expectRefusal(await get(app(theirs.options), "/me", accessToken), "invalid_signature");
    });

    it("by an app of the real pool of that name, even where somebody put the test's keys there", async () => {
      const keys = testKeys({ userPoolId: "eu-west-1_AbCdEfGhI", clientId: "web" });
      const { userPoolId, clientId, jwks } = keys.options;
      const real = app({ userPoolId, clientId, jwks, identityPoolId: null });
      const { accessToken, idToken } = keys.signIn({ username: "ada" });
      expectRefusal(await get(real, "/me", accessToken), "invalid_claims");
      expectRefusal(await get(real, "/me", idToken), "invalid_claims");
    });

    it("its issuer is nobody's, whatever the pool's id, and its ids name a Region that there is not", () => {
      const sources = { env: {}, folder: "no-such-folder" };
      for (const settings of [{}, { userPoolId: "eu-west-1_AbCdEfGhI" }]) {
        const { options } = testKeys(settings);
        const [pool] = resolveConfig(options, sources).userPools;
        expect(pool?.issuers).to.deep.equal([`https://test-keys.invalid/${options.userPoolId}`]);
        expect(pool?.keys).to.deep.equal({ fixed: options.jwks });
        expect(options.issuer).not.to.contain("amazonaws");
      }
      const { userPoolId } = testKeys().options;
      expect(userPoolId).to.match(/^test-keys-0_[0-9a-z]{9}$/);
      // Left alone, such an id is a pool of a Region without a service.
      const [pool] = resolveConfig({ userPoolId, clientId: null }, sources).userPools;
      expect(pool?.issuers).to.deep.equal([`https://cognito-idp.test-keys-0.amazonaws.com/${userPoolId}`]);
    });

    it("the environment adds no identity pool, no other issuer and no keys to fetch", () => {
      const { options } = testKeys();
      const env = {
        COGNITO_USER_POOL_ID: options.userPoolId,
        COGNITO_CLIENT_ID: "real",
        COGNITO_IDENTITY_POOL_ID: "eu-west-1:1b2c3d4e-0000-4000-8000-000000000000",
        COGNITO_ISSUER: "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI",
        COGNITO_JWKS_URI: "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_AbCdEfGhI/.well-known/jwks.json",
      };
      const [pool] = resolveConfig(options, { env, folder: "no-such-folder" }).userPools;
      expect(pool?.issuers).to.deep.equal([options.issuer]);
      expect([...(pool?.clientIds ?? [])]).to.deep.equal([options.clientId]);
      expect(pool?.identityPool).to.equal(undefined);
      expect(pool?.keys).to.deep.equal({ fixed: options.jwks });
    });

    it("its private keys are not to be had", () => {
      const keys = testKeys();
      for (const key of keys.options.jwks.keys) {
        expect(key).to.have.all.keys("kty", "n", "e", "kid", "alg", "use");
      }
      expect(inspect(keys, { depth: 9, showHidden: true }) + JSON.stringify(keys)).not.to.match(/private/i);
    });
  });

  describe("with sessions()", () => {
    it("has AWS credentials for routes that need them: one identity for each user, the role from the token", async () => {
      const keys = testKeys();
      const server = app(keys.sessions());
      const files = (user: LocalUser) => get(server, "/files", keys.signIn(user).idToken);
      const ada = await files({ username: "ada" });
      expect(ada.status).to.equal(200);
      expect(ada.body.accessKeyId).to.match(/^ASIA[A-Z2-7]{16}$/);
      expect(Date.parse(ada.body.expiration) - Date.now()).to.be.within(3_590_000, 3_600_000);
      expect(keys.callerIdentity(ada.body.accessKeyId)).to.include({
        identityId: ada.body.identityId,
        roleArn: "arn:aws:iam::123456789012:role/local-cognito-user",
      });
      const admin = await files({ username: "ada", roles: [ROLES.admins] });
      expect(admin.body.identityId).to.equal(ada.body.identityId);
      expect(roleIn(keys, admin)).to.equal(ROLES.admins);
      expect((await files({ username: "bob" })).body.identityId).not.to.equal(ada.body.identityId);
    });

    it("has clients of the AWS SDK sign with them", async () => {
      const keys = testKeys();
      const { idToken } = keys.signIn({ username: "ada" });
      const session = await keys.sessions().getSession({ headers: { authorization: `Bearer ${idToken}` } });
      const { accessKeyId } = await session.awsClient(S3Client, { region: "eu-west-1" }).config.credentials();
      expect(keys.callerIdentity(accessKeyId)?.identityId).to.equal(session.identityId);
    });

    it("asks for the ID token where there is none", async () => {
      const keys = testKeys();
      const { accessToken } = keys.signIn({ username: "ada" });
      expectRefusal(await get(app(keys.sessions()), "/files", accessToken), "id_token_required");
    });

    it("takes all options of authSession(): a role, guests, the basic flow", async () => {
      const keys = testKeys({ unauthenticatedIdentities: true });
      const user = { username: "ada", roles: [ROLES.admins, ROLES.readers] };
      const { idToken } = keys.signIn(user);
      const asReader = await get(app(keys.sessions({ roleArn: ROLES.readers })), "/files", idToken);
      expect(roleIn(keys, asReader)).to.equal(ROLES.readers);
      const other = "arn:aws:iam::123456789012:role/others";
      expectRefusal(await get(app(keys.sessions({ roleArn: other })), "/files", idToken), "credentials_denied");
      const basic = app(keys.sessions({ authFlow: "basic", roleArn: other, required: false, guest: true }));
      expect(roleIn(keys, await get(basic, "/files", idToken))).to.equal(other);
      const guest = await get(basic, "/me");
      expect(guest.body).to.include({ isAuthenticated: false });
      expect(roleIn(keys, guest)).to.equal("arn:aws:iam::123456789012:role/local-cognito-guest");
      const withoutGuests = app(testKeys().sessions({ required: false, guest: true }));
      expectRefusal(await get(withoutGuests, "/me"), "credentials_denied");
    });

    it("goes by the clock of the test", async () => {
      const clock = new TestClock();
      const keys = testKeys({ clock: clock.read, tokenLifetime: 7200 });
      const server = app(keys.sessions());
      const { idToken } = keys.signIn({ username: "ada" });
      const before = await get(server, "/files", idToken);
      clock.advance({ minutes: 61 });
      const after = await get(server, "/files", idToken);
      expect(after.body.accessKeyId).not.to.equal(before.body.accessKeyId);
      clock.advance({ minutes: 60 });
      expectRefusal(await get(server, "/me", idToken), "token_expired");
    });

    it("fails on demand, a number of times, and counts the calls", async () => {
      const keys = testKeys();
      const server = app(keys.sessions({ credentials: "lazy" }));
      const files = (username: string) => get(server, "/files", keys.signIn({ username }).idToken);
      keys.fail("GetId", { error: "TooManyRequestsException", times: 1 });
      expectRefusal(await files("ada"), "credentials_unavailable", { name: "TooManyRequestsException" });
      keys.fail("GetCredentialsForIdentity", { error: "NotAuthorizedException", times: 1 });
      expectRefusal(await files("bob"), "credentials_denied");
      expect((await files("eve")).status).to.equal(200);
      expect([keys.requests("GetId"), keys.requests("GetCredentialsForIdentity")]).to.deep.equal([3, 2]);
      keys.fail("GetId", { error: "InternalErrorException" });
      keys.fail("GetId", { times: 0 });
      expect((await files("kim")).status).to.equal(200);
    });
  });

  describe("refuses what a test has misspelt:", () => {
    const keys = testKeys();
    const calls: [string, () => unknown, string][] = [
      [
        "an option that there is not",
        () => testKeys({ clientID: "x" } as TestKeysOptions),
        "testKeys() knows no `clientID`. It takes `userPoolId`, `clientId`, `identityPoolId`, `unauthenticatedIdentities`, `tokenLifetime`, `clock`.",
      ],
      ["LocalCognito's options for its server", () => testKeys({ port: 0 } as object), "testKeys() knows no `port`."],
      ["no options object", () => testKeys("web" as unknown as object), "testKeys() takes an object with `userPoolId`"],
      ["an empty id", () => testKeys({ userPoolId: "" }), "testKeys() takes a text as `userPoolId`."],
      ["a lifetime of nothing", () => testKeys({ tokenLifetime: 0 }), "testKeys() takes whole seconds"],
      ["signIn() of nobody", () => keys.signIn({ username: "" }), "signIn() needs `username`"],
      [
        "signIn() with `group`",
        () => keys.signIn({ username: "ada", group: ["admin"] } as LocalUser),
        "signIn() knows no `group`.",
      ],
      [
        "signToken() with a claim beside `claims`",
        () => keys.signToken({ tokenUse: "id", exp: 1 } as { tokenUse: "id" }),
        "signToken() knows no `exp`.",
      ],
      ["fail() that does not say how", () => keys.fail("GetId", {}), "fail() needs `error`"],
      [
        "fail() as only a connection can",
        () => keys.fail("GetId", { error: "X", reset: true } as object),
        "fail() knows no `reset`. It takes `error`, `times`.",
      ],
    ];
    for (const [what, call, message] of calls) {
      it(what, () => {
        expect(call).to.throw(TypeError, message);
      });
    }

    it("an operation that there is not", () => {
      const message = "There is no operation JWKS. There are: GetId, GetCredentialsForIdentity,";
      expect(() => keys.fail("JWKS", { error: "X" })).to.throw(RangeError, message);
      expect(() => keys.requests("JWKS")).to.throw(RangeError, message);
    });
  });
});
