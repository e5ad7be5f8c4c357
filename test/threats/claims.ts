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

/** Claims that may be absent, but not of another type. */
const TYPED: readonly [claim: string, kind: string, value: unknown][] = [
  ["scope", "a list", ["a"]],
  ["scope", "a number", 7],
  ["scope", "null", null],
  ["jti", "a number", 7],
  ["jti", "null", null],
  ["aud", "a number", 7],
  ["aud", "null", null],
  ["aud", "a list of numbers", [7]],
];

const typed = ([claim, kind, value]: (typeof TYPED)[number]): Attack =>
  refused(
    `an access token with ${claim} ${kind} is refused`,
    (w) => bearer(w.access({ [claim]: value })),
    "invalid_claims",
    { claim },
  );

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
    ...TYPED.map(typed),
    ...payloadAttacks,
  ],
};
