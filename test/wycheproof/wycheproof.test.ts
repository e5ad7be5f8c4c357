import { createPublicKey, type KeyObject } from "node:crypto";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { AuthError, ConfigurationError, SessionManager } from "cognito-auth-session";
import { readKeySet } from "../../src/tokens/public-keys.js";
import { transplant } from "./transplant.js";
import { type JwsGroup, type JwsVector, jwkVectors, jwsVectors, keySetOf, rsaVectors } from "./vectors.js";

const USER_POOL_ID = "eu-west-1_AbCdEfGhI";

/** What no verifier of Cognito's tokens finds: README.md of this folder says why. */
const NOT_LOOKED_FOR: ReadonlySet<string> = new Set(["rejectsKeyWithRocaVulnerability"]);

/** aws-jwt-verify's own check of a signature, which takes any bytes; its public face takes nothing but JSON. */
interface Primitive {
  verifySignatureSync(parts: {
    alg: "RS256";
    keyObject: KeyObject;
    jwsSigningInput: string | Buffer;
    signature: string;
  }): boolean;
}

describe("Project Wycheproof's vectors", () => {
  let primitive: Primitive;

  before(() => {
    const require = createRequire(import.meta.url);
    const folder = dirname(require.resolve("aws-jwt-verify/jwt-verifier"));
    const internals: unknown = require(join(folder, "node-web-compat-node.js"));
    // Not exported by the package, so without types; the tests below call it as the package itself does.
    primitive = (internals as { nodeWebCompat: Primitive }).nodeWebCompat;
  });

  describe("whole signatures, as they stand, are refused:", () => {
    for (const { file, testGroups } of [jwsVectors, jwkVectors]) {
      for (const [index, group] of testGroups.entries()) {
        it(`${file}, group ${index + 1}: ${group.comment}`, async () => {
          for (const vector of group.tests) await expectRefused(group, vector.jws, `${file} ${vector.tcId}`);
        });
      }
    }
  });

  describe("keys:", () => {
    for (const group of [...jwkVectors.testGroups, ...jwsVectors.testGroups.filter(isAboutItsKey)]) {
      const [vector] = group.tests;
      if (vector === undefined || NOT_LOOKED_FOR.has(vector.comment)) continue;
      const isOurs = vector.result === "valid" && keySetOf(group).keys.some(({ kty }) => kty === "RSA");
      it(`${group.comment}, ${vector.comment}: ${isOurs ? "trusted" : "passed over"}`, () => {
        expect(readKeySet(keySetOf(group))?.size).to.equal(isOurs ? 1 : undefined);
      });
    }
  });

  describe("the same signatures under a Cognito token:", () => {
    for (const { file, testGroups } of [jwsVectors, jwkVectors]) {
      for (const [index, group] of testGroups.entries()) {
        const moved = group.tests.filter(({ comment }) => !NOT_LOOKED_FOR.has(comment)).flatMap((v) => move(group, v));
        if (moved.length === 0) continue;
        it(`${file}, group ${index + 1}: ${group.comment}, ${moved.length} of ${group.tests.length}`, async () => {
          for (const { vector, token } of moved) {
            const about = `${file} ${vector.tcId} ${vector.comment}`;
            if (vector.result === "valid") expect(await userOf(group, token), about).to.equal("ada");
            else await expectRefused(group, token, about, "invalid_signature");
          }
        });
      }
    }

    it("most of the vectors can be moved there", () => {
      const moved = jwsVectors.testGroups.flatMap((group) => group.tests.flatMap((vector) => move(group, vector)));
      expect(moved.length).to.be.greaterThan(200);
    });
  });

  describe("signatures of any bytes, by the check that the verifier uses:", () => {
    for (const { file, testGroups } of rsaVectors) {
      it(file, () => {
        for (const { keyJwk, tests } of testGroups) {
          const keyObject = keyOf({ keys: [keyJwk] }, keyJwk.kid);
          for (const { tcId, comment, msg, sig, result } of tests) {
            const jwsSigningInput = Buffer.from(msg, "hex");
            const isGood = primitive.verifySignatureSync({ alg: "RS256", keyObject, jwsSigningInput, signature: sig });
            // What a verifier may take is refused here: one token has one spelling.
            expect(isGood, `${file} ${tcId} ${comment}`).to.equal(result === "valid");
          }
        }
      });
    }

    it("the valid whole signatures too", () => {
      const groups = [...jwsVectors.testGroups, ...jwkVectors.testGroups].filter(
        (group) => group.public?.kty === "RSA",
      );
      for (const group of groups.filter(({ public: key }) => key?.alg === "RS256")) {
        for (const { jws, tcId } of group.tests.filter(({ result }) => result === "valid")) {
          const dot = jws.lastIndexOf(".");
          const keyObject = keyOf(keySetOf(group), group.public?.kid);
          const parts = { jwsSigningInput: jws.slice(0, dot), signature: jws.slice(dot + 1) };
          expect(primitive.verifySignatureSync({ alg: "RS256", keyObject, ...parts }), `${tcId}`).to.equal(true);
        }
      }
    });
  });
});

function isAboutItsKey({ comment }: JwsGroup): boolean {
  return comment === "rsa_encryption";
}

function keyOf(document: object, kid: unknown): KeyObject {
  const key = readKeySet(document)?.get(String(kid));
  if (key === undefined) throw new Error("The vector's key is not trusted.");
  return createPublicKey({ key: { kty: "RSA", n: key.modulus, e: key.exponent }, format: "jwk" });
}

/** A vector as a token of our pool, its JOSE header kept; none where the vector has no signature to move. */
function move(group: JwsGroup, vector: JwsVector): { vector: JwsVector; token: string }[] {
  if (group.private?.kty !== "RSA") return [];
  const claims = {
    iss: `https://cognito-idp.eu-west-1.amazonaws.com/${USER_POOL_ID}`,
    sub: "ada",
    token_use: "access",
    client_id: "client",
    exp: Math.floor(Date.now() / 1000) + 3600,
  };
  const payload = Buffer.from(JSON.stringify(claims)).toString("base64url");
  const token = transplant(vector.jws, `${vector.jws.slice(0, vector.jws.indexOf("."))}.${payload}`, group.private);
  return token === undefined ? [] : [{ vector, token }];
}

/** Who the token says it is; rejects where token or key set is refused. */
async function userOf(group: JwsGroup, token: string): Promise<string | undefined> {
  const options = { userPoolId: USER_POOL_ID, clientId: "client", identityPoolId: null, jwks: keySetOf(group) };
  const session = await new SessionManager(options).getSession({ headers: { authorization: `Bearer ${token}` } });
  return session.userSub;
}

async function expectRefused(group: JwsGroup, token: string, about: string, code?: string): Promise<void> {
  const error: unknown = await userOf(group, token).catch((reason: unknown) => reason);
  // A set without a key that can be used is refused before there is a token.
  if (error instanceof ConfigurationError) {
    expect(error.option, about).to.equal("jwks");
    return;
  }
  expect(error, about).to.be.instanceOf(AuthError).with.property("status").that.is.oneOf([400, 401]);
  if (code !== undefined) expect(error, about).to.have.property("code", code);
}
