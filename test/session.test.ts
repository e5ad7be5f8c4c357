import { IncomingMessage } from "node:http";
import { Socket } from "node:net";
import { inspect } from "node:util";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { expect } from "chai";
import {
  AuthError,
  type AuthSession,
  authSession,
  decodeJWT,
  fetchAuthSession,
  SessionManager,
} from "cognito-auth-session";
import { LocalCognito, type LocalTokens } from "cognito-auth-session/testing";
import fc from "fast-check";
import { appWith, get } from "./support/app.js";
import { expectRefusal } from "./support/expectations.js";
import { withServer } from "./support/raw-http.js";

const rejection = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (e: unknown) => e,
  );

describe("The session", () => {
  let cognito: LocalCognito;
  let sessions: SessionManager;
  let tokens: LocalTokens;

  before(async () => {
    cognito = await LocalCognito.start();
    sessions = new SessionManager({ ...cognito.options, required: false });
    tokens = cognito.signIn({
      username: "ada",
      groups: ["admin", "dev"],
      scopes: ["orders/read", "orders/write"],
      attributes: {
        email: "ada@example.com",
        email_verified: "true",
        name: "Ada L",
        given_name: "Ada",
        family_name: "L",
        "custom:tenant": "acme",
        "custom:__proto__": "x",
      },
    });
  });
  after(async () => {
    await sessions.close();
    await cognito.stop();
  });

  const of = (bearer?: string, idToken?: string): Promise<AuthSession> =>
    sessions.getSession({
      headers: { ...(bearer && { authorization: `Bearer ${bearer}` }), ...(idToken && { "x-id-token": idToken }) },
    });

  it("says who calls, from both tokens", async () => {
    const session = await of(tokens.accessToken, tokens.idToken);
    const { userPoolId, clientId } = cognito.options;
    expect(session.isAuthenticated).to.equal(true);
    expect(session).to.deep.include({ username: "ada", userPoolId, clientId });
    expect(session.userSub).to.equal(session.tokens?.idToken?.payload.sub);
    expect(session.groups).to.deep.equal(["admin", "dev"]);
    expect(session.scopes).to.deep.equal(["orders/read", "orders/write"]);
    expect(String(session.tokens?.accessToken)).to.equal(tokens.accessToken);
    expect(`${session.tokens?.idToken}`).to.equal(tokens.idToken);
    expect(session.tokens?.idToken?.header.alg).to.equal("RS256");
    expect(session.tokens?.idToken?.signature).to.equal(tokens.idToken.split(".")[2]);
  });

  it("knows a machine by its client id", async () => {
    const machine = cognito.signToken({
      tokenUse: "access",
      claims: { sub: cognito.options.clientId, username: undefined, scope: "orders/read" },
    });
    const session = await of(machine);
    expect([session.userSub, session.username, session.scopes]).to.deep.equal([
      cognito.options.clientId,
      undefined,
      ["orders/read"],
    ]);
    expect(session.getUserInfo()).to.deep.equal({ sub: cognito.options.clientId, groups: [], customAttributes: {} });
  });

  it("is empty for an anonymous request", async () => {
    const session = await of();
    expect(session.isAuthenticated).to.equal(false);
    expect([session.tokens, session.userSub, session.credentials, session.getUserInfo()]).to.deep.equal([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    expect([session.groups, session.scopes]).to.deep.equal([[], []]);
    expect(await rejection(session.getCredentials()))
      .to.be.instanceOf(AuthError)
      .that.includes({ code: "missing_token" });
    expect(() => session.awsClient(S3Client))
      .to.throw(AuthError)
      .that.includes({ code: "missing_token" });
  });

  describe("getUserInfo()", () => {
    it("reads the ID token", async () => {
      const info = (await of(tokens.idToken)).getUserInfo();
      expect(info).to.deep.include({
        username: "ada",
        email: "ada@example.com",
        emailVerified: true,
        name: "Ada L",
        givenName: "Ada",
        familyName: "L",
      });
      expect(info?.groups).to.deep.equal(["admin", "dev"]);
      expect(info?.customAttributes.tenant).to.equal("acme");
      expect(Object.getPrototypeOf(info?.customAttributes)).to.equal(Object.prototype);
    });

    it("falls back to the access token", async () => {
      const session = await of(tokens.accessToken);
      expect(session.getUserInfo()).to.deep.equal({
        sub: session.userSub,
        username: "ada",
        groups: ["admin", "dev"],
        customAttributes: {},
      });
    });
  });

  describe("cannot be changed:", () => {
    const changes: [string, (session: AuthSession) => unknown][] = [
      ["its groups", ({ groups }) => (groups as string[]).push("root")],
      ["its scopes", ({ scopes }) => (scopes as string[]).push("all")],
      ["a claim", ({ tokens: t }) => Object.assign(t?.idToken?.payload ?? {}, { sub: "x" })],
      ["a nested claim", ({ tokens: t }) => ((t?.idToken?.payload["cognito:groups"] ?? []) as string[]).push("root")],
      ["a header", ({ tokens: t }) => Object.assign(t?.idToken?.header ?? {}, { alg: "none" })],
      ["its tokens", ({ tokens: t }) => Object.assign(t ?? {}, { idToken: undefined })],
      ["its user", (session) => Object.assign(session, { userSub: "x" })],
      ["a new property", (session) => Object.assign(session, { isAdmin: true })],
      ["its user info", (session) => Object.assign(session.getUserInfo() ?? {}, { sub: "x" })],
    ];
    for (const [name, change] of changes) {
      it(name, async () => {
        const session = await of(tokens.idToken);
        expect(() => change(session)).to.throw(TypeError);
        expect((await of(tokens.idToken)).groups).to.deep.equal(["admin", "dev"]);
      });
    }
  });

  describe("shows no secret:", () => {
    const views: [string, (value: unknown) => string][] = [
      ["JSON", (value) => JSON.stringify(value) ?? ""],
      ["inspect", (value) => inspect(value, { depth: 20, showHidden: true })],
      ["console.dir", (value) => inspect(value, { depth: 20, customInspect: false, showHidden: true })],
      ["inspect of a wrapper", (value) => inspect({ a: [value] }, { depth: 20 })],
      ["string", (value) => `${Object.prototype.toString.call(value)}`],
      ["JSON of its own properties", (value) => JSON.stringify({ ...(value as object) })],
    ];
    for (const [name, view] of views) {
      it(`as ${name}`, async () => {
        const session = await of(tokens.accessToken, tokens.idToken);
        const credentials = await session.getCredentials();
        const secrets = [
          tokens.accessToken,
          tokens.idToken,
          credentials.secretAccessKey,
          credentials.sessionToken ?? "",
        ].flatMap((secret) => [secret, secret.split(".").at(-1) ?? secret]);
        const shown = [session, session.toJSON(), session.tokens].map(view).join("\n");
        for (const secret of secrets) expect(shown).not.to.contain(secret);
        if (name.startsWith("JSON of its own")) return;
        const credentialsShown = view(session.credentials);
        for (const secret of secrets) expect(credentialsShown).not.to.contain(secret);
      });
    }

    it("in its errors, down to the cause", async () => {
      cognito.fail("GetCredentialsForIdentity", { error: "NotAuthorizedException", times: 1 });
      const session = await new SessionManager({ ...cognito.options, credentials: "lazy" }).getSession({
        headers: { authorization: `Bearer ${tokens.idToken}` },
      });
      const error = await rejection(session.getCredentials());
      const shown =
        inspect(error, { depth: 20, showHidden: true }) + JSON.stringify(error) + String((error as Error).stack);
      expect(shown)
        .to.contain("credentials_denied")
        .and.contain("GetCredentialsForIdentity failed: NotAuthorizedException (HTTP 400)");
      for (const secret of [tokens.idToken, tokens.idToken.split(".")[1] ?? "", "Logins don't match"])
        expect(shown).not.to.contain(secret);
    });

    it("but tells a logger who it was", async () => {
      const session = await of(tokens.accessToken, tokens.idToken);
      expect(JSON.parse(JSON.stringify(session))).to.deep.include({
        isAuthenticated: true,
        username: "ada",
        identityId: session.identityId,
      });
      expect(inspect(session)).to.match(/^AuthSession \{/);
    });
  });

  describe("works with the AWS SDK:", () => {
    /** Who signed the requests that S3 got, by access key and token. */
    const signers: { accessKeyId: string | undefined; sessionToken: unknown }[] = [];
    const read = (client: S3Client) => client.send(new GetObjectCommand({ Bucket: "b", Key: "k" }));
    const withS3 = (run: (config: object) => Promise<void>) =>
      withServer(
        (req, res) => {
          const accessKeyId = /Credential=([^/]+)/.exec(req.headers.authorization ?? "")?.[1];
          signers.push({ accessKeyId, sessionToken: req.headers["x-amz-security-token"] });
          res.end("ok");
        },
        (port) => run({ region: "eu-west-1", endpoint: `http://127.0.0.1:${port}`, forcePathStyle: true }),
      );
    beforeEach(() => signers.splice(0));

    it("getCredentials is a credential provider, on its own", async () => {
      await withS3(async (config) => {
        const { getCredentials } = await of(tokens.idToken);
        const { accessKeyId, sessionToken } = await getCredentials();
        await read(new S3Client({ ...config, credentials: getCredentials }));
        await read(new S3Client({ ...config, credentials: await getCredentials() }));
        expect(signers).to.deep.equal([
          { accessKeyId, sessionToken },
          { accessKeyId, sessionToken },
        ]);
      });
    });

    it("awsClient signs as the user, and is kept for the user", async () => {
      await withS3(async (config) => {
        const clients = await Promise.all(
          [of(tokens.idToken), of(tokens.idToken)].map(async (session) => (await session).awsClient(S3Client, config)),
        );
        expect(clients[0]).to.be.instanceOf(S3Client).and.to.equal(clients[1]);
        const bob = await of(cognito.signIn({ username: "bob" }).idToken);
        expect(bob.awsClient(S3Client, config)).not.to.equal(clients[0]);
        await read(clients[0] as S3Client);
        await read(bob.awsClient(S3Client, config));
        expect(signers.map(({ accessKeyId }) => accessKeyId)).to.deep.equal([
          (await of(tokens.idToken)).credentials?.accessKeyId,
          bob.credentials?.accessKeyId,
        ]);
      });
    });

    it("clients with other settings are other clients, and a destroyed one does not cut off the rest", async () => {
      await withS3(async (config) => {
        const session = await of(tokens.idToken);
        const client = session.awsClient(S3Client, config);
        const other = session.awsClient(S3Client, { ...config, maxAttempts: 1 });
        expect(other).not.to.equal(client);
        await read(client);
        other.destroy();
        await read(client);
        expect(session.awsClient(S3Client, { forcePathStyle: true, ...config })).to.equal(client);
        expect(session.awsClient(S3Client, { ...config, credentials: session.getCredentials })).to.equal(client);
      });
    });

    it("destroying a client leaves another user's request alone", async () => {
      await withServer(
        (_req, res) => setTimeout(() => res.end("ok"), 100),
        async (port) => {
          const config = {
            region: "eu-west-1",
            endpoint: `http://127.0.0.1:${port}`,
            forcePathStyle: true,
            maxAttempts: 1,
          };
          const mine = (await of(tokens.idToken)).awsClient(S3Client, config);
          const theirs = (await of(cognito.signIn({ username: "bob" }).idToken)).awsClient(S3Client, config);
          await read(theirs);
          const reading = read(mine);
          await new Promise((resolve) => setTimeout(resolve, 50));
          theirs.destroy();
          await reading;
        },
      );
    });

    it("awsClient says what it takes, where it is given no class", async () => {
      const session = await of(tokens.idToken);
      for (const given of ["s3", undefined, new S3Client({})]) {
        expect(() => session.awsClient(given as unknown as typeof S3Client)).to.throw(
          TypeError,
          "awsClient() takes a client class of the AWS SDK v3",
        );
      }
    });

    it("awsClient ignores credentials that are not the user's", async () => {
      await withS3(async (config) => {
        const session = await of(tokens.idToken);
        const settings = { ...config, credentials: { accessKeyId: "AKIASERVER", secretAccessKey: "s" } };
        await read(session.awsClient(S3Client, settings));
        expect(signers[0]?.accessKeyId).to.equal(session.credentials?.accessKeyId);
      });
    });

    it("withAWSCredentials hands them to an operation", async () => {
      const session = await of(tokens.idToken);
      expect(await session.withAWSCredentials(({ accessKeyId }) => accessKeyId)).to.equal(
        session.credentials?.accessKeyId,
      );
      expect(await rejection(session.withAWSCredentials(() => Promise.reject(new Error("mine"))))).to.include({
        message: "mine",
      });
    });
  });

  describe("decodeJWT()", () => {
    it("decodes without verifying", () => {
      const jwt = decodeJWT(`${tokens.idToken.slice(0, -8)}AAAAAAAA`);
      expect(jwt.payload).to.include({ token_use: "id", "cognito:username": "ada" });
      expect(Object.isFrozen(jwt.payload)).to.equal(true);
    });

    it("knows one spelling of each token: no character whose lower byte would do", () => {
      const [header = "", payload = "", signature = ""] = tokens.idToken.split(".");
      const spelled = (segment: string) => segment.replace("J", String.fromCharCode(0x100 + "J".charCodeAt(0)));
      for (const other of [
        [spelled(header), payload, signature],
        [header, spelled(payload), signature],
      ]) {
        expect(() => decodeJWT(other.join(".")))
          .to.throw(AuthError)
          .that.includes({ code: "malformed_token" });
      }
    });

    it("refuses anything else, whatever its type", () => {
      const refused = (value: unknown) => {
        expect(() => decodeJWT(value))
          .to.throw(AuthError)
          .that.includes({ code: "malformed_token", status: 401 });
      };
      for (const value of [
        undefined,
        null,
        7,
        {},
        [],
        "",
        ".",
        "..",
        "a.b.c",
        Symbol("x"),
        { toString: () => tokens.idToken },
      ])
        refused(value);
      fc.assert(fc.property(fc.anything(), (value) => refused(value)));
    });
  });

  describe("SessionManager", () => {
    const request = (token?: string) => ({ headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });

    it("makes a request's session once", async () => {
      const req = request(tokens.idToken);
      const [one, two] = await Promise.all([sessions.getSession(req), sessions.getSession(req)]);
      expect(one).to.equal(two);
      expect(await sessions.getSession(req)).to.equal(one);
      expect(await sessions.getSession(request(tokens.idToken))).not.to.equal(one);
    });

    describe("tells a request from", () => {
      const authorization = (token: string) => `Bearer ${token}`;
      const nodes = (token: string) => ({
        headers: { authorization: authorization(token) },
        rawHeaders: ["Authorization", authorization(token)],
      });
      const others: [string, (first: ReturnType<typeof nodes>, headers: { authorization: string }) => object][] = [
        ["a copy that has its list of headers", (first, headers) => ({ ...first, headers })],
        ["an object derived from it", (first, headers) => Object.create(first, { headers: { value: headers } })],
        ["one that shares the list only", ({ rawHeaders }, headers) => ({ headers, rawHeaders })],
      ];
      for (const [name, make] of others) {
        it(name, async () => {
          const first = nodes(tokens.idToken);
          const bob = cognito.signIn({ username: "bob" });
          const other = make(first, { authorization: authorization(bob.idToken) }) as typeof first;
          expect((await sessions.getSession(first)).username).to.equal("ada");
          expect((await sessions.getSession(other)).username).to.equal("bob");
          expect((await fetchAuthSession(other)).username).to.equal("bob");
          expect((await sessions.getSession(first)).username).to.equal("ada");
        });
      }
    });

    it("takes a request whose list of raw headers is none", async () => {
      for (const rawHeaders of [null, "Authorization", {}, 0]) {
        const req = { ...request(tokens.idToken), rawHeaders: rawHeaders as unknown as string[] };
        const session = await sessions.getSession(req);
        expect(session.username).to.equal("ada");
        expect(await sessions.getSession(req)).to.equal(session);
      }
    });

    describe("asked again for a request that goes on for hours", () => {
      const HOUR_MS = 3_600_000;
      let nowMs: number;
      let engine: SessionManager;
      beforeEach(() => {
        nowMs = Date.now();
        const options = { ...cognito.options, credentials: "lazy" } as const;
        engine = new SessionManager(options, { clock: () => nowMs });
      });
      afterEach(() => engine.close());

      const both = () => ({ headers: { ...request(tokens.accessToken).headers, "x-id-token": tokens.idToken } });
      for (const [name, make] of [
        ["access token", () => request(tokens.accessToken)],
        ["ID token", () => request(tokens.idToken)],
        ["pair", both],
      ] as const) {
        it(`refuses the ${name} that has expired since`, async () => {
          const req = make();
          const first = await engine.getSession(req);
          nowMs += 0.9 * HOUR_MS;
          expect(await engine.getSession(req)).to.equal(first);
          nowMs += 0.2 * HOUR_MS;
          expect(await rejection(engine.getSession(req))).to.include({ code: "token_expired" });
          expect(await engine.isAuthenticated(req)).to.equal(false);
        });
      }
    });

    it("rejects with the middleware's errors", async () => {
      const strict = new SessionManager(cognito.options);
      expect(await rejection(strict.getSession(request())))
        .to.be.instanceOf(AuthError)
        .that.includes({ code: "missing_token" });
      expect(await rejection(strict.getCredentials(request("x"))))
        .to.be.instanceOf(AuthError)
        .that.includes({ code: "malformed_token" });
    });

    it("isAuthenticated is false for no token and for a bad one, and rejects in an outage", async () => {
      expect(await sessions.isAuthenticated(request(tokens.idToken))).to.equal(true);
      expect(await sessions.isAuthenticated(request())).to.equal(false);
      expect(await sessions.isAuthenticated(request("garbage"))).to.equal(false);
      expect(await new SessionManager(cognito.options).isAuthenticated(request())).to.equal(false);
      const cold = new SessionManager(cognito.options);
      cognito.fail("JWKS", { status: 500, times: 1 });
      expect(await rejection(cold.isAuthenticated(request(tokens.idToken)))).to.include({ code: "jwks_unavailable" });
    });

    it("isAuthenticated is about the token, not about AWS credentials", async () => {
      cognito.fail("GetId", { error: "NotAuthorizedException", times: 1 });
      const fresh = new SessionManager(cognito.options);
      expect(await fresh.isAuthenticated(request(tokens.idToken))).to.equal(true);
      expect(await rejection(fresh.getSession(request(tokens.idToken)))).to.include({ code: "credentials_denied" });
    });

    it("takes requests of Node's and of Fetch's, and nothing else", async () => {
      const headers = { authorization: `Bearer ${tokens.idToken}` };
      const fetched = new Request("http://localhost/", { headers });
      for (const given of [{ headers }, fetched]) {
        expect(await sessions.fromRequest(given)).to.include({ isAuthenticated: true });
      }
      const node = Object.assign(new IncomingMessage(new Socket()), { headers });
      expect(await sessions.getSession(node)).to.include({ isAuthenticated: true });
      // Frameworks' own requests do not show a second header of one name.
      const wrapped = [
        { headers, raw: node },
        { headers, req: node },
      ];
      for (const given of [undefined, null, 7, {}, { headers: null }, ...wrapped]) {
        const error = await rejection(sessions.getSession(given as unknown as ReturnType<typeof request>));
        expect(error).to.be.instanceOf(AuthError).that.includes({ code: "misconfigured" });
      }
    });

    for (const name of ["customCheck", "getToken"] as const) {
      it(`refuses, rather than going round in circles, where ${name} asks for the session that it is part of`, async () => {
        for (const wait of [false, true]) {
          const check = async (first: unknown, second: unknown) => {
            if (wait) await new Promise((resolve) => setTimeout(resolve, 5));
            return looped.isAuthenticated((name === "getToken" ? first : second) as ReturnType<typeof request>);
          };
          const looped: SessionManager = new SessionManager({
            ...cognito.options,
            requestTimeout: 100,
            [name]: check,
          });
          const error = await rejection(looped.getSession(request(tokens.idToken)));
          expect(error).to.be.instanceOf(AuthError).with.property("status").that.is.oneOf([400, 403, 500]);
        }
      });
    }

    it("is shared between apps: one exchange", async () => {
      const shared = new SessionManager(cognito.options);
      const { idToken } = cognito.signIn({ username: "shared" });
      const calls = cognito.requests("GetId");
      await get(appWith(shared), "/me", idToken).expect(200);
      await get(appWith(shared), "/me", idToken).expect(200);
      expect(cognito.requests("GetId")).to.equal(calls + 1);
    });

    it("attaches the session without a promise when all is at hand", async () => {
      const shared = new SessionManager(cognito.options);
      const middleware = authSession(shared);
      await shared.getSession(request(tokens.idToken));
      let called = false;
      // The middleware needs no more of a request than its headers.
      const req = request(tokens.idToken) as unknown as Parameters<typeof middleware>[0];
      middleware(req, {} as Parameters<typeof middleware>[1], () => {
        called = true;
      });
      expect(called).to.equal(true);
      expect(req).to.have.property("authSession").that.includes({ username: "ada" });
    });

    it("fetchAuthSession gives the session that the middleware made, and renews its credentials by force", async () => {
      const app = appWith(cognito.options, (routes) => {
        routes.get("/fetch", async (req, res) => {
          const before = req.authSession.credentials?.accessKeyId;
          const same = (await fetchAuthSession(req)) === req.authSession;
          const { credentials } = await fetchAuthSession(req, { forceRefresh: true });
          res.json({ same, renewed: credentials?.accessKeyId !== before });
        });
      });
      expect((await get(app, "/fetch", tokens.idToken).expect(200)).body).to.deep.equal({ same: true, renewed: true });
      expect(await rejection(fetchAuthSession(request()))).to.include({ code: "misconfigured" });
      for (const nothing of [undefined, null, "request"]) {
        expect(await rejection(fetchAuthSession(nothing as never))).to.include({ code: "misconfigured" });
      }
    });

    it("fetchAuthSession keeps to the engine of the middleware where another only looked who calls", async () => {
      const lax = new SessionManager({ ...cognito.options, identityPoolId: null });
      const app = appWith({ ...cognito.options, identityPoolId: null }, (routes) => {
        routes.get("/looked", async (req, res) => {
          res.json({ known: await lax.isAuthenticated(req), same: (await fetchAuthSession(req)) === req.authSession });
        });
      });
      expect((await get(app, "/looked", tokens.idToken).expect(200)).body).to.deep.equal({ known: true, same: true });
    });
  });

  describe("checks of the application's own", () => {
    const withChecks = (options: object) =>
      appWith({ ...cognito.options, identityPoolId: null, requestTimeout: 60, ...options });

    it("customCheck sees session and request, on every request", async () => {
      let allowed = true;
      const app = withChecks({
        customCheck: (session: AuthSession, req: { path: string }) =>
          allowed && session.username === "ada" && req.path === "/me",
      });
      await get(app, "/me", tokens.idToken).expect(200);
      allowed = false;
      expectRefusal(await get(app, "/me", tokens.idToken), "forbidden");
    });

    const rejections: [string, object, "forbidden" | "token_revoked" | "store_unavailable"][] = [
      [
        "customCheck throws",
        {
          customCheck: () => {
            throw new Error("no");
          },
        },
        "forbidden",
      ],
      ["customCheck rejects", { customCheck: () => Promise.reject(new Error("no")) }, "forbidden"],
      ["customCheck never settles", { customCheck: () => new Promise(() => {}) }, "forbidden"],
      ["customCheck gives nothing", { customCheck: () => {} }, "forbidden"],
      ["isRevoked says so", { isRevoked: () => true }, "token_revoked"],
      ["isRevoked says so later", { isRevoked: async () => true }, "token_revoked"],
      [
        "isRevoked throws",
        {
          isRevoked: () => {
            throw new Error("no");
          },
        },
        "store_unavailable",
      ],
      ["isRevoked rejects", { isRevoked: () => Promise.reject(new Error("no")) }, "store_unavailable"],
      ["isRevoked never settles", { isRevoked: () => new Promise(() => {}) }, "store_unavailable"],
      ["isRevoked gives nothing", { isRevoked: () => undefined }, "store_unavailable"],
    ];
    for (const [name, options, code] of rejections) {
      it(`${name}: ${code}`, async () => {
        expectRefusal(await get(withChecks(options), "/me", tokens.idToken), code);
      });
    }

    it("isRevoked that says no lets the session through; anonymous ones are not asked about", async () => {
      await get(withChecks({ isRevoked: async () => false }), "/me", tokens.idToken).expect(200);
      const app = withChecks({ required: false, isRevoked: () => true, customCheck: () => false });
      await get(app, "/me").expect(200);
    });
  });
});
