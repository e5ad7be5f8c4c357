import { createHmac, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import { expect } from "chai";
import { AuthError, type AuthErrorCode, SessionManager } from "cognito-auth-session";
import { LocalCognito, type LocalTokens } from "cognito-auth-session/testing";
import type { Express } from "express";
import fc from "fast-check";
import { appWith, get, TestClock } from "./support/app.js";
import { expectRefusal } from "./support/expectations.js";

const nowSeconds = () => Math.floor(Date.now() / 1000);
const base64url = (value: string | Buffer) => Buffer.from(value).toString("base64url");

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

  /** A good access token's parts. */
  const parts = () => {
    const [header = "", payload = "", signature = ""] = tokens.accessToken.split(".");
    return { header, payload, signature };
  };
  const access = (claims?: object, header?: object) =>
    cognito.signToken({ tokenUse: "access", claims: { ...claims }, header: { ...header } });
  const id = (claims?: object) => cognito.signToken({ tokenUse: "id", claims: { ...claims } });
  /** Signs header and payload texts as they are, with the pool's key: for texts that no JSON writer makes. */
  const withPayloadText = (text: string) => resign(parts().header, base64url(text));
  const resign = (header: string, payload: string) => {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    return `${header}.${payload}.${sign("sha256", Buffer.from(`${header}.${payload}`), privateKey).toString("base64url")}`;
  };
  const unsigned = (header: object, signature = "") =>
    `${base64url(JSON.stringify({ kid: publicKey.kid, ...header }))}.${parts().payload}.${signature}`;
  const hmac = (secret: string | Buffer, alg = "HS256") => {
    const input = unsigned({ alg }).slice(0, -1);
    return `${input}.${createHmac("sha256", secret).update(input).digest("base64url")}`;
  };
  const pem = () =>
    createPublicKey({ key: { kty: "RSA", ...publicKey }, format: "jwk" }).export({ type: "spki", format: "pem" });

  const attacks: Record<string, [string, () => string, AuthErrorCode][]> = {
    "its form": [
      ["one part", () => "abc", "malformed_token"],
      ["two parts", () => `${parts().header}.${parts().payload}`, "malformed_token"],
      ["four parts", () => `${tokens.accessToken}.x`, "malformed_token"],
      ["a JWE's five parts", () => `${tokens.accessToken}.x.y`, "malformed_token"],
      ["only dots", () => "..", "malformed_token"],
      ["16,000 dots", () => ".".repeat(16_000), "malformed_token"],
      ["a refresh token", () => tokens.refreshToken, "malformed_token"],
      ["padding in the header", () => `${parts().header}=.${parts().payload}.${parts().signature}`, "malformed_token"],
      ["padding in the signature", () => `${tokens.accessToken}==`, "malformed_token"],
      [
        "a header that is no JSON",
        () => `${base64url("nope")}.${parts().payload}.${parts().signature}`,
        "malformed_token",
      ],
      [
        "a header that is a list",
        () => `${base64url("[]")}.${parts().payload}.${parts().signature}`,
        "malformed_token",
      ],
      ["a payload that is null", () => withPayloadText("null"), "malformed_token"],
      ["a payload that is a string", () => withPayloadText('"x"'), "malformed_token"],
      ["a payload that is a list", () => withPayloadText("[1]"), "malformed_token"],
      [
        "a payload with bad UTF-8",
        () => resign(parts().header, base64url(Buffer.from('{"sub":"\xff"}', "latin1"))),
        "malformed_token",
      ],
      ["a payload with a byte order mark", () => withPayloadText("\ufeff{}"), "malformed_token"],
      [
        "a payload that nests 4,000 deep",
        () => withPayloadText(`{"a":${"[".repeat(4000)}${"]".repeat(4000)}}`),
        "malformed_token",
      ],
      ["a name that stands twice", () => withPayloadText('{"sub":"a","sub":"b"}'), "malformed_token"],
      [
        "a name that stands twice, once escaped",
        () => withPayloadText('{"sub":"a","s\\u0075b":"b"}'),
        "malformed_token",
      ],
      ["a nested name that stands twice", () => withPayloadText('{"a":[{"x":1,"y":":","x":2}]}'), "malformed_token"],
      ["a payload with __proto__", () => withPayloadText('{"__proto__":{"sub":"a"}}'), "malformed_token"],
    ],
    "its JOSE header": [
      ["alg none, no signature", () => unsigned({ alg: "none" }), "malformed_token"],
      ["alg none, a signature", () => unsigned({ alg: "none" }, parts().signature), "invalid_signature"],
      ["alg nOnE", () => unsigned({ alg: "nOnE" }, parts().signature), "invalid_signature"],
      ["alg missing", () => access({}, { alg: undefined }), "invalid_signature"],
      ["alg a number", () => access({}, { alg: 256 }), "invalid_signature"],
      ["alg a list", () => access({}, { alg: ["RS256"] }), "invalid_signature"],
      ["HS256 with the public key as PEM", () => hmac(pem()), "invalid_signature"],
      ["HS256 with the public key as JWK", () => hmac(JSON.stringify(publicKey)), "invalid_signature"],
      ["HS256 with an empty secret", () => hmac(""), "invalid_signature"],
      ["RS512 against an RS256 key", () => access({}, { alg: "RS512" }), "invalid_signature"],
      ["PS256 against an RS256 key", () => access({}, { alg: "PS256" }), "invalid_signature"],
      ["ES256 against an RSA key", () => access({}, { alg: "ES256" }), "invalid_signature"],
      ["an unknown crit", () => access({}, { crit: ["exp"] }), "malformed_token"],
      ["an empty crit", () => access({}, { crit: [] }), "malformed_token"],
      ["a crit that is no list", () => access({}, { crit: "b64" }), "malformed_token"],
      ["b64 false", () => access({}, { b64: false }), "malformed_token"],
      ["b64 false, critical", () => access({}, { b64: false, crit: ["b64"] }), "malformed_token"],
      ["kid missing", () => access({}, { kid: undefined }), "invalid_signature"],
      ["kid empty", () => access({}, { kid: "" }), "invalid_signature"],
      ["kid a number", () => access({}, { kid: 7 }), "invalid_signature"],
      ["kid __proto__", () => access({}, { kid: "__proto__" }), "invalid_signature"],
      ["kid constructor", () => access({}, { kid: "constructor" }), "invalid_signature"],
      ["kid of 10 KB", () => access({}, { kid: "k".repeat(7_000) }), "invalid_signature"],
      ["kid with control characters", () => access({}, { kid: 'a\r\nX: y"\u0000\u20ac' }), "invalid_signature"],
    ],
    "its signature": [
      [
        "another pool's key under our kid",
        () =>
          stranger.signToken({
            tokenUse: "access",
            claims: { iss: cognito.options.issuer, client_id: cognito.options.clientId },
            header: { kid: publicKey.kid },
          }),
        "invalid_signature",
      ],
      [
        "an embedded key",
        () =>
          stranger.signToken({
            tokenUse: "access",
            claims: { iss: cognito.options.issuer, client_id: cognito.options.clientId },
            header: { jwk: publicKey, kid: publicKey.kid },
          }),
        "invalid_signature",
      ],
      [
        "truncated",
        () =>
          `${parts().header}.${parts().payload}.${base64url(Buffer.from(parts().signature, "base64url").subarray(0, -4))}`,
        "invalid_signature",
      ],
      ["another token's", () => `${parts().header}.${parts().payload}.${id().split(".")[2]}`, "invalid_signature"],
      [
        "one bit changed in the payload",
        () => `${parts().header}.${flipLast(parts().payload)}.${parts().signature}`,
        "invalid_signature",
      ],
      ["all zeros", () => `${parts().header}.${parts().payload}.${base64url(Buffer.alloc(256))}`, "invalid_signature"],
      [
        "the ID token's key for an access token",
        () =>
          access({}, { kid: JSON.parse(Buffer.from(tokens.idToken.split(".")[0] ?? "", "base64url").toString()).kid }),
        "invalid_signature",
      ],
    ],
    "its claims": [
      ["exp passed", () => access({ exp: nowSeconds() - 60 }), "token_expired"],
      ["exp missing", () => access({ exp: undefined }), "invalid_claims"],
      ["exp a string", () => access({ exp: String(nowSeconds() + 60) }), "invalid_claims"],
      ["exp null", () => access({ exp: null }), "invalid_claims"],
      ["exp negative", () => access({ exp: -1 }), "invalid_claims"],
      ["exp -1e20", () => access({ exp: -1e20 }), "invalid_claims"],
      ["exp beyond a Date", () => access({ exp: 1e20 }), "invalid_claims"],
      ["exp a list", () => access({ exp: [nowSeconds() + 60] }), "invalid_claims"],
      ["nbf in the future", () => access({ nbf: nowSeconds() + 60 }), "invalid_claims"],
      ["nbf a string", () => access({ nbf: "0" }), "invalid_claims"],
      ["iat in the future", () => access({ iat: nowSeconds() + 60 }), "invalid_claims"],
      ["iat null", () => access({ iat: null }), "invalid_claims"],
      ["iss of another pool", () => stranger.signIn({ username: "eve" }).accessToken, "invalid_claims"],
      ["iss missing", () => access({ iss: undefined }), "invalid_claims"],
      ["iss a list", () => access({ iss: [cognito.options.issuer] }), "invalid_claims"],
      ["iss with a suffix", () => access({ iss: `${cognito.options.issuer}/` }), "invalid_claims"],
      ["iss with a prefix", () => access({ iss: ` ${cognito.options.issuer}` }), "invalid_claims"],
      ["iss in another case", () => access({ iss: cognito.options.issuer.toUpperCase() }), "invalid_claims"],
      ["iss with user info", () => access({ iss: cognito.options.issuer.replace("//", "//x@") }), "invalid_claims"],
      ["iss constructor", () => access({ iss: "constructor" }), "invalid_claims"],
      [
        "the multi-Region issuer that nobody opted in to",
        () => access({ iss: `https://issuer-cognito-idp.eu-west-1.amazonaws.com/${cognito.options.userPoolId}` }),
        "invalid_claims",
      ],
      ["client_id of another app", () => access({ client_id: "another" }), "invalid_claims"],
      ["client_id a list", () => access({ client_id: [cognito.options.clientId] }), "invalid_claims"],
      [
        "client_id missing, aud right",
        () => access({ client_id: undefined, aud: cognito.options.clientId }),
        "invalid_claims",
      ],
      ["aud of another app", () => id({ aud: "another" }), "invalid_claims"],
      ["aud a list", () => id({ aud: [cognito.options.clientId] }), "invalid_claims"],
      [
        "aud missing, client_id right",
        () => id({ aud: undefined, client_id: cognito.options.clientId }),
        "invalid_claims",
      ],
      ["sub missing", () => access({ sub: undefined }), "invalid_claims"],
      ["sub empty", () => access({ sub: "" }), "invalid_claims"],
      ["sub a number", () => access({ sub: 7 }), "invalid_claims"],
      ["token_use missing", () => access({ token_use: undefined }), "invalid_claims"],
      ["token_use refresh", () => access({ token_use: "refresh" }), "invalid_claims"],
      ["token_use a list", () => access({ token_use: ["access"] }), "invalid_claims"],
      ["scope a list", () => access({ scope: ["a"] }), "malformed_token"],
    ],
  };

  for (const [group, rows] of Object.entries(attacks)) {
    describe(`refuses by ${group}:`, () => {
      for (const [name, make, code] of rows) {
        it(`${name} (${code})`, async () => {
          expectRefusal(await get(app, "/me", make()), code);
          await get(app, "/me", tokens.accessToken).expect(200);
        });
      }
    });
  }

  it("names the claim that is wrong, to the server only", async () => {
    const sessions = new SessionManager(cognito.options);
    const cases: [object, string][] = [
      [{ iss: "x" }, "iss"],
      [{ client_id: "x" }, "client_id"],
      [{ sub: "" }, "sub"],
      [{ exp: "x" }, "exp"],
    ];
    for (const [claims, claim] of cases) {
      const error = await sessions
        .getSession({ headers: { authorization: `Bearer ${access(claims)}` } })
        .catch((e: unknown) => e);
      expect(error).to.be.instanceOf(AuthError).that.includes({ code: "invalid_claims", claim });
    }
  });

  it("accepts one spelling of a token: not one of the signature's other 15", async () => {
    const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const stem = tokens.accessToken.slice(0, -1);
    const last = alphabet.indexOf(tokens.accessToken.slice(-1));
    for (let bits = 1; bits < 16; bits += 1) {
      expectRefusal(await get(app, "/me", stem + alphabet[last + bits]), "malformed_token");
    }
  });

  it("makes no call for a foreign issuer, a bad header or bad claims", async () => {
    const fresh = await LocalCognito.start();
    const cold = appWith(fresh.options);
    await get(cold, "/me", stranger.signIn({ username: "eve" }).accessToken).expect(401);
    await get(
      cold,
      "/me",
      fresh.signToken({ tokenUse: "access", header: { alg: "none", jku: `${stranger.options.jwksUri}` } }),
    ).expect(401);
    await get(cold, "/me", fresh.signToken({ tokenUse: "access", claims: { exp: 1 } })).expect(401);
    await get(cold, "/me", fresh.signToken({ tokenUse: "access", header: { kid: "k".repeat(7_000) } })).expect(401);
    expect(fresh.requests("JWKS")).to.equal(0);
    expect(stranger.requests("JWKS")).to.equal(0);
    await fresh.stop();
  });

  it("ignores where a header says that keys are", async () => {
    const header = { jku: stranger.options.jwksUri, x5u: stranger.options.jwksUri, x5c: ["AA=="] };
    await get(app, "/me", access({}, header)).expect(200);
    expect(stranger.requests("JWKS")).to.equal(0);
  });

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

  describe("the pair of access token and ID token", () => {
    const mismatches: [string, () => [string, string]][] = [
      ["another user's", () => [tokens.accessToken, cognito.signIn({ username: "bob" }).idToken]],
      [
        "another user's, of one sign-in,",
        () => [access({ sub: "a", origin_jti: "o" }), id({ sub: "b", origin_jti: "o" })],
      ],
      ["another sign-in's", () => [tokens.accessToken, cognito.signIn({ username: "ada" }).idToken]],
      [
        "another app client's",
        () => [access({ client_id: "one", sub: "s", origin_jti: "o" }), id({ aud: "two", sub: "s", origin_jti: "o" })],
      ],
    ];
    for (const [name, make] of mismatches) {
      it(`must be one session: not ${name} ID token`, async () => {
        const anyClient = appWith({ ...cognito.options, clientId: null });
        expectRefusal(await get(anyClient, "/me", ...make()), "session_mismatch");
      });
    }

    it("must be of one pool", async () => {
      const two = appWith({
        userPools: [
          { ...cognito.options, clientId: null },
          { ...stranger.options, clientId: null },
        ],
      });
      const same = { sub: "s", origin_jti: "o", client_id: "c", aud: "c" };
      const [mine, theirs] = [access(same), stranger.signToken({ tokenUse: "id", claims: same })];
      expectRefusal(await get(two, "/me", mine, theirs), "session_mismatch");
    });

    it("needs no origin_jti where only one has it", async () => {
      const same = { sub: "s" };
      await get(app, "/me", access({ ...same, origin_jti: undefined }), id(same)).expect(200);
    });
  });
});

function flipLast(segment: string): string {
  const bytes = Buffer.from(segment, "base64url");
  const text = bytes.toString().replace("local", "l0cal").replace("ada", "adb");
  return base64url(text);
}
