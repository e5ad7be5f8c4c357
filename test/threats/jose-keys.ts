import type { JsonWebKey } from "node:crypto";
import { expect } from "chai";
import type { AuthErrorCode } from "cognito-auth-session";
import { type Attack, harmless, refused } from "./attack.js";
import { bearer, readSegment, segmentsOf } from "./attempt.js";
import { ADA, type World } from "./context.js";
import { withHeader } from "./jose-algorithms.js";
import { pem } from "./mint.js";

/** In the form that a log library once followed. */
const TEMPLATE = "$".concat("{jndi:ldap://127.0.0.1/a}");

const KEY_NAMES: readonly [string, unknown][] = [
  ["missing", undefined],
  ["null", null],
  ["empty", ""],
  ["a number", 7],
  ["true", true],
  ["a list", ["mint-key-1"]],
  ["an object", { toString: "mint-key-1" }],
  ["__proto__", "__proto__"],
  ["constructor", "constructor"],
  ["hasOwnProperty", "hasOwnProperty"],
  ["size", "size"],
  ["a path", "../../../../../../dev/null"],
  ["a file's URL", "file:///dev/null"],
  ["SQL", "' UNION SELECT 'key' -- "],
  ["a shell command", "key | curl 127.0.0.1"],
  ["a command substitution", "$(id)"],
  ["a look-up template", TEMPLATE],
  ["a glob", "*"],
  ["a regular expression", ".*"],
  ["a name of 257 characters", "k".repeat(257)],
  ["a name of 7,000 characters", "k".repeat(7000)],
  ["a name with control characters", 'a\r\nX: y"\u0000\u20ac'],
  ["half a surrogate pair", "\ud800"],
];

/** Good tokens by the mint under a key's name that is nearly its own. */
const NEAR_NAMES: readonly [string, string][] = [
  ["in upper case", "MINT-KEY-1"],
  ["with a space after it", "mint-key-1 "],
  ["with a NUL after it", "mint-key-1\0"],
  ["cut short", "mint-key"],
  ["with a character more", "mint-key-10"],
  ["percent-encoded", "mint%2Dkey%2D1"],
];

/** An attacker's key in every place of a token that RFC 7515 section 4.1 has for one, and where it would verify. */
const EMBEDDED: readonly [string, (jwk: JsonWebKey, w: World) => object][] = [
  ["jwk", (jwk) => ({ jwk })],
  ["jwk under our key's name", (jwk, w) => ({ jwk: { ...jwk, kid: w.poolKey.kid } })],
  ["jwks", (jwk) => ({ jwks: { keys: [jwk] } })],
  ["x5c", (jwk) => ({ x5c: [Buffer.from(pem(jwk)).toString("base64")] })],
  ["x5t", (jwk) => ({ x5t: jwk.kid, "x5t#S256": jwk.kid })],
  ["key", (jwk) => ({ key: pem(jwk), pem: pem(jwk) })],
];

/** Where an attacker's key set would be found. */
const ADDRESSES: readonly [string, (w: World) => object][] = [
  ["jku", (w) => ({ jku: w.stranger.options.jwksUri })],
  ["jku with our host in its user info", (w) => ({ jku: w.stranger.options.jwksUri.replace("//", "//cognito@") })],
  ["x5u", (w) => ({ x5u: w.stranger.options.jwksUri })],
  ["iss in the header", (w) => ({ iss: w.stranger.options.issuer })],
];

const KID_OF = ["ours", "theirs", "none"] as const;

const embedded = ([name, header]: (typeof EMBEDDED)[number]): readonly Attack[] =>
  KID_OF.map((whose) =>
    refused(
      `an attacker's key by ${name} is refused (the kid is ${whose})`,
      (w) => {
        const { attacker } = w;
        const kid = { ours: w.poolKey.kid, theirs: attacker.kid, none: undefined }[whose];
        return bearer(attacker.sign(attacker.header({ ...header(attacker.jwk, w), kid }), w.payload()));
      },
      "invalid_signature",
    ),
  );

const addressed = ([name, header]: (typeof ADDRESSES)[number]): readonly Attack[] =>
  KID_OF.map((whose) =>
    refused(
      `an attacker's key by ${name} is refused, and not fetched (the kid is ${whose})`,
      (w) => {
        const kid = { ours: { kid: w.poolKey.kid }, theirs: {}, none: { kid: undefined } }[whose];
        return bearer(w.strangers({}, { ...header(w), ...kid }));
      },
      "invalid_signature",
      { after: ({ keyCalls }) => expect(keyCalls().strangers).to.equal(0) },
    ),
  );

/** A refusal without any call, for the pool's keys or an attacker's. */
const withoutCall = (name: string, make: (w: World) => string, code: AuthErrorCode): Attack =>
  refused(`${name}, and makes no call`, (w) => bearer(make(w)), code, {
    after: ({ keyCalls }) => expect(keyCalls()).to.deep.equal({ ours: 0, strangers: 0 }),
  });

export const keyNameAttacks: readonly Attack[] = [
  ...KEY_NAMES.map(([name, kid]) => withHeader(`a kid that is ${name}`, { kid }, "invalid_signature")),
  refused(
    "a kid that is a URL is not fetched",
    (w) => bearer(w.strangers({}, { kid: w.stranger.options.jwksUri })),
    "invalid_signature",
  ),
  ...NEAR_NAMES.map(([name, kid]) =>
    refused(
      `our key's name ${name} is no key of ours`,
      (w) => bearer(w.mint.sign(w.mint.header({ kid }), w.payload())),
      "invalid_signature",
    ),
  ),
  refused(
    "the name of the pool's other key is refused",
    (w) => bearer(w.access({}, { kid: readSegment(segmentsOf(w.id())[0]).kid })),
    "invalid_signature",
  ),

  ...EMBEDDED.flatMap(embedded),
  ...ADDRESSES.flatMap(addressed),
  withoutCall(
    "the alg none with an address of keys is refused",
    (w) => w.access({}, { alg: "none", jku: w.stranger.options.jwksUri }),
    "invalid_signature",
  ),
  withoutCall(
    "a crit with an address of keys is refused",
    (w) => w.access({}, { crit: ["jku"], jku: w.stranger.options.jwksUri }),
    "malformed_token",
  ),
  withoutCall("a kid that is too long is refused", (w) => w.access({}, { kid: "k".repeat(7000) }), "invalid_signature"),
  withoutCall("an expired token is refused", (w) => w.access({ exp: 1 }), "token_expired"),
  withoutCall("a token of another app client is refused", (w) => w.access({ client_id: "x" }), "invalid_claims"),
  withoutCall("a foreign token is refused", (w) => w.stranger.signToken({ tokenUse: "id" }), "invalid_claims"),
  harmless(
    "where a header says that keys are is not looked at, even in a good token",
    (w) => {
      const { jwksUri } = w.stranger.options;
      return bearer(w.access({ sub: ADA.userSub }, { jku: jwksUri, x5u: jwksUri, x5c: ["AA=="], jwk: {} }));
    },
    { userSub: ADA.userSub },
    { after: ({ keyCalls }) => expect(keyCalls().strangers).to.equal(0) },
  ),
];
