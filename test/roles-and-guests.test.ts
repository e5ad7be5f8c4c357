import { S3Client } from "@aws-sdk/client-s3";
import { expect } from "chai";
import {
  AuthError,
  type AuthSessionOptions,
  ConfigurationError,
  requireCredentials,
  requireGroup,
  roleByGroup,
  SessionManager,
} from "cognito-auth-session";
import { type Fault, LocalCognito } from "cognito-auth-session/testing";
import { appWith, get, ok, TestClock } from "./support/app.js";
import { expectRefusal } from "./support/expectations.js";

const ROLES = {
  admins: "arn:aws:iam::123456789012:role/admins",
  editors: "arn:aws:iam::123456789012:role/editors",
  readers: "arn:aws:iam::123456789012:role/readers",
};

describe("Roles and guests", () => {
  let cognito: LocalCognito;
  let clock: TestClock;

  beforeEach(async () => {
    clock = new TestClock();
    cognito = await LocalCognito.start({ clock: clock.read, unauthenticatedIdentities: true });
  });
  afterEach(() => cognito.stop());

  const engine = (options: AuthSessionOptions = {}) =>
    new SessionManager({ ...cognito.options, ...options }, { clock: clock.read });
  const request = (token?: string) => ({ headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });
  const roleOf = async (sessions: SessionManager, token?: string) => {
    const { credentials } = await sessions.getSession(request(token));
    return cognito.callerIdentity(credentials?.accessKeyId ?? "")?.roleArn;
  };
  const codeOf = (promise: Promise<unknown>): Promise<unknown> =>
    promise.then(
      () => "ok",
      (error: unknown) => (error instanceof AuthError ? error.code : error),
    );
  const exchanges = () => cognito.requests("GetId") + cognito.requests("GetCredentialsForIdentity");

  describe("roleByGroup()", () => {
    const byGroup = roleByGroup({ admin: ROLES.admins, editor: ROLES.editors, reader: ROLES.readers });
    const cases: [string, { groups: string[]; roles: string[]; preferred?: string }, string | undefined][] = [
      ["the group's role", { groups: ["editor"], roles: [ROLES.editors] }, ROLES.editors],
      [
        "the first that is given, of several",
        { groups: ["reader", "admin"], roles: [ROLES.readers, ROLES.admins] },
        ROLES.admins,
      ],
      [
        "the one that Cognito prefers, of several",
        { groups: ["reader", "admin"], roles: [ROLES.readers, ROLES.admins], preferred: ROLES.readers },
        ROLES.readers,
      ],
      ["one that the token lists, of several", { groups: ["admin", "reader"], roles: [ROLES.readers] }, ROLES.readers],
      [
        "not a preferred role of another group",
        { groups: ["reader"], roles: [ROLES.readers, ROLES.admins], preferred: ROLES.admins },
        ROLES.readers,
      ],
      [
        "the pool's own choice for other groups",
        { groups: ["guest"], roles: [] },
        "arn:aws:iam::123456789012:role/local-cognito-user",
      ],
      [
        "the pool's own choice for a group of another case",
        { groups: ["Admin"], roles: [] },
        "arn:aws:iam::123456789012:role/local-cognito-user",
      ],
    ];
    for (const [name, { groups, roles, preferred }, expected] of cases) {
      it(`gives ${name}`, async () => {
        const token = cognito.signToken({
          tokenUse: "id",
          claims: { "cognito:groups": groups, "cognito:roles": roles, "cognito:preferred_role": preferred },
        });
        expect(await roleOf(engine({ roleArn: byGroup }), token)).to.equal(expected);
      });
    }

    it("looks at the access token's groups where there is one, and at the ID token's roles", async () => {
      const sub = "ada-sub";
      const claims = { sub, origin_jti: undefined };
      const access = cognito.signToken({ tokenUse: "access", claims: { ...claims, "cognito:groups": ["reader"] } });
      const id = cognito.signToken({
        tokenUse: "id",
        claims: { ...claims, "cognito:groups": ["admin"], "cognito:roles": [ROLES.admins, ROLES.readers] },
      });
      const headers = { authorization: `Bearer ${access}`, "x-id-token": id };
      const { credentials } = await engine({ roleArn: byGroup }).getSession({ headers });
      expect(cognito.callerIdentity(credentials?.accessKeyId ?? "")?.roleArn).to.equal(ROLES.readers);
    });

    for (const [name, table] of [
      ["nothing", {}],
      ["a name that is no ARN", { admin: "admins" }],
      ["a number", { admin: 7 }],
    ] as [string, Record<string, string>][]) {
      it(`refuses ${name} when it is made`, () => {
        expect(() => roleByGroup(table)).to.throw(TypeError, "roleByGroup()");
      });
    }
  });

  describe("A role that the ID token does not list", () => {
    const foreign: [string, AuthSessionOptions["roleArn"]][] = [
      ["fixed", ROLES.admins],
      ["named by a function", () => ROLES.admins],
      ["given by group", roleByGroup({ reader: ROLES.admins })],
    ];
    for (const [name, roleArn] of foreign) {
      it(`is refused before any call: ${name}`, async () => {
        const { idToken } = cognito.signIn({ username: "ada", groups: ["reader"], roles: [ROLES.readers] });
        const app = appWith(engine({ roleArn }));
        expectRefusal(await get(app, "/me", idToken), "credentials_denied");
        expect(exchanges()).to.equal(0);
      });
    }
  });

  describe("The basic flow", () => {
    const basic = (options: AuthSessionOptions = {}) =>
      engine({ authFlow: "basic", roleArn: ROLES.readers, ...options });
    const tokenOf = (username: string) => cognito.signIn({ username }).idToken;

    it("asks for an OpenID token and STS for the role, as the user", async () => {
      const session = await basic().getSession(request(tokenOf("ada")));
      const { accessKeyId = "", sessionToken } = session.credentials ?? {};
      expect(cognito.callerIdentity(accessKeyId)).to.deep.include({ roleArn: ROLES.readers, sessionToken });
      expect(cognito.callerIdentity(accessKeyId)?.identityId).to.equal(session.identityId);
      const calls = ["GetId", "GetOpenIdToken", "AssumeRoleWithWebIdentity", "GetCredentialsForIdentity"];
      expect(calls.map((call) => cognito.requests(call))).to.deep.equal([1, 1, 1, 0]);
    });

    it("shares nothing with an engine of the enhanced flow, whose credentials are other ones", async () => {
      const { idToken } = cognito.signIn({ username: "ada", roles: [ROLES.readers] });
      const engines = [engine({ roleArn: ROLES.readers }), basic()];
      const [enhanced, own] = await Promise.all(engines.map((each) => each.getSession(request(idToken))));
      expect(enhanced?.credentials?.accessKeyId).not.to.equal(own?.credentials?.accessKeyId);
      const calls = ["AssumeRoleWithWebIdentity", "GetCredentialsForIdentity"];
      expect(calls.map((call) => cognito.requests(call))).to.deep.equal([1, 1]);
    });

    it("keeps what it got, and the identity id for longer", async () => {
      const sessions = basic();
      await sessions.getSession(request(tokenOf("ada")));
      await sessions.getSession(request(tokenOf("ada")));
      clock.advance({ hours: 2 });
      await sessions.getSession(request(tokenOf("ada")));
      expect([cognito.requests("GetId"), cognito.requests("AssumeRoleWithWebIdentity")]).to.deep.equal([1, 2]);
    });

    it("asks for a new identity where the old one was deleted", async () => {
      const sessions = basic();
      const { identityId = "" } = await sessions.getSession(request(tokenOf("ada")));
      cognito.deleteIdentity(identityId);
      clock.advance({ hours: 2 });
      expect((await sessions.getSession(request(tokenOf("ada")))).identityId).not.to.equal(identityId);
    });

    const faults: [string, string, Fault, string][] = [
      [
        "a role that does not trust the pool",
        "AssumeRoleWithWebIdentity",
        { error: "AccessDenied" },
        "credentials_denied",
      ],
      [
        "a token that STS refuses",
        "AssumeRoleWithWebIdentity",
        { error: "InvalidIdentityTokenException" },
        "credentials_denied",
      ],
      ["a Region that is off", "AssumeRoleWithWebIdentity", { error: "RegionDisabledException" }, "misconfigured"],
      ["an STS that is down", "AssumeRoleWithWebIdentity", { status: 503 }, "credentials_unavailable"],
      [
        "an STS that hangs",
        "AssumeRoleWithWebIdentity",
        { delay: Number.POSITIVE_INFINITY },
        "credentials_unavailable",
      ],
      ["an STS that cuts off", "AssumeRoleWithWebIdentity", { reset: true }, "credentials_unavailable"],
      [
        "an empty answer of STS",
        "AssumeRoleWithWebIdentity",
        { body: "<AssumeRoleWithWebIdentityResponse/>" },
        "credentials_unavailable",
      ],
      [
        "a huge answer of STS",
        "AssumeRoleWithWebIdentity",
        { body: `<a>${"x".repeat(300_000)}</a>` },
        "credentials_unavailable",
      ],
      ["an empty answer of GetOpenIdToken", "GetOpenIdToken", { body: "{}" }, "credentials_unavailable"],
      ["throttling", "GetOpenIdToken", { error: "TooManyRequestsException" }, "credentials_unavailable"],
      ["a refusal", "GetOpenIdToken", { error: "NotAuthorizedException" }, "credentials_denied"],
    ];
    for (const [name, operation, fault, code] of faults) {
      it(`${name} is ${code}`, async () => {
        cognito.fail(operation, fault);
        const sessions = basic({ requestTimeout: 1000 });
        expect(await codeOf(sessions.getSession(request(tokenOf("ada"))))).to.equal(code);
        await sessions.close();
      });
    }

    it("a role of another account is refused by STS", async () => {
      const roleArn = "arn:aws:iam::999999999999:role/readers";
      expect(await codeOf(basic({ roleArn }).getSession(request(tokenOf("ada"))))).to.equal("credentials_denied");
    });

    it("refuses a user whom `roleArn` names no role for, before any call", async () => {
      const roleArn = roleByGroup({ admin: ROLES.admins });
      expect(await codeOf(basic({ roleArn }).getSession(request(tokenOf("ada"))))).to.equal("credentials_denied");
      expect(cognito.requests("GetId")).to.equal(0);
    });

    it("needs a role", () => {
      expect(() => engine({ authFlow: "basic" })).to.throw(ConfigurationError, "`roleArn`");
    });

    it("is for users; guests get theirs by the enhanced flow", async () => {
      const sessions = basic({ guest: true, required: false });
      expect(await roleOf(sessions)).to.equal("arn:aws:iam::123456789012:role/local-cognito-guest");
    });
  });

  describe("guest: true", () => {
    const guests = (options: AuthSessionOptions = {}) => engine({ guest: true, required: false, ...options });

    it("gives anonymous requests the guest role's credentials", async () => {
      const session = await guests().getSession(request());
      expect(session.isAuthenticated).to.equal(false);
      expect([session.tokens, session.userSub, session.getUserInfo()]).to.deep.equal([undefined, undefined, undefined]);
      expect(session.identityId).to.match(/^eu-west-1:/);
      const { accessKeyId = "" } = session.credentials ?? {};
      expect(cognito.callerIdentity(accessKeyId)?.roleArn).to.equal(
        "arn:aws:iam::123456789012:role/local-cognito-guest",
      );
      expect(await session.awsClient(S3Client, { region: "eu-west-1" }).config.credentials()).to.include({
        accessKeyId,
      });
    });

    it("all guests are one identity: GetId makes a new one at every call", async () => {
      const sessions = guests();
      const all = await Promise.all(Array.from({ length: 20 }, () => sessions.getSession(request())));
      expect(new Set(all.map(({ identityId }) => identityId)).size).to.equal(1);
      clock.advance({ hours: 2 });
      expect((await sessions.getSession(request())).identityId).to.equal(all[0]?.identityId);
      expect([cognito.requests("GetId"), cognito.requests("GetCredentialsForIdentity")]).to.deep.equal([1, 2]);
    });

    it("guests and users are never mixed up, however they come", async () => {
      const sessions = guests();
      const { idToken } = cognito.signIn({ username: "ada" });
      const requests = Array.from({ length: 200 }, (_, index) => (index * 7919) % 3 === 0);
      const roles = await Promise.all(
        requests.map(async (isGuest) => [isGuest, await roleOf(sessions, isGuest ? undefined : idToken)]),
      );
      for (const [isGuest, role] of roles) {
        expect(role).to.equal(`arn:aws:iam::123456789012:role/local-cognito-${isGuest ? "guest" : "user"}`);
      }
    });

    it("a bad token is no guest", async () => {
      const app = appWith(guests());
      expectRefusal(await get(app, "/me", "garbage"), "malformed_token");
      const expired = cognito.signToken({ tokenUse: "id", claims: { exp: 1 } });
      expectRefusal(await get(app, "/me", expired), "token_expired");
      expect(exchanges()).to.equal(0);
    });

    it("guards that need a user refuse guests, requireCredentials() too", async () => {
      const app = appWith(guests(), (routes) => {
        routes.get("/admin", requireGroup("admin"), ok);
        routes.get("/files", requireCredentials(), ok);
      });
      expectRefusal(await get(app, "/admin"), "missing_token");
      expectRefusal(await get(app, "/files"), "missing_token");
      await get(app, "/me").expect(200);
    });

    it("roleArn is for users", async () => {
      let asked = 0;
      const roleArn = () => {
        asked += 1;
        return ROLES.admins;
      };
      expect(await roleOf(guests({ roleArn }))).to.equal("arn:aws:iam::123456789012:role/local-cognito-guest");
      expect(asked).to.equal(0);
    });

    it("lazy, they cost nothing until they are asked for", async () => {
      const session = await guests({ credentials: "lazy" }).getSession(request());
      expect(exchanges()).to.equal(0);
      expect((await session.getCredentials()).accessKeyId).to.match(/^ASIA/);
    });

    it("an access token alone gets no guest's credentials", async () => {
      const session = await guests().getSession(request(cognito.signIn({ username: "ada" }).accessToken));
      expect(session.credentials).to.equal(undefined);
      expect(await codeOf(session.getCredentials())).to.equal("id_token_required");
    });

    it("a pool that takes no guests refuses them", async () => {
      const strict = await LocalCognito.start();
      const app = appWith({ ...strict.options, guest: true, required: false });
      expectRefusal(await get(app, "/me"), "credentials_denied");
      await strict.stop();
    });

    it("switched off, anonymous requests have no credentials", async () => {
      const session = await engine({ required: false }).getSession(request());
      expect(session.credentials).to.equal(undefined);
      expect(await codeOf(session.getCredentials())).to.equal("missing_token");
    });

    const other = { userPoolId: "eu-west-1_Other", clientId: "a", identityPoolId: "eu-west-1:other" };
    const mistakes: [string, () => AuthSessionOptions, string][] = [
      ["without required: false", () => ({ guest: true }), "`required: false`"],
      ["without an identity pool", () => ({ guest: true, required: false, identityPoolId: null }), "`identityPoolId`"],
      [
        "with several identity pools",
        () => ({ guest: true, required: false, userPools: [cognito.options, other] }),
        "several",
      ],
    ];
    for (const [name, options, text] of mistakes) {
      it(`is refused at start ${name}`, () => {
        const make = () => {
          const given = options();
          return new SessionManager(given.userPools ? given : { ...cognito.options, ...given });
        };
        expect(make).to.throw(ConfigurationError, text);
      });
    }
  });
});
