import { createSecretKey, generateKeyPairSync, type JsonWebKey, sign } from "node:crypto";
import type { SessionManagerParts } from "cognito-auth-session";
import { type AppUnderAttack, type Attack, harmless, refused, type Stage } from "./attack.js";
import { base64url, bearer } from "./attempt.js";
import { ADA, AWS_POOL, type World } from "./context.js";

/** Keys that must not be relied on, each the only one of its set, and tokens that they would make good. */
const UNUSABLE: readonly [string, (w: World) => object][] = [
  ["of 1024 bits", () => small().jwk],
  ["of 8200 bits", (w) => ({ ...w.mint.jwk, n: Buffer.alloc(1025, 0xff).toString("base64url") })],
  ["for encryption", (w) => ({ ...w.mint.jwk, use: "enc" })],
  ["for another algorithm", (w) => ({ ...w.mint.jwk, alg: "RS512" })],
  ["for PSS", (w) => ({ ...w.mint.jwk, alg: "PS256" })],
  ["with its private half", (w) => ({ ...w.mint.privateKey.export({ format: "jwk" }), kid: w.mint.kid })],
  ["with exponent 1", (w) => ({ ...w.mint.jwk, e: "AQ" })],
  ["with an even exponent", (w) => ({ ...w.mint.jwk, e: "AQAA" })],
  ["with an empty exponent", (w) => ({ ...w.mint.jwk, e: "" })],
  ["with an empty modulus", (w) => ({ ...w.mint.jwk, n: "" })],
  ["with a modulus of text", (w) => ({ ...w.mint.jwk, n: "!!" })],
  ["with a modulus that is a list", (w) => ({ ...w.mint.jwk, n: [w.mint.jwk.n] })],
  ["without a name", (w) => ({ ...w.mint.jwk, kid: undefined })],
  ["with an empty name", (w) => ({ ...w.mint.jwk, kid: "" })],
  ["with a number for a name", (w) => ({ ...w.mint.jwk, kid: 7 })],
  ["of no kind", (w) => ({ ...w.mint.jwk, kty: undefined })],
  ["of kind rsa in lower case", (w) => ({ ...w.mint.jwk, kty: "rsa" })],
  ["that is symmetric", (w) => ({ ...symmetric(w), kid: w.mint.kid })],
  ["on an elliptic curve", (w) => ({ ...elliptic(), kid: w.mint.kid })],
  ["whose members are inherited", (w) => Object.create(w.mint.jwk)],
];

let smallPair: { jwk: JsonWebKey; token: (w: World) => string } | undefined;
/** A key that is too short, as good as it may be otherwise. */
function small() {
  if (smallPair !== undefined) return smallPair;
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 1024 });
  const token = (w: World) => {
    const input = `${base64url(w.mint.header({ kid: "small" }))}.${base64url(w.payload(AWS_CLAIMS))}`;
    return `${input}.${sign("sha256", Buffer.from(input), privateKey).toString("base64url")}`;
  };
  smallPair = { jwk: { ...publicKey.export({ format: "jwk" }), kid: "small", use: "sig", alg: "RS256" }, token };
  return smallPair;
}

const symmetric = (w: World): JsonWebKey => createSecretKey(Buffer.from(w.mint.jwk.n ?? "")).export({ format: "jwk" });
const elliptic = (): JsonWebKey =>
  generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ format: "jwk" });

const AWS_CLAIMS = { iss: AWS_POOL.issuer, client_id: AWS_POOL.clientId };

/** The pool as AWS names it, with a key set of our making, which is put right after the attack. */
function withKeys(w: World, keys: readonly object[]): AppUnderAttack {
  let served = keys;
  const parts: SessionManagerParts = { clock: w.clock.read, fetchJson: async () => ({ keys: served }) };
  const good = () => {
    served = [w.mint.jwk];
    return w.awsToken();
  };
  return { ...w.awsApp(), parts, good };
}

/** Past the age at which keys are fetched anew: the set was put right after the attack. */
const later = ({ world }: Stage): void => world.clock.advance({ minutes: 11 });

export const contentAttacks: readonly Attack[] = [
  ...UNUSABLE.map(([name, make]) =>
    refused(
      `a key ${name} alone makes no key set`,
      (w) => bearer(name === "of 1024 bits" ? small().token(w) : w.awsToken()),
      "jwks_unavailable",
      { app: (w) => withKeys(w, [make(w)]), prepare: () => undefined },
    ),
  ),
  ...UNUSABLE.map(([name, make]) =>
    harmless(`a key ${name} before a good one does not sink it`, (w) => bearer(w.awsToken()), ADA, {
      app: (w) => withKeys(w, [make(w), w.mint.jwk]),
    }),
  ),
  refused(
    "a token by a key of 1024 bits is refused where good keys stand beside it",
    (w) => bearer(small().token(w)),
    "invalid_signature",
    { app: (w) => withKeys(w, [small().jwk, w.mint.jwk]) },
  ),
  refused(
    "HS256 under a symmetric key that the set holds is refused",
    (w) => bearer(w.mint.hmac("HS256", w.mint.jwk.n ?? "", w.payload(AWS_CLAIMS))),
    "invalid_signature",
    { app: (w) => withKeys(w, [{ ...symmetric(w), kid: w.mint.kid }, w.mint.jwk]) },
  ),
  refused("a second key under a name that is taken is not believed", (w) => bearer(w.awsToken()), "invalid_signature", {
    app: (w) => withKeys(w, [{ ...w.poolKey, kid: w.mint.kid }, w.mint.jwk]),
    prepare: () => undefined,
    after: later,
  }),
  refused("the hundred and first key of a set is not looked at", (w) => bearer(w.awsToken()), "invalid_signature", {
    app: (w) =>
      withKeys(w, [...Array.from({ length: 100 }, (_, index) => ({ ...w.poolKey, kid: `k${index}` })), w.mint.jwk]),
    prepare: () => undefined,
    after: later,
  }),
];
