import { randomUUID } from "node:crypto";
import { expect } from "chai";
import { AuthError, type AuthErrorCode, type AuthSessionOptions, SessionManager } from "cognito-auth-session";
import { type Fault, LocalCognito } from "cognito-auth-session/testing";
import { appWith, get, TestClock } from "./support/app.js";
import { expectRefusal } from "./support/expectations.js";

describe("The user's AWS credentials", () => {
  let cognito: LocalCognito;
  let clock: TestClock;

  beforeEach(async () => {
    clock = new TestClock();
    cognito = await LocalCognito.start({ clock: clock.read });
  });
  afterEach(() => cognito.stop());

  const withClock = (options?: AuthSessionOptions) =>
    appWith({ ...cognito.options, ...options }, undefined, { clock: clock.read });
  const managerWithClock = (options?: AuthSessionOptions) =>
    new SessionManager({ ...cognito.options, ...options }, { clock: clock.read });
  const idTokenOf = (username: string, groups: string[] = []) => cognito.signIn({ username, groups }).idToken;
  const request = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
  const exchanges = () => [cognito.requests("GetId"), cognito.requests("GetCredentialsForIdentity")];
  const rejection = (promise: Promise<unknown>): Promise<unknown> =>
    promise.then(
      () => undefined,
      (e: unknown) => e,
    );

  it("come from one GetId and one GetCredentialsForIdentity for 200 parallel first requests", async () => {
    const app = withClock();
    const token = idTokenOf("ada");
    const answers = await Promise.all(Array.from({ length: 200 }, () => get(app, "/me", token)));
    expect(new Set(answers.map(({ status, body }) => `${status} ${body.accessKeyId}`)).size).to.equal(1);
    expect(answers[0]?.status).to.equal(200);
    expect(exchanges()).to.deep.equal([1, 1]);
  });

  it("are there before the handler in eager mode, and after getCredentials() in lazy mode", async () => {
    const token = idTokenOf("ada");
    const eager = await managerWithClock().getSession(request(token));
    expect(eager.credentials?.accessKeyId).to.match(/^ASIA[A-Z2-7]{16}$/);
    const lazy = await managerWithClock({ credentials: "lazy" }).getSession(request(token));
    expect([lazy.credentials, lazy.identityId]).to.deep.equal([undefined, undefined]);
    const given = await lazy.getCredentials();
    expect(given.expiration).to.deep.equal(new Date(Math.floor(clock.nowMs / 1000) * 1000 + 3_600_000));
    expect(lazy.credentials).to.deep.include({ accessKeyId: given.accessKeyId });
    expect(lazy.identityId).to.equal(eager.identityId);
  });

  it("come from one exchange for engines of one process that ask at once", async () => {
    const apps = [withClock(), withClock(), withClock()];
    const token = idTokenOf("ada");
    cognito.fail("GetId", { delay: 50 });
    const bodies = await Promise.all(apps.map(async (app) => (await get(app, "/me", token).expect(200)).body));
    expect(new Set(bodies.map(({ accessKeyId }) => accessKeyId)).size).to.equal(1);
    expect(exchanges()).to.deep.equal([1, 1]);
  });

  it("come from one exchange for engines that ask at once with two tokens of one user", async () => {
    cognito.fail("GetId", { delay: 50 });
    const asked = [managerWithClock(), managerWithClock()].map((engine) =>
      engine.getSession(request(idTokenOf("ada"))),
    );
    const [one, two] = await Promise.all(asked);
    expect(one?.credentials?.accessKeyId).to.equal(two?.credentials?.accessKeyId);
    expect(exchanges()).to.deep.equal([1, 1]);
  });

  it("do not fail for another engine's token that was too old", async () => {
    const old = idTokenOf("ada");
    clock.advance({ hours: 1, seconds: 2 });
    const fresh = idTokenOf("ada");
    cognito.fail("GetId", { delay: 50 });
    // Cognito has no tolerance: for it the first token has expired, for us not yet.
    const outcomes = await Promise.allSettled(
      [old, fresh].map((token) => managerWithClock({ clockTolerance: 300 }).getSession(request(token))),
    );
    expect(outcomes.map(({ status }) => status)).to.deep.equal(["rejected", "fulfilled"]);
  });

  it("are waited for as long as each engine allows, and one's impatience is not the other's", async () => {
    cognito.fail("GetId", { delay: 600 });
    const token = idTokenOf("ada");
    const engines = [managerWithClock({ requestTimeout: 150 }), managerWithClock({ requestTimeout: 5000 })];
    const outcomes = await Promise.allSettled(engines.map((engine) => engine.getSession(request(token))));
    expect(outcomes.map(({ status }) => status)).to.deep.equal(["rejected", "fulfilled"]);
  });

  it("are not fetched for an access token alone; asking for them says what to send", async () => {
    const { accessToken } = cognito.signIn({ username: "ada" });
    const session = await managerWithClock().getSession(request(accessToken));
    expect(session.credentials).to.equal(undefined);
    expect(await rejection(session.getCredentials()))
      .to.be.instanceOf(AuthError)
      .that.includes({ code: "id_token_required", status: 401 });
    expect(exchanges()).to.deep.equal([0, 0]);
  });

  it("cannot be asked for without an identity pool: misconfigured", async () => {
    const session = await managerWithClock({ identityPoolId: null }).getSession(request(idTokenOf("ada")));
    const error = await rejection(session.getCredentials());
    expect(error)
      .to.be.instanceOf(AuthError)
      .that.includes({ code: "misconfigured", name: "InvalidIdentityPoolConfigurationException" });
  });

  it("are a copy for each request: changing one changes no other", async () => {
    const sessions = managerWithClock();
    const token = idTokenOf("ada");
    const first = await sessions.getSession(request(token));
    const original = structuredClone({ ...first.credentials });
    Object.assign(first.credentials ?? {}, { accessKeyId: "stolen", sessionToken: "stolen" });
    first.credentials?.expiration?.setTime(0);
    const second = await sessions.getSession(request(token));
    expect({ ...second.credentials }).to.deep.equal(original);
  });

  describe("stay the same user's:", () => {
    it("50 users interleaved at random, 3,000 requests, nobody gets another's", async function () {
      this.timeout(60_000);
      const app = withClock();
      const users = Array.from({ length: 50 }, (_, index) => {
        const username = `user-${index}`;
        return {
          username,
          ...cognito.signIn({ username, groups: [`group-${index}`] }),
          accessKeyId: undefined as string | undefined,
        };
      });
      let seed = 42;
      const random = () => {
        seed = (seed * 1103515245 + 12345) % 2147483648;
        return seed / 2147483648;
      };
      for (let round = 0; round < 60; round += 1) {
        const batch = Array.from({ length: 50 }, () => users[Math.floor(random() * users.length)]);
        await Promise.all(
          batch.map(async (user) => {
            const useBoth = random() < 0.5;
            const { body } = await get(
              app,
              "/me",
              useBoth ? user?.accessToken : user?.idToken,
              useBoth ? user?.idToken : undefined,
            );
            expect(body.username).to.equal(user?.username);
            expect(body.groups).to.deep.equal([user?.username.replace("user", "group")]);
            if (user) user.accessKeyId ??= body.accessKeyId;
            expect(body.accessKeyId).to.equal(user?.accessKeyId);
          }),
        );
      }
      const seen = users.map(({ accessKeyId }) => accessKeyId).filter((key) => key !== undefined);
      expect(new Set(seen).size).to.equal(seen.length);
      expect(exchanges()).to.deep.equal([seen.length, seen.length]);
    });

    it("one `sub` in two pools is two users", async () => {
      const other = await LocalCognito.start({ clock: clock.read });
      const app = appWith({ userPools: [cognito.options, other.options] }, undefined, { clock: clock.read });
      const tokens = [cognito, other].map((pool) => pool.signToken({ tokenUse: "id", claims: { sub: "same" } }));
      const bodies = await Promise.all(tokens.map(async (token) => (await get(app, "/me", token).expect(200)).body));
      expect(bodies[0].accessKeyId).not.to.equal(bodies[1].accessKeyId);
      expect([cognito.requests("GetId"), other.requests("GetId")]).to.deep.equal([1, 1]);
      await other.stop();
    });

    it("a user moved out of a group does not keep the old role's under a new token", async () => {
      const app = withClock();
      const roles = ["arn:aws:iam::123456789012:role/admins"];
      const before = await get(
        app,
        "/me",
        cognito.signIn({ username: "ada", groups: ["admin"], roles }).idToken,
      ).expect(200);
      const after = await get(app, "/me", idTokenOf("ada")).expect(200);
      expect(after.body.identityId).to.equal(before.body.identityId);
      expect(after.body.accessKeyId).not.to.equal(before.body.accessKeyId);
      expect(cognito.callerIdentity(after.body.accessKeyId)?.roleArn).to.match(/local-cognito-user$/);
      expect(exchanges()).to.deep.equal([1, 2]);
    });

    it("a mere token refresh costs no call", async () => {
      const app = withClock();
      const first = await get(app, "/me", idTokenOf("ada", ["admin"])).expect(200);
      clock.advance({ minutes: 10 });
      const second = await get(app, "/me", idTokenOf("ada", ["admin"])).expect(200);
      expect(second.body.accessKeyId).to.equal(first.body.accessKeyId);
      expect(exchanges()).to.deep.equal([1, 1]);
    });
  });

  describe("age:", () => {
    it("they are renewed in the background from five minutes before their end, once", async () => {
      const app = withClock();
      const token = () => idTokenOf("ada");
      const first = (await get(app, "/me", token()).expect(200)).body.accessKeyId;
      clock.advance({ minutes: 54 });
      expect((await get(app, "/me", token())).body.accessKeyId).to.equal(first);
      expect(exchanges()).to.deep.equal([1, 1]);
      clock.advance({ minutes: 2 });
      const answers = await Promise.all(Array.from({ length: 20 }, () => get(app, "/me", token())));
      expect(answers[0]?.body.accessKeyId).to.equal(first);
      await until(() => cognito.requests("GetCredentialsForIdentity") === 2);
      expect((await get(app, "/me", token())).body.accessKeyId).not.to.equal(first);
      expect(exchanges()).to.deep.equal([1, 2]);
    });

    it("they serve until they really end while Cognito is down, and never after", async () => {
      const app = withClock();
      const token = () => idTokenOf("ada");
      const first = (await get(app, "/me", token()).expect(200)).body.accessKeyId;
      cognito.fail("GetCredentialsForIdentity", { error: "InternalErrorException" });
      clock.advance({ minutes: 59 });
      expect((await get(app, "/me", token()).expect(200)).body.accessKeyId).to.equal(first);
      clock.advance({ seconds: 59 });
      expect((await get(app, "/me", token()).expect(200)).body.accessKeyId).to.equal(first);
      clock.advance({ seconds: 2 });
      expectRefusal(await get(app, "/me", token()), "credentials_unavailable", { name: "InternalErrorException" });
    });

    it("forceRefresh renews them at once", async () => {
      const sessions = managerWithClock();
      const session = await sessions.getSession(request(idTokenOf("ada")));
      const before = session.credentials?.accessKeyId;
      const renewed = await session.getCredentials({ forceRefresh: true });
      expect(renewed.accessKeyId).not.to.equal(before);
      expect(session.credentials?.accessKeyId).to.equal(renewed.accessKeyId);
      expect((await session.getCredentials()).accessKeyId).to.equal(renewed.accessKeyId);
      expect(exchanges()).to.deep.equal([1, 2]);
    });
  });

  describe("and the identity id:", () => {
    it("is asked for once, and again only when the identity was deleted", async () => {
      const sessions = managerWithClock();
      const session = await sessions.getSession(request(idTokenOf("ada")));
      const before = session.identityId ?? "";
      cognito.deleteIdentity(before);
      await session.getCredentials({ forceRefresh: true });
      expect(session.identityId)
        .to.match(/^eu-west-1:/)
        .and.not.equal(before);
      expect(exchanges()).to.deep.equal([2, 3]);
    });

    it("gives up when the identity keeps being deleted", async () => {
      cognito.fail("GetCredentialsForIdentity", { error: "ResourceNotFoundException" });
      const response = await get(withClock(), "/me", idTokenOf("ada"));
      expectRefusal(response, "misconfigured", { name: "ResourceNotFoundException" });
      expect(exchanges()).to.deep.equal([2, 2]);
    });
  });

  describe("with roleArn:", () => {
    const admins = "arn:aws:iam::123456789012:role/admins";
    const readers = "arn:aws:iam::123456789012:role/readers";
    const roleBehind = (accessKeyId: string) => cognito.callerIdentity(accessKeyId)?.roleArn;

    it("ask for a fixed role", async () => {
      const { idToken } = cognito.signIn({ username: "ada", roles: [readers, admins] });
      const { body } = await get(withClock({ roleArn: admins }), "/me", idToken).expect(200);
      expect(roleBehind(body.accessKeyId)).to.equal(admins);
    });

    it("ask for the role that a function of the session names, each kept apart", async () => {
      const { idToken } = cognito.signIn({ username: "ada", groups: ["admin"], roles: [readers, admins] });
      let role: string | undefined = admins;
      const app = withClock({ roleArn: (session) => (session.groups.includes("admin") ? role : undefined) });
      expect(roleBehind((await get(app, "/me", idToken).expect(200)).body.accessKeyId)).to.equal(admins);
      role = undefined;
      expect(roleBehind((await get(app, "/me", idToken).expect(200)).body.accessKeyId)).to.equal(readers);
    });

    it("are refused for a role that is not the user's", async () => {
      expectRefusal(await get(withClock({ roleArn: admins }), "/me", idTokenOf("ada")), "credentials_denied");
    });

    for (const [name, roleArn] of [
      [
        "throws",
        () => {
          throw new Error("no");
        },
      ],
      ["names no role", () => "admins"],
      ["gives a number", () => 7 as unknown as string],
      ["gives a promise that rejects", () => Promise.reject(new Error("no")) as unknown as string],
    ] as [string, () => string][]) {
      it(`are misconfigured where the function ${name}`, async () => {
        expectRefusal(await get(withClock({ roleArn }), "/me", idTokenOf("ada")), "misconfigured", {
          name: "InvalidParameterException",
        });
      });
    }
  });

  describe("cannot be had:", () => {
    const faults: [string, string, Fault, AuthErrorCode, string?][] = [
      ["refused", "GetCredentialsForIdentity", { error: "NotAuthorizedException" }, "credentials_denied"],
      ["refused at GetId", "GetId", { error: "NotAuthorizedException" }, "credentials_denied"],
      [
        "conflicting login",
        "GetId",
        { error: "ResourceConflictException" },
        "credentials_denied",
        "ResourceConflictException",
      ],
      ["blocked by a firewall", "GetId", { error: "ForbiddenException" }, "credentials_denied", "ForbiddenException"],
      ["blocked by a firewall's page", "GetId", { status: 403 }, "credentials_denied"],
      [
        "throttled",
        "GetId",
        { error: "TooManyRequestsException" },
        "credentials_unavailable",
        "TooManyRequestsException",
      ],
      [
        "over a limit",
        "GetId",
        { error: "LimitExceededException" },
        "credentials_unavailable",
        "LimitExceededException",
      ],
      [
        "internal error",
        "GetCredentialsForIdentity",
        { error: "InternalErrorException" },
        "credentials_unavailable",
        "InternalErrorException",
      ],
      [
        "an outer service down",
        "GetId",
        { error: "ExternalServiceException" },
        "credentials_unavailable",
        "ExternalServiceException",
      ],
      ["503 page", "GetId", { status: 503 }, "credentials_unavailable"],
      ["502 page", "GetCredentialsForIdentity", { status: 502 }, "credentials_unavailable"],
      ["HTML with 200", "GetId", { body: "<html></html>" }, "credentials_unavailable"],
      ["empty JSON from GetId", "GetId", { body: "{}" }, "credentials_unavailable"],
      [
        "empty JSON from GetCredentialsForIdentity",
        "GetCredentialsForIdentity",
        { body: "{}" },
        "credentials_unavailable",
      ],
      [
        "credentials without expiration",
        "GetCredentialsForIdentity",
        { body: '{"IdentityId":"eu-west-1:a","Credentials":{"AccessKeyId":"A","SecretKey":"B","SessionToken":"C"}}' },
        "credentials_unavailable",
      ],
      [
        "credentials that ended",
        "GetCredentialsForIdentity",
        {
          body: '{"IdentityId":"eu-west-1:a","Credentials":{"AccessKeyId":"A","SecretKey":"B","SessionToken":"C","Expiration":1}}',
        },
        "credentials_unavailable",
      ],
      ["an identity id that is none", "GetId", { body: '{"IdentityId":"../../x"}' }, "credentials_unavailable"],
      [
        "a good answer that goes on for 300 KB",
        "GetId",
        { body: JSON.stringify({ IdentityId: `eu-west-1:${randomUUID()}`, Padding: "x".repeat(300_000) }) },
        "credentials_unavailable",
      ],
      ["connection reset", "GetId", { reset: true }, "credentials_unavailable"],
      ["hanging GetId", "GetId", { delay: Number.POSITIVE_INFINITY }, "credentials_unavailable"],
      [
        "hanging GetCredentialsForIdentity",
        "GetCredentialsForIdentity",
        { delay: Number.POSITIVE_INFINITY },
        "credentials_unavailable",
      ],
      [
        "no such identity pool",
        "GetId",
        { error: "ResourceNotFoundException" },
        "misconfigured",
        "ResourceNotFoundException",
      ],
      [
        "a pool without roles",
        "GetCredentialsForIdentity",
        { error: "InvalidIdentityPoolConfigurationException" },
        "misconfigured",
        "InvalidIdentityPoolConfigurationException",
      ],
      [
        "a wrong parameter",
        "GetId",
        { error: "InvalidParameterException" },
        "misconfigured",
        "InvalidParameterException",
      ],
    ];
    for (const [what, operation, fault, code, name] of faults) {
      it(`${what} is ${code}; the next request is answered anew`, async () => {
        const app = withClock({ requestTimeout: 300 });
        cognito.fail(operation, fault);
        const started = Date.now();
        expectRefusal(await get(app, "/me", idTokenOf("ada")), code, name === undefined ? {} : { name });
        expect(Date.now() - started).to.be.below(1500);
        cognito.fail(operation, { times: 0 });
        await get(app, "/me", idTokenOf("ada")).expect(200);
      });
    }

    it("an ID token that ended within our tolerance is expired, not denied", async () => {
      const exp = Math.floor(clock.nowMs / 1000) - 2;
      const token = cognito.signToken({ tokenUse: "id", claims: { exp } });
      expectRefusal(await get(withClock(), "/me", token), "token_expired");
    });

    it("a connection that was cut once is tried again", async () => {
      cognito.fail("GetId", { reset: true, times: 1 });
      await get(withClock(), "/me", idTokenOf("ada")).expect(200);
    });

    it("a failing user does not hammer Cognito, nor hold up another user", async () => {
      const app = withClock();
      const token = idTokenOf("ada");
      cognito.fail("GetId", { error: "TooManyRequestsException" });
      for (let index = 0; index < 50; index += 1) {
        expectRefusal(await get(app, "/me", token), "credentials_unavailable", { name: "TooManyRequestsException" });
      }
      expect(cognito.requests("GetId")).to.equal(2);
      cognito.fail("GetId", { times: 0 });
      await get(app, "/me", idTokenOf("bob")).expect(200);
      clock.advance({ seconds: 1 });
      await get(app, "/me", token).expect(200);
    });

    it("one user's refused token does not refuse the same user's better one", async () => {
      const app = withClock();
      const old = cognito.signToken({ tokenUse: "id", claims: { sub: "s", exp: Math.floor(clock.nowMs / 1000) - 2 } });
      const fresh = cognito.signToken({ tokenUse: "id", claims: { sub: "s" } });
      const [first, second] = await Promise.all([get(app, "/me", old), get(app, "/me", fresh)]);
      expectRefusal(first, "token_expired");
      expect(second.status).to.equal(200);
    });

    it("a denied user with many tokens makes one attempt for all of them, and is not tried over and over", async () => {
      const app = withClock({ requestTimeout: 500 });
      const tokens = Array.from({ length: 20 }, () => idTokenOf("ada"));
      cognito.fail("GetId", { error: "NotAuthorizedException", delay: 100 });
      const started = Date.now();
      for (const answer of await Promise.all(tokens.map((token) => get(app, "/me", token)))) {
        expectRefusal(answer, "credentials_denied");
      }
      expect(Date.now() - started).to.be.below(1500);
      expect(cognito.requests("GetId")).to.equal(1);
      for (const token of tokens) expectRefusal(await get(app, "/me", token), "credentials_denied");
      expect(cognito.requests("GetId")).to.equal(2);
    });

    it("a throttled GetCredentialsForIdentity does not ask for the identity id again", async () => {
      const app = withClock();
      cognito.fail("GetCredentialsForIdentity", { error: "TooManyRequestsException", times: 1 });
      await get(app, "/me", idTokenOf("ada")).expect(503);
      await get(app, "/me", idTokenOf("ada")).expect(200);
      expect(exchanges()).to.deep.equal([1, 2]);
    });

    it("sixty hanging exchanges hold up nobody else's", async () => {
      const sessions = managerWithClock({ requestTimeout: 1500 });
      cognito.fail("GetId", { delay: Number.POSITIVE_INFINITY, times: 60 });
      const hanging = Array.from({ length: 60 }, (_, index) =>
        rejection(sessions.getSession(request(idTokenOf(`user-${index}`)))),
      );
      await until(() => cognito.requests("GetId") === 60);
      const started = Date.now();
      await sessions.getSession(request(idTokenOf("bob")));
      expect(Date.now() - started).to.be.below(700);
      for (const error of await Promise.all(hanging)) expect(error).to.include({ code: "credentials_unavailable" });
    });

    it("each request that waited has an error of its own", async () => {
      const sessions = managerWithClock();
      const token = idTokenOf("ada");
      cognito.fail("GetId", { status: 503, delay: 50 });
      const errors = await Promise.all([1, 2, 3].map(() => rejection(sessions.getSession(request(token)))));
      expect(new Set(errors).size).to.equal(3);
    });

    it("failures that lie far apart are not in a row, and a clock that is set back holds nobody up", async () => {
      const app = withClock();
      const heal = () => {
        cognito.fail("GetId", { times: 0 });
        cognito.fail("GetCredentialsForIdentity", { times: 0 });
      };
      const fail = async () => {
        cognito.fail("GetId", { status: 503 });
        cognito.fail("GetCredentialsForIdentity", { status: 503 });
        for (let index = 0; index < 8; index += 1) {
          expectRefusal(await get(app, "/me", idTokenOf("ada")), "credentials_unavailable");
          clock.advance({ seconds: 11 });
        }
      };
      await fail();
      clock.advance({ hours: 24 });
      const calls = cognito.requests("GetId");
      expectRefusal(await get(app, "/me", idTokenOf("ada")), "credentials_unavailable");
      heal();
      await get(app, "/me", idTokenOf("ada")).expect(200);
      expect(cognito.requests("GetId")).to.equal(calls + 2);
      clock.advance({ hours: 2 });
      await fail();
      clock.advance({ seconds: -3600 });
      heal();
      await get(app, "/me", idTokenOf("ada")).expect(200);
    });

    it("parallel requests of a failing user make one attempt", async () => {
      const app = withClock();
      const token = idTokenOf("ada");
      cognito.fail("GetId", { status: 503, delay: 50 });
      const answers = await Promise.all(Array.from({ length: 30 }, () => get(app, "/me", token)));
      for (const answer of answers) expectRefusal(answer, "credentials_unavailable");
      expect(cognito.requests("GetId")).to.equal(1);
    });
  });

  describe("stay in bounds:", () => {
    it("no more users are kept than asked for", async () => {
      const sessions = managerWithClock({ credentialsCacheSize: 3 });
      for (let index = 0; index < 10; index += 1) await sessions.getSession(request(idTokenOf(`user-${index}`)));
      expect(sessions.health().cachedCredentials).to.equal(3);
    });
  });
});

/** Waits for something that happens in the background, for two seconds at most. */
async function until(condition: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 200 && !condition(); attempt += 1)
    await new Promise((resolve) => setTimeout(resolve, 10));
  expect(condition()).to.equal(true);
  await new Promise((resolve) => setTimeout(resolve, 20));
}
