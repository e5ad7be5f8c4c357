import type { AuthErrorCode, AuthSessionOptions, ClaimCheck } from "cognito-auth-session";
import { type Attack, type GuardSpec, refused } from "./attack.js";
import { bearer } from "./attempt.js";
import { ADA, type World } from "./context.js";

/** What a check may come to that is not `true`. A JavaScript user may return anything. */
const NOT_TRUE: readonly [string, () => unknown][] = [
  ["gives false", () => false],
  ["gives nothing", () => undefined],
  ["gives null", () => null],
  ["gives 1", () => 1],
  ["gives 0", () => 0],
  ["gives the string true", () => "true"],
  ["gives a text", () => "yes"],
  ["gives an object", () => ({})],
  ["gives a list", () => [true]],
  ["gives a Boolean object of true", () => Object(true)],
  ["gives a function", () => () => true],
  ["promises false", async () => false],
  ["promises nothing", async () => undefined],
  ["promises 1", async () => 1],
  ["promises a promise of a text", async () => Promise.resolve("yes")],
  ["gives a thenable of 1", () => thenable((resolve) => resolve(1))],
  ["gives a thenable that throws", () => thenable(fail)],
  ["throws", fail],
  ["throws nothing", () => throwing(undefined)],
  ["throws true", () => throwing(true)],
  ["throws a trap for whoever asks what it is", () => throwing(trap())],
  ["rejects with a trap", () => Promise.reject(trap())],
  ["rejects", () => Promise.reject(new Error("no"))],
  ["rejects with nothing", () => Promise.reject(undefined)],
  ["rejects with true", () => Promise.reject(true)],
  ["never settles", () => new Promise(() => {})],
];

const CLAIMS: readonly [string, string, ClaimCheck, object][] = [
  ["absent", "a", "b", {}],
  ["of another value", "custom:tenant", "acme", { "custom:tenant": "other" }],
  ["of the value in another case", "custom:tenant", "acme", { "custom:tenant": "Acme" }],
  ["of the value with a space after it", "custom:tenant", "acme", { "custom:tenant": "acme " }],
  ["a list that holds the value", "a", "b", { a: ["b"] }],
  ["a list of the value that reads alike", "a", "1,2", { a: [1, 2] }],
  ["an object that holds the value", "a", "b", { a: { b: "b" } }],
  ["a string where a number is asked for", "level", 1, { level: "1" }],
  ["a number where a string is asked for", "level", "1", { level: 1 }],
  ["true where a number is asked for", "level", 1, { level: true }],
  ["a string where true is asked for", "email_verified", true, { email_verified: "true" }],
  ["1 where true is asked for", "email_verified", true, { email_verified: 1 }],
  ["absent where false is asked for", "blocked", false, {}],
  ["null where false is asked for", "blocked", false, { blocked: null }],
  ["zero where false is asked for", "blocked", false, { blocked: 0 }],
  ["empty where false is asked for", "blocked", false, { blocked: "" }],
  ["null where the string is asked for", "a", "null", { a: null }],
  ["absent where the string undefined is asked for", "a", "undefined", {}],
  ["null where NaN is asked for", "a", Number.NaN, { a: null }],
  ["inherited", "constructor", () => true, {}],
  ["inherited, by another name", "toString", () => true, {}],
  ["the prototype", "__proto__", () => true, {}],
  ["in an inner object", "address.country", "CH", { address: { country: "CH" } }],
  ["of a name in another case", "custom:tenant", "acme", { "Custom:Tenant": "acme" }],
  ["of the name without its prefix", "tenant", "acme", { "custom:tenant": "acme" }],
  ["for whose value a predicate says no", "level", (level) => Number(level) > 3, { level: 1 }],
];

const forbidden = (name: string, guard: GuardSpec, claims: object = {}): Attack =>
  refused(name, (w) => bearer(w.access({ level: 5, ...claims })), "forbidden", {
    app: (w) => ({ guard, options: { ...w.options, requestTimeout: 60 } }),
  });

/** A check that is asked on each request; ada's own requests satisfy it. */
const asked = (name: string, code: AuthErrorCode, options: (w: World) => AuthSessionOptions): Attack =>
  refused(name, (w) => bearer(w.access()), code, {
    app: (w) => ({ options: { ...w.options, requestTimeout: 60, ...options(w) } }),
  });

const isAda = (session: { userSub?: string | undefined }): boolean => session.userSub === ADA.userSub;

export const checkAttacks: readonly Attack[] = [
  ...NOT_TRUE.map(([name, give]) => forbidden(`authorize with a check that ${name} refuses`, ["authorize", as(give)])),
  ...NOT_TRUE.map(([name, give]) =>
    forbidden(`requireClaim with a predicate that ${name} refuses`, ["requireClaim", "level", as(give)]),
  ),
  ...NOT_TRUE.map(([name, give]) =>
    asked(`a customCheck that ${name} refuses`, "forbidden", () => ({
      customCheck: (session) => isAda(session) || as(give)(),
    })),
  ),
  ...NOT_TRUE.filter(([name]) => name !== "gives false" && name !== "promises false").map(([name, give]) =>
    asked(`an isRevoked that ${name} is an outage, not a pass`, "store_unavailable", () => ({
      isRevoked: (session) => (isAda(session) ? false : as(give)()),
    })),
  ),
  asked("a revoked token is refused", "token_revoked", () => ({ isRevoked: (session) => !isAda(session) })),
  asked("a revoked token is refused by promise", "token_revoked", () => ({
    isRevoked: async (session) => !isAda(session),
  })),
  asked("a revoked token is not asked about further", "token_revoked", () => ({
    isRevoked: (session) => !isAda(session),
    customCheck: (session) => isAda(session) || fail(),
  })),
  ...CLAIMS.map(([name, claim, expected, claims]) =>
    forbidden(`requireClaim refuses a claim ${name}`, ["requireClaim", claim, expected], claims),
  ),
  ...["access", "id"].map((carrier) =>
    refused(
      `requireClaim refuses a pair whose ${carrier} token says otherwise`,
      (w) => {
        const same = { sub: "s", origin_jti: "o", "custom:role": "admin" };
        const other = { ...same, "custom:role": "user" };
        return bearer(w.access(carrier === "access" ? other : same), w.id(carrier === "id" ? other : same));
      },
      "forbidden",
      { app: (w) => ({ guard: ["requireClaim", "custom:role", "admin"], options: w.options }) },
    ),
  ),
  refused(
    "requireClaim refuses a pair of which a predicate likes one token only",
    (w) => {
      const same = { sub: "s", origin_jti: "o" };
      return bearer(w.access({ ...same, level: 1 }), w.id({ ...same, level: 9 }));
    },
    "forbidden",
    { app: (w) => ({ guard: ["requireClaim", "level", async (level) => Number(level) > 3], options: w.options }) },
  ),
];

function fail(): never {
  throw new Error("no");
}

function throwing(value: unknown): never {
  throw value;
}

function trap(): object {
  return new Proxy({}, { getPrototypeOf: fail });
}

function thenable(then: (resolve: (value: unknown) => void) => void): object {
  // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tried
  return Object.defineProperty({}, "then", { value: then });
}

function as(give: () => unknown): () => boolean {
  return give as () => boolean;
}
