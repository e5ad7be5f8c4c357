import { expect } from "chai";
import { AuthError, decodeJWT, SessionManager } from "cognito-auth-session";
import { LocalCognito, type LocalTokens } from "cognito-auth-session/testing";
import type { Express } from "express";
import fc from "fast-check";
import { appWith, get, TestClock } from "./support/app.js";
import { expectRefusal } from "./support/expectations.js";

describe("Verifying a token", () => {
  let cognito: LocalCognito;
  let stranger: LocalCognito;
  let tokens: LocalTokens;
  let publicKey: { kid: string; n: string; e: string };
  let app: Express;

  before(async () => {
    cognito = await LocalCognito.start();
    stranger = await LocalCognito.start();
    tokens = cognito.signIn({ username: "ada", groups: ["admin"] });
    const keySet = (await (await fetch(cognito.options.jwksUri)).json()) as { keys: [typeof publicKey] };
    publicKey = keySet.keys[0];
    app = appWith(cognito.options);
  });
  after(async () => {
    await cognito.stop();
    await stranger.stop();
  });

  const access = (claims?: object, header?: object) =>
    cognito.signToken({ tokenUse: "access", claims: { ...claims }, header: { ...header } });
  const id = (claims?: object) => cognito.signToken({ tokenUse: "id", claims: { ...claims } });

  it("honours the clock tolerance to the second, remembered or not", async () => {
    const clock = new TestClock();
    clock.nowMs = Math.floor(clock.nowMs / 1000) * 1000;
    const start = clock.nowMs / 1000;
    const tolerant = appWith({ ...cognito.options, clockTolerance: 10 }, undefined, { clock: clock.read });
    const token = access({ exp: start + 100, iat: start + 10, nbf: start + 10 });
    await get(tolerant, "/me", token).expect(200);
    expectRefusal(await get(tolerant, "/me", access({ exp: start + 100, iat: start + 11 })), "invalid_claims");
    clock.advance({ seconds: 109 });
    await get(tolerant, "/me", token).expect(200);
    await get(tolerant, "/me", access({ exp: start + 100 })).expect(200);
    clock.advance({ seconds: 1 });
    expectRefusal(await get(tolerant, "/me", token), "token_expired");
    expectRefusal(await get(tolerant, "/me", access({ exp: start + 100 })), "token_expired");
  });

  it("honours `nbf` of a remembered token too, where the clock was set back", async () => {
    const clock = new TestClock();
    const app = appWith(cognito.options, undefined, { clock: clock.read });
    const token = access({ nbf: Math.floor(clock.nowMs / 1000) });
    for (let count = 0; count < 3; count += 1) await get(app, "/me", token).expect(200);
    clock.advance({ seconds: -60 });
    expectRefusal(await get(app, "/me", token), "invalid_claims");
  });

  it("takes every app client where `clientId` is null", async () => {
    await get(appWith({ ...cognito.options, clientId: null }), "/me", access({ client_id: "another" })).expect(200);
  });

  it("verifies every time where the token cache is off", async () => {
    const uncached = appWith({ ...cognito.options, tokenCacheSize: 0 });
    await get(uncached, "/me", tokens.accessToken).expect(200);
    await get(uncached, "/me", tokens.accessToken).expect(200);
  });

  it("takes tokens of several pools, each by its own keys and clients", async () => {
    const two = appWith({ userPools: [cognito.options, stranger.options] });
    const eve = stranger.signIn({ username: "eve" });
    expect((await get(two, "/me", eve.accessToken).expect(200)).body.userPoolId).to.equal(stranger.options.userPoolId);
    expect((await get(two, "/me", tokens.accessToken).expect(200)).body.userPoolId).to.equal(
      cognito.options.userPoolId,
    );
    const crossed = stranger.signToken({ tokenUse: "access", claims: { client_id: cognito.options.clientId } });
    expectRefusal(await get(two, "/me", crossed), "invalid_claims");
    const forged = stranger.signToken({
      tokenUse: "access",
      claims: { iss: cognito.options.issuer, client_id: cognito.options.clientId },
      header: { kid: publicKey.kid },
    });
    expectRefusal(await get(two, "/me", forged), "invalid_signature");
  });

  it("refuses whatever else stands where a token should: 2,000 mutations", async function () {
    this.timeout(60_000);
    const sessions = new SessionManager(cognito.options);
    const mutation = fc
      .tuple(fc.nat(tokens.accessToken.length - 1), fc.string({ minLength: 1, maxLength: 3 }))
      .map(([at, text]) => {
        return tokens.accessToken.slice(0, at) + text + tokens.accessToken.slice(at + text.length);
      });
    await fc.assert(
      fc.asyncProperty(fc.oneof(mutation, fc.string(), fc.base64String()), async (token) => {
        fc.pre(token !== tokens.accessToken);
        const error: unknown = await sessions
          .getSession({ headers: { authorization: `Bearer ${token}` } })
          .catch((e: unknown) => e);
        expect(error).to.be.instanceOf(AuthError);
        expect(error).to.have.property("status").that.is.oneOf([400, 401]);
      }),
      { numRuns: 2000 },
    );
  });

  it("looks how deep a payload nests before it parses it", () => {
    const parse = JSON.parse;
    const lengths: number[] = [];
    JSON.parse = (text, ...rest) => {
      lengths.push(text.length);
      return parse(text, ...rest);
    };
    try {
      for (const [depth, parsed] of [
        [31, true],
        [32, false],
        [5000, false],
      ] as const) {
        lengths.length = 0;
        const text = `{"a":${"[".repeat(depth)}${"]".repeat(depth)}}`;
        const token = `eyJhbGciOiJSUzI1NiJ9.${Buffer.from(text).toString("base64url")}.AAAA`;
        if (parsed) decodeJWT(token);
        else
          expect(() => decodeJWT(token))
            .to.throw(AuthError)
            .that.includes({ code: "malformed_token" });
        expect(lengths.includes(text.length), `${depth} levels`).to.equal(parsed);
      }
    } finally {
      JSON.parse = parse;
    }
  });

  describe("the pair of access token and ID token", () => {
    it("needs no origin_jti where only one has it", async () => {
      const same = { sub: "s" };
      await get(app, "/me", access({ ...same, origin_jti: undefined }), id(same)).expect(200);
    });
  });
});
