import type { AuthErrorCode } from "cognito-auth-session";
import { type Attack, type AttackGroup, refused } from "./attack.js";
import { bearer } from "./attempt.js";
import { clientAttacks } from "./claims-client.js";
import { issuerAttacks } from "./claims-issuer.js";
import { payloadAttacks } from "./claims-payload.js";
import { timeAttacks } from "./claims-times.js";

const SUBJECTS: readonly [string, unknown][] = [
  ["missing", undefined],
  ["empty", ""],
  ["null", null],
  ["a number", 7],
  ["zero", 0],
  ["true", true],
  ["a list", ["ada-sub"]],
  ["an object", { toString: "ada-sub" }],
];

/** Claims that aws-jwt-verify wants to be of a type. */
const TYPED: readonly [string, object][] = [
  ["scope a list", { scope: ["a"] }],
  ["scope a number", { scope: 7 }],
  ["scope null", { scope: null }],
  ["jti a number", { jti: 7 }],
  ["aud of an access token a number", { aud: 7 }],
  ["aud of an access token a list of numbers", { aud: [7] }],
];

const typed = ([name, claims]: (typeof TYPED)[number], code: AuthErrorCode): Attack =>
  refused(`a token with ${name} is refused`, (w) => bearer(w.access({ ...claims })), code);

export const claims: AttackGroup = {
  title: "claims",
  attacks: [
    ...timeAttacks,
    ...issuerAttacks,
    ...clientAttacks,
    ...(["access", "id"] as const).flatMap((use) =>
      SUBJECTS.map(([name, sub]) =>
        refused(
          `the sub of an ${use} token that is ${name} is refused`,
          (w) => bearer(w[use]({ sub })),
          "invalid_claims",
          {
            claim: "sub",
          },
        ),
      ),
    ),
    ...TYPED.map((row) => typed(row, "malformed_token")),
    ...payloadAttacks,
  ],
};
