import type { AuthErrorCode } from "cognito-auth-session";
import { type Attack, harmless, refused } from "./attack.js";
import { bearer } from "./attempt.js";
import { ADA, type World } from "./context.js";

const NOT_TIMES: readonly [string, (nowSeconds: number) => unknown][] = [
  ["null", () => null],
  ["true", () => true],
  ["false", () => false],
  ["a string of digits", (now) => String(now + 60)],
  ["an empty string", () => ""],
  ["the string NaN", () => "NaN"],
  ["the string Infinity", () => "Infinity"],
  ["a hexadecimal string", () => "0x7fffffff"],
  ["an ISO date", () => "2099-01-01T00:00:00Z"],
  ["a list", (now) => [now + 60]],
  ["an empty list", () => []],
  ["an object", (now) => ({ valueOf: now + 60 })],
  ["negative", () => -1],
  ["far below zero", () => -1e20],
  ["beyond a Date", () => 8_640_000_000_001],
  ["far beyond a Date", () => 1e20],
  ["the largest number", () => Number.MAX_VALUE],
];

/** Numbers as no JSON writer writes them. */
const NUMBERS: readonly [string, string, AuthErrorCode][] = [
  ["1e400, which reads as infinity", "1e400", "invalid_claims"],
  ["-1e400", "-1e400", "invalid_claims"],
  ["of 400 digits", "9".repeat(400), "invalid_claims"],
  ["beyond 64 bits", "18446744073709551616", "invalid_claims"],
  ["minus zero", "-0", "token_expired"],
  ["1e-400, which reads as zero", "1e-400", "token_expired"],
  ["zero", "0.0e0", "token_expired"],
  ["NaN", "NaN", "malformed_token"],
  ["Infinity", "Infinity", "malformed_token"],
  ["hexadecimal", "0x7fffffff", "malformed_token"],
  ["a number with a plus sign", "+4102444800", "malformed_token"],
  ["a number with a zero before it", "04102444800", "malformed_token"],
  ["a number that ends with a dot", "4102444800.", "malformed_token"],
  ["a number with a separator", "4_102_444_800", "malformed_token"],
  ["a big integer's literal", "4102444800n", "malformed_token"],
  ["an expression", "1+4102444800", "malformed_token"],
];

const time = (name: string, make: (w: World) => object, code: AuthErrorCode, claim?: string): Attack =>
  refused(
    `a token with ${name} is refused`,
    (w) => bearer(w.access({ ...make(w) })),
    code,
    claim === undefined ? {} : { claim },
  );

export const timeAttacks: readonly Attack[] = [
  time("exp missing", () => ({ exp: undefined }), "invalid_claims", "exp"),
  time("exp a minute ago", (w) => ({ exp: w.nowSeconds - 60 }), "token_expired"),
  time("exp at the edge of the tolerance", (w) => ({ exp: w.nowSeconds - 5 }), "token_expired"),
  time("exp of 1970", () => ({ exp: 1 }), "token_expired"),
  time("exp a fraction past", (w) => ({ exp: w.nowSeconds - 5.5 }), "token_expired"),
  time("Exp in place of exp", (w) => ({ exp: undefined, Exp: w.nowSeconds + 60 }), "invalid_claims", "exp"),
  time(
    "exp in an inner object",
    (w) => ({ exp: undefined, claims: { exp: w.nowSeconds + 60 } }),
    "invalid_claims",
    "exp",
  ),
  ...["exp", "nbf", "iat"].flatMap((claim) =>
    NOT_TIMES.map(([name, make]) =>
      time(`${claim} ${name}`, (w) => ({ [claim]: make(w.nowSeconds) }), "invalid_claims", claim),
    ),
  ),
  ...["nbf", "iat"].flatMap((claim) => [
    time(`${claim} in a minute`, (w) => ({ [claim]: w.nowSeconds + 60 }), "invalid_claims", claim),
    time(`${claim} beyond the edge of the tolerance`, (w) => ({ [claim]: w.nowSeconds + 7 }), "invalid_claims", claim),
    time(`${claim} in milliseconds`, (w) => ({ [claim]: w.clock.nowMs }), "invalid_claims", claim),
  ]),
  time("iat after exp", (w) => ({ iat: w.nowSeconds + 60, exp: w.nowSeconds + 30 }), "invalid_claims", "iat"),
  ...NUMBERS.map(([name, text, code]) =>
    refused(
      `an exp that is ${name} is refused`,
      (w) => bearer(w.withMembers(`"exp":${text}`, { exp: undefined })),
      code,
      code === "invalid_claims" ? { claim: "exp" } : {},
    ),
  ),
  ...["nbf", "iat"].map((claim) =>
    refused(
      `a token with ${claim} 1e400 is refused`,
      (w) => bearer(w.withMembers(`"${claim}":1e400`, { [claim]: undefined })),
      "invalid_claims",
      { claim },
    ),
  ),
  harmless(
    "an exp at the end of all Dates is good, and breaks nothing",
    (w) => bearer(w.good({ exp: 8_640_000_000_000 })),
    ADA,
  ),
];
