import { generateKeyPairSync, type JsonWebKey } from "node:crypto";
import type { AuthErrorCode } from "cognito-auth-session";
import { type Attack, refused } from "./attack.js";
import { base64url, bearer, segmentsOf } from "./attempt.js";
import { der, pem } from "./mint.js";

/** RFC 7518 section 3.1, RFC 8037, RFC 8812, the registry's others, and spellings of ours that are not ours. */
const ALGORITHMS = [
  ...["none", "None", "NONE", "nOnE", "none ", "HS256", "HS384", "HS512", "RS384", "RS512", "PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512", "ES256K", "EdDSA", "Ed25519", "Ed448", "ML-DSA-44", "RS1", "HS1", "RSA1_5"],
  ...["RSA-OAEP", "RSA-OAEP-256", "dir", "A256KW", "A256GCM", "ECDH-ES", "PBES2-HS256+A128KW"],
  ...["rs256", "Rs256", "RS-256", "RSA256", "RSA-SHA256", "SHA256withRSA", " RS256", "RS256 ", "RS256\0", "RS256,none"],
  ...["R\u0405256", "\uff32\uff33\uff12\uff15\uff16", "", "null", "undefined", "__proto__", "constructor", "toString"],
  "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256",
  'RS256"\r\nX-Injected: y\u0000\u20ac',
];
const NO_ALGORITHMS = [null, true, false, 0, 256, [], ["RS256"], ["none", "RS256"], {}, { alg: "RS256" }];

const SECRETS: readonly [string, (key: JsonWebKey) => string | Buffer][] = [
  ["the public key as PEM", (key) => pem(key)],
  ["the public key as PEM without its last line end", (key) => pem(key).trimEnd()],
  ["the public key as PKCS #1 PEM", (key) => pem(key, "pkcs1")],
  ["the public key as DER", (key) => der(key)],
  ["the public key as JWK", (key) => JSON.stringify(key)],
  ["the key set", (key) => JSON.stringify({ keys: [key] })],
  ["the modulus", (key) => key.n ?? ""],
  ["the modulus' bytes", (key) => Buffer.from(key.n ?? "", "base64url")],
  ["the key's name", () => "mint-key-1"],
  ["nothing", () => ""],
  ["a word from every list", () => "secret"],
];

/** A good token but for its header. */
export const withHeader = (name: string, header: object, code: AuthErrorCode): Attack =>
  refused(`${name} is refused, rightly signed as it is`, (w) => bearer(w.access({}, { ...header })), code);

export const algorithmAttacks: readonly Attack[] = [
  ...ALGORITHMS.map((alg) => withHeader(`the alg ${JSON.stringify(alg)}`, { alg }, "invalid_signature")),
  ...NO_ALGORITHMS.map((alg) => withHeader(`the alg ${JSON.stringify(alg)}, no string,`, { alg }, "invalid_signature")),
  withHeader("a header without alg", { alg: undefined }, "invalid_signature"),
  withHeader("a header with Alg in place of alg", { alg: undefined, Alg: "RS256" }, "invalid_signature"),
  refused(
    "the alg none without a signature is refused",
    (w) => bearer(`${base64url(w.mint.header({ alg: "none" }))}.${base64url(w.payload())}.`),
    "malformed_token",
  ),
  refused(
    "the alg none with a made-up signature is refused",
    (w) => bearer(`${base64url(w.mint.header({ alg: "none" }))}.${base64url(w.payload())}.AAAA`),
    "invalid_signature",
  ),
  ...["RS384", "RS512", "PS256", "PS384", "PS512"].map((alg) =>
    refused(
      `a token that our key signed rightly by ${alg} is refused`,
      (w) => bearer(w.mint.signBy(alg, w.payload())),
      "invalid_signature",
    ),
  ),
  refused(
    "a token that an attacker's key signed rightly by ES256 is refused",
    (w) => bearer(w.mint.signBy("ES256", w.payload(), generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey)),
    "invalid_signature",
  ),
  refused(
    "a token that an attacker's key signed rightly by EdDSA is refused",
    (w) => bearer(w.mint.signBy("EdDSA", w.payload(), generateKeyPairSync("ed25519").privateKey)),
    "invalid_signature",
  ),
  ...SECRETS.map(([name, secret]) =>
    refused(
      `HS256 under ${name} is refused`,
      (w) => bearer(w.mint.hmac("HS256", secret(w.mint.jwk), w.payload())),
      "invalid_signature",
    ),
  ),
  ...(["HS384", "HS512"] as const).map((alg) =>
    refused(
      `${alg} under the public key is refused`,
      (w) => bearer(w.mint.hmac(alg, pem(w.mint.jwk), w.payload())),
      "invalid_signature",
    ),
  ),
  refused(
    "an RS256 header over an HMAC is refused",
    (w) => {
      const [, payload, signature] = segmentsOf(w.mint.hmac("HS256", pem(w.mint.jwk), w.payload()));
      return bearer(`${base64url(w.mint.header())}.${payload}.${signature}`);
    },
    "invalid_signature",
  ),
];
