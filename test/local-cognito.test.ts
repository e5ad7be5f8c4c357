import { networkInterfaces } from "node:os";
import {
  CognitoIdentityClient,
  GetCredentialsForIdentityCommand,
  GetIdCommand,
} from "@aws-sdk/client-cognito-identity";
import {
  CognitoIdentityProviderClient,
  GetTokensFromRefreshTokenCommand,
  InitiateAuthCommand,
  RevokeTokenCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { fromCognitoIdentityPool } from "@aws-sdk/credential-providers";
import { CognitoJwtVerifier } from "aws-jwt-verify";
import { JwtVerifier } from "aws-jwt-verify/jwt-verifier";
import { expect } from "chai";
import { decodeJWT } from "cognito-auth-session";
import { LocalCognito, type LocalCognitoOptions } from "cognito-auth-session/testing";
import { TestClock } from "./support/app.js";

const rejection = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => Promise.reject(new Error("should have been refused")),
    (error: Error) => error,
  );

describe("LocalCognito", () => {
  const started: LocalCognito[] = [];
  afterEach(async () => {
    await Promise.all(started.splice(0).map((cognito) => cognito.stop()));
  });
  const start = async (options?: LocalCognitoOptions) => {
    const cognito = await LocalCognito.start(options);
    started.push(cognito);
    return cognito;
  };
  const identityClient = ({ options }: LocalCognito) =>
    new CognitoIdentityClient({ region: "eu-west-1", endpoint: options.identityPoolEndpoint, maxAttempts: 1 });
  const userPoolClient = ({ options }: LocalCognito) =>
    new CognitoIdentityProviderClient({ region: "eu-west-1", endpoint: options.userPoolEndpoint, maxAttempts: 1 });
  const provider = ({ options }: LocalCognito) => options.issuer.replace("http://", "");
  const getId = (cognito: LocalCognito, token?: string, pool = cognito.options.identityPoolId) =>
    identityClient(cognito).send(
      new GetIdCommand({
        IdentityPoolId: pool,
        ...(token === undefined ? {} : { Logins: { [provider(cognito)]: token } }),
      }),
    );

  it("takes the ids it is given, and makes others up", async () => {
    const given = {
      userPoolId: "us-east-1_Given",
      clientId: "given",
      identityPoolId: "us-east-1:00000000-0000-4000-8000-000000000001",
    };
    expect((await start(given)).options).to.include(given);
    const { options } = await start();
    expect(options.userPoolId).to.match(/^eu-west-1_[0-9a-z]{9}$/);
    expect(options.jwksUri).to.equal(`${options.issuer}/.well-known/jwks.json`);
  });

  it("is on loopback only", async () => {
    const { options } = await start();
    const { port } = new URL(options.issuer);
    const outside = Object.values(networkInterfaces())
      .flat()
      .find((each) => each?.family === "IPv4" && !each.internal);
    expect(new URL(options.issuer).hostname).to.equal("127.0.0.1");
    if (outside !== undefined)
      await rejection(fetch(`http://${outside.address}:${port}/`, { signal: AbortSignal.timeout(500) }));
  });

  it("signs tokens that aws-jwt-verify takes", async () => {
    const { options, ...cognito } = await start().then((c) => ({
      options: c.options,
      tokens: c.signIn({ username: "ada" }),
    }));
    const keySet = (await (await fetch(options.jwksUri)).json()) as { keys: [] };
    expect(keySet.keys).to.have.length(2);
    const verifier = JwtVerifier.create({ issuer: options.issuer, audience: null, jwksUri: options.jwksUri });
    verifier.cacheJwks(keySet);
    expect((await verifier.verify(cognito.tokens.idToken)).aud).to.equal(options.clientId);
    expect(() =>
      CognitoJwtVerifier.create({ userPoolId: options.userPoolId, tokenUse: "id", clientId: null }),
    ).not.to.throw();
  });

  it("gives tokens the claims of a user pool's", async () => {
    const cognito = await start();
    const roles = ["arn:aws:iam::123456789012:role/a", "arn:aws:iam::123456789012:role/b"];
    const tokens = cognito.signIn({
      username: "ada",
      groups: ["x"],
      scopes: ["s/1", "s/2"],
      roles,
      attributes: { "custom:a": "b" },
    });
    const [access, id] = [tokens.accessToken, tokens.idToken].map((token) => decodeJWT(token).payload);
    expect(access).to.include({
      token_use: "access",
      client_id: cognito.options.clientId,
      username: "ada",
      scope: "s/1 s/2",
    });
    expect(access).not.to.have.any.keys("aud", "custom:a");
    expect(id).to.deep.include({
      token_use: "id",
      aud: cognito.options.clientId,
      "cognito:username": "ada",
      "cognito:groups": ["x"],
      "cognito:roles": roles,
      "cognito:preferred_role": roles[0],
      "custom:a": "b",
    });
    expect(id).not.to.have.any.keys("client_id", "scope");
    expect([access?.sub, access?.origin_jti]).to.deep.equal([id?.sub, id?.origin_jti]);
    expect(decodeJWT(tokens.accessToken).header.kid).not.to.equal(decodeJWT(tokens.idToken).header.kid);
    expect(decodeJWT(cognito.signIn({ username: "ada" }).idToken).payload.sub).to.equal(id?.sub);
  });

  it("makes booleans of the verified flags in the ID token, as the real service does", async () => {
    const cognito = await start();
    const idOf = (attributes: Record<string, unknown>) =>
      decodeJWT(cognito.signIn({ username: "ada", attributes }).idToken).payload;
    expect(idOf({ email_verified: "true", phone_number_verified: "false", "custom:flag": "true" })).to.include({
      email_verified: true,
      phone_number_verified: false,
      "custom:flag": "true",
    });
    expect(idOf({ email_verified: true, phone_number_verified: "odd" })).to.include({
      email_verified: true,
      phone_number_verified: "odd",
    });
    expect(idOf({})).not.to.have.any.keys("email_verified", "phone_number_verified");
  });

  describe("refuses what a test has misspelt:", () => {
    let cognito: LocalCognito;
    before(async () => {
      cognito = await LocalCognito.start();
    });
    after(() => cognito.stop());

    const calls: [string, (cognito: LocalCognito) => unknown, string][] = [
      ["signIn({})", (c) => c.signIn({} as { username: string }), "signIn() needs `username`"],
      ["signIn() of nobody", (c) => c.signIn({ username: "" }), "signIn() needs `username`"],
      [
        "signIn() of a name alone",
        (c) => c.signIn("ada" as unknown as { username: string }),
        "signIn() takes an object with `username`",
      ],
      [
        "signIn() with `group`",
        (c) => c.signIn({ username: "ada", group: ["admin"] } as { username: string }),
        "signIn() knows no `group`. It takes `username`, `groups`, `attributes`, `scopes`, `roles`.",
      ],
      [
        "signIn() with a group that is no list",
        (c) => c.signIn({ username: "ada", groups: "admin" as unknown as string[] }),
        "signIn() takes a list as `groups`.",
      ],
      [
        "signToken({})",
        (c) => c.signToken({} as { tokenUse: "id" }),
        'signToken() needs `tokenUse`: "access" or "id".',
      ],
      [
        "signToken() with a claim beside `claims`",
        (c) => c.signToken({ tokenUse: "id", exp: 1 } as { tokenUse: "id" }),
        "signToken() knows no `exp`. It takes `tokenUse`, `claims`, `header`.",
      ],
      [
        "fail() that does not say how",
        (c) => c.fail("GetId", { times: 3 }),
        "fail() needs to know how: one of `error`, `status`, `body`, `delay`, `reset`.",
      ],
      ["fail() with `code`", (c) => c.fail("GetId", { code: 500 } as object), "fail() knows no `code`."],
    ];
    for (const [what, call, message] of calls) {
      it(what, () => {
        expect(() => call(cognito)).to.throw(TypeError, message);
      });
    }

    it("start() with an option that there is not", async () => {
      const error = await rejection(start({ clientID: "x" } as LocalCognitoOptions));
      expect(error).to.be.instanceOf(TypeError);
      expect(error.message).to.contain("LocalCognito.start() knows no `clientID`. It takes `port`, `userPoolId`,");
    });
  });

  it("makes any token: claims and header replaced, undefined ones left out", async () => {
    const cognito = await start();
    const { header, payload } = decodeJWT(
      cognito.signToken({
        tokenUse: "id",
        claims: { exp: 1, sub: undefined },
        header: { alg: "none", kid: undefined },
      }),
    );
    expect(header).to.deep.equal({ alg: "none" });
    expect(payload.exp).to.equal(1);
    expect(payload).not.to.have.property("sub");
  });

  it("rotates keys, with or without the old ones", async () => {
    const cognito = await start();
    const kids = async () =>
      ((await (await fetch(cognito.options.jwksUri)).json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
    const before = await kids();
    cognito.rotateKeys({ keepOld: true });
    expect(await kids())
      .to.have.length(4)
      .and.include.members(before);
    cognito.rotateKeys();
    expect(await kids())
      .to.have.length(2)
      .and.not.include.members(before.slice(0, 1));
  });

  describe("as an identity pool", () => {
    it("works with the SDK's own provider: one identity for one login", async () => {
      const cognito = await start();
      const { idToken } = cognito.signIn({ username: "ada" });
      const { identityPoolId, identityPoolEndpoint } = cognito.options;
      const credentials = fromCognitoIdentityPool({
        identityPoolId,
        logins: { [provider(cognito)]: idToken },
        clientConfig: { region: "eu-west-1", endpoint: identityPoolEndpoint },
      });
      const [first, second] = [await credentials(), await credentials()];
      expect(first.identityId).to.equal(second.identityId);
      expect(cognito.callerIdentity(first.accessKeyId)).to.include({
        identityId: first.identityId,
        sessionToken: first.sessionToken,
      });
      expect((first.expiration?.getTime() ?? 0) - Date.now()).to.be.within(3_590_000, 3_600_000);
    });

    const refusals: [string, (cognito: LocalCognito) => Promise<unknown>, string, string | RegExp][] = [
      [
        "another pool",
        (c) => getId(c, c.signIn({ username: "a" }).idToken, "eu-west-1:00000000-0000-4000-8000-00000000dead"),
        "ResourceNotFoundException",
        "IdentityPool 'eu-west-1:00000000-0000-4000-8000-00000000dead' not found.",
      ],
      [
        "no login",
        (c) => getId(c),
        "NotAuthorizedException",
        "Unauthenticated access is not supported for this identity pool.",
      ],
      ["garbage", (c) => getId(c, "garbage"), "NotAuthorizedException", "Invalid login token. Not a Cognito token."],
      [
        "an access token",
        (c) => getId(c, c.signIn({ username: "a" }).accessToken),
        "NotAuthorizedException",
        "Invalid login token. Missing a required claim: aud",
      ],
      [
        "an expired token",
        (c) => getId(c, c.signToken({ tokenUse: "id", claims: { exp: 7 } })),
        "NotAuthorizedException",
        /^Invalid login token. Token expired: 7 >= \d+$/,
      ],
      [
        "another issuer's token",
        (c) => getId(c, c.signToken({ tokenUse: "id", claims: { iss: "https://x" } })),
        "NotAuthorizedException",
        "Invalid login token. Issuer doesn't match providerName",
      ],
      [
        "a token with a strange key",
        (c) => getId(c, c.signToken({ tokenUse: "id", header: { kid: "x" } })),
        "NotAuthorizedException",
        "Invalid login token. Couldn't verify signed token.",
      ],
      [
        "an altered token",
        (c) => getId(c, c.signIn({ username: "a" }).idToken.replace(/\.[^.]+$/, `.${"A".repeat(342)}`)),
        "NotAuthorizedException",
        "Invalid login token. Couldn't verify signed token.",
      ],
      [
        "another app client's token",
        (c) => getId(c, c.signToken({ tokenUse: "id", claims: { aud: "another" } })),
        "NotAuthorizedException",
        "Token is not from a supported provider of this identity pool.",
      ],
    ];
    for (const [what, call, name, message] of refusals) {
      it(`refuses ${what} in the real words`, async () => {
        const error = await rejection(call(await start()));
        expect(error.name).to.equal(name);
        expect(error.message).to.match(
          message instanceof RegExp ? message : new RegExp(`^${message.replace(/[.]/g, "\\.")}$`),
        );
      });
    }

    it("gives an identity's credentials to its own login only", async () => {
      const cognito = await start();
      const [ada, eve] = ["ada", "eve"].map((username) => cognito.signIn({ username }).idToken);
      const { IdentityId } = await getId(cognito, ada);
      const as = (token: string | undefined, id = IdentityId) =>
        identityClient(cognito).send(
          new GetCredentialsForIdentityCommand({ IdentityId: id, Logins: { [provider(cognito)]: token ?? "" } }),
        );
      expect((await as(ada)).Credentials?.AccessKeyId).to.match(/^ASIA/);
      await getId(cognito, eve);
      expect((await rejection(as(eve))).message).to.equal(`Access to Identity '${IdentityId}' is forbidden.`);
      const unknown = "eu-west-1:00000000-0000-4000-8000-000000000bad";
      expect(await rejection(as(ada, unknown))).to.include({
        name: "ResourceNotFoundException",
        message: `Identity '${unknown}' not found.`,
      });
    });

    it("takes guests where it is told to, each a new one", async () => {
      const cognito = await start({ unauthenticatedIdentities: true });
      const [one, two] = [await getId(cognito), await getId(cognito)];
      expect(one.IdentityId).not.to.equal(two.IdentityId);
      const { Credentials } = await identityClient(cognito).send(
        new GetCredentialsForIdentityCommand({ IdentityId: one.IdentityId }),
      );
      expect(cognito.callerIdentity(Credentials?.AccessKeyId ?? "")?.roleArn).to.contain("guest");
      const { idToken } = cognito.signIn({ username: "ada" });
      const crossed = new GetCredentialsForIdentityCommand({
        IdentityId: one.IdentityId,
        Logins: { [provider(cognito)]: idToken },
      });
      expect((await rejection(identityClient(cognito).send(crossed))).message).to.contain("is forbidden");
    });
  });

  describe("as a user pool that refreshes", () => {
    const refresh = (cognito: LocalCognito, RefreshToken: string, ClientId = cognito.options.clientId) =>
      userPoolClient(cognito).send(new GetTokensFromRefreshTokenCommand({ RefreshToken, ClientId }));

    it("rotates: a new refresh token each time, auth_time and origin_jti stay", async () => {
      const clock = new TestClock();
      const cognito = await start({ clock: clock.read });
      const tokens = cognito.signIn({ username: "ada", groups: ["old"] });
      clock.advance({ minutes: 5 });
      const { AuthenticationResult: next } = await refresh(cognito, tokens.refreshToken);
      expect(next?.RefreshToken).to.be.a("string").and.not.equal(tokens.refreshToken);
      const [before, after] = [tokens.idToken, next?.IdToken].map((token) => decodeJWT(token).payload);
      expect([after?.auth_time, after?.origin_jti]).to.deep.equal([before?.auth_time, before?.origin_jti]);
      expect([after?.iat, after?.jti]).not.to.deep.equal([before?.iat, before?.jti]);
      await refresh(cognito, next?.RefreshToken ?? "");
    });

    it("a spent token that comes again ends the sign-in", async () => {
      const cognito = await start();
      const { refreshToken } = cognito.signIn({ username: "ada" });
      const { AuthenticationResult: next } = await refresh(cognito, refreshToken);
      expect((await rejection(refresh(cognito, refreshToken))).name).to.equal("RefreshTokenReuseException");
      expect(await rejection(refresh(cognito, next?.RefreshToken ?? ""))).to.include({
        name: "NotAuthorizedException",
        message: "Refresh Token has been revoked",
      });
    });

    it("does not rotate where it is told not to; then the older call works too", async () => {
      const cognito = await start({ refreshTokenRotation: false });
      const { refreshToken } = cognito.signIn({ username: "ada" });
      expect((await refresh(cognito, refreshToken)).AuthenticationResult?.RefreshToken).to.equal(undefined);
      const older = new InitiateAuthCommand({
        AuthFlow: "REFRESH_TOKEN_AUTH",
        ClientId: cognito.options.clientId,
        AuthParameters: { REFRESH_TOKEN: refreshToken },
      });
      expect((await userPoolClient(cognito).send(older)).AuthenticationResult?.IdToken).to.be.a("string");
      expect((await rejection(userPoolClient(await start()).send(older))).name).to.equal("InvalidParameterException");
    });

    it("refuses what is not its own, and what was revoked", async () => {
      const cognito = await start();
      const { refreshToken } = cognito.signIn({ username: "ada" });
      expect((await rejection(refresh(cognito, "x"))).message).to.equal("Invalid Refresh Token.");
      expect((await rejection(refresh(cognito, refreshToken, "another"))).message).to.equal("Invalid Refresh Token.");
      await userPoolClient(cognito).send(
        new RevokeTokenCommand({ Token: refreshToken, ClientId: cognito.options.clientId }),
      );
      expect((await rejection(refresh(cognito, refreshToken))).message).to.equal("Refresh Token has been revoked");
    });
  });

  describe("fails on demand:", () => {
    it("by exception, in the real form", async () => {
      const cognito = await start();
      cognito.fail("GetId", { error: "TooManyRequestsException" });
      const answer = await fetch(cognito.options.identityPoolEndpoint, {
        method: "POST",
        headers: { "X-Amz-Target": "AWSCognitoIdentityService.GetId" },
        body: "{}",
      });
      expect(answer.status).to.equal(400);
      expect(answer.headers.get("x-amzn-errortype")).to.equal("TooManyRequestsException:");
      expect(answer.headers.get("x-amzn-requestid")).to.match(/^[0-9a-f-]{36}$/);
      expect(await answer.json()).to.deep.equal({ __type: "TooManyRequestsException", message: "Rate exceeded" });
    });

    it("not by a name that is no operation's", async () => {
      const cognito = await start();
      expect(() => cognito.fail("GetID", { status: 500 })).to.throw(
        RangeError,
        "There are: JWKS, OpenIdConfiguration, GetId,",
      );
    });

    it("a number of times, and counts all calls", async () => {
      const cognito = await start();
      cognito.fail("JWKS", { status: 503, times: 2 });
      const statuses = [];
      for (let call = 0; call < 3; call += 1) statuses.push((await fetch(cognito.options.jwksUri)).status);
      expect(statuses).to.deep.equal([503, 503, 200]);
      expect(cognito.requests("JWKS")).to.equal(3);
      expect(cognito.requests("GetId")).to.equal(0);
    });

    it("by delay, by reset, until it is told to stop", async () => {
      const cognito = await start();
      cognito.fail("JWKS", { delay: 60 });
      const begun = Date.now();
      expect((await fetch(cognito.options.jwksUri)).status).to.equal(200);
      expect(Date.now() - begun).to.be.at.least(55);
      cognito.fail("JWKS", { reset: true });
      await rejection(fetch(cognito.options.jwksUri));
      cognito.fail("JWKS", { times: 0 });
      expect((await fetch(cognito.options.jwksUri)).status).to.equal(200);
    });
  });
});
