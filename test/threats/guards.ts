import { AuthError, type AuthErrorCode, SessionManager } from "cognito-auth-session";
import { type Attack, type AttackGroup, type GuardSpec, refused } from "./attack.js";
import { bearer, lines } from "./attempt.js";
import type { World } from "./context.js";
import { checkAttacks } from "./guards-checks.js";

const EVERY_GUARD: readonly GuardSpec[] = [
  ["requireAuth"],
  ["requireGroup", "a"],
  ["requireEveryGroup", "a"],
  ["requireScope", "a"],
  ["requireAnyScope", "a"],
  ["requireClaim", "a", "b"],
  ["requireCredentials"],
  ["authorize", () => true],
];

/** What is not a session of ours, as much as it may look like one. */
const IMPOSTORS: readonly [string, (w: World) => unknown][] = [
  ["an object with a session's properties", () => looksLike({})],
  ["an object that hides what it is", () => looksLike({ __proto__: null })],
  ["a session read back from JSON", async (w) => JSON.parse(JSON.stringify(await sessionOf(w)))],
  ["a copy of a session's properties", async (w) => ({ ...(await sessionOf(w)) })],
  ["an object that inherits from a session", async (w) => Object.create(await sessionOf(w))],
  ["a proxy of a session", async (w) => new Proxy(await sessionOf(w), {})],
  ["true", () => true],
  ["a string", () => "session"],
  ["null", () => null],
  ["a function", () => () => true],
];

const looksLike = (more: object) => ({
  isAuthenticated: true,
  groups: ["a"],
  scopes: ["a"],
  tokens: { accessToken: { payload: { a: "b" } } },
  credentials: { accessKeyId: "AKIA", secretAccessKey: "x" },
  ...more,
});

async function sessionOf(w: World) {
  const sessions = new SessionManager(w.options, w.parts);
  const token = w.good({ "cognito:groups": ["a"], scope: "a", a: "b" });
  return sessions.getSession({ headers: { authorization: `Bearer ${token}` } });
}

type Claims = Readonly<Record<string, unknown>>;

const guarded =
  (guard: GuardSpec, options: object = {}) =>
  (w: World) => ({ guard, options: { ...w.options, requestTimeout: 60, ...options } });

const admin: GuardSpec = ["requireGroup", "admin"];

/** Claims that do not say that the user is in the group `admin`. */
const NOT_ADMIN: readonly [string, Claims, ("access" | "id")?][] = [
  ["no groups", {}],
  ["other groups", { "cognito:groups": ["ops", "dev"] }],
  ["an empty list", { "cognito:groups": [] }],
  ["the group in another case", { "cognito:groups": ["Admin", "ADMIN"] }],
  ["the group's name as a part", { "cognito:groups": ["admins", "adm", "superadmin"] }],
  ["the group with a space after it", { "cognito:groups": ["admin ", " admin", "admin\n"] }],
  ["the group with a NUL after it", { "cognito:groups": ["admin\0"] }],
  ["the group with a Cyrillic letter", { "cognito:groups": ["\u0430dmin"] }],
  ["the group with a dotless letter", { "cognito:groups": ["adm\u0131n"] }],
  ["a string", { "cognito:groups": "admin" }],
  ["a string with a list in it", { "cognito:groups": '["admin"]' }],
  ["a comma list", { "cognito:groups": ["dev,admin"] }],
  ["a space list", { "cognito:groups": ["dev admin"] }],
  ["a list with a number in it", { "cognito:groups": ["admin", 7] }],
  ["a list with null in it", { "cognito:groups": ["admin", null] }],
  ["a list in the list", { "cognito:groups": [["admin"]] }],
  ["a list and a list in it", { "cognito:groups": ["admin", ["x"]] }],
  ["an object that looks like a list", { "cognito:groups": { 0: "admin", length: 1 } }],
  ["an object with the group's name", { "cognito:groups": { admin: true } }],
  ["an object that includes everything", { "cognito:groups": { includes: true } }],
  ["a number", { "cognito:groups": 1 }],
  ["true", { "cognito:groups": true }],
  ["null", { "cognito:groups": null }],
  ["custom:groups", { "custom:groups": ["admin"] }],
  ["custom:groups in an ID token", { "custom:groups": ["admin"], groups: ["admin"], roles: ["admin"] }, "id"],
  ["custom:groups as a string in an ID token", { "custom:groups": "admin" }, "id"],
  ["groups", { groups: ["admin"] }],
  ["roles", { roles: ["admin"], role: "admin" }],
  ["cognito:roles", { "cognito:roles": ["admin"], "cognito:preferred_role": "admin" }, "id"],
  ["a scope of the group's name", { scope: "admin" }],
  ["a user's name of the group's", { username: "admin", "cognito:username": "admin" }],
  ["the claim's name in another case", { "Cognito:Groups": ["admin"], "cognito:Groups": ["admin"] }],
  ["the claim's name with a space after it", { "cognito:groups ": ["admin"] }],
  ["the claim in an inner object", { cognito: { groups: ["admin"] } }],
  ["the group in the header", {}],
];

const NOT_IN_SCOPE: readonly [string, Claims, ("access" | "id")?][] = [
  ["no scope", { scope: undefined }],
  ["an empty scope", { scope: "" }],
  ["one of two", { scope: "a/r" }],
  ["a part of the name", { scope: "a a/ a/rw a/rx a/w2" }],
  ["another case", { scope: "A/R A/W" }],
  ["a comma list", { scope: "a/r,a/w" }],
  ["a tab between", { scope: "a/r\ta/w" }],
  ["a line end between", { scope: "a/r\na/w" }],
  ["a no-break space between", { scope: "a/r\u00a0a/w" }],
  ["a plus sign between", { scope: "a/r+a/w" }],
  ["quotes", { scope: '"a/r" "a/w"' }],
  ["a star", { scope: "* a/*" }],
  ["scp", { scope: undefined, scp: ["a/r", "a/w"], scopes: ["a/r", "a/w"] }],
  ["groups of the scopes' names", { scope: undefined, "cognito:groups": ["a/r", "a/w"] }],
  ["an ID token", { scope: "a/r a/w" }, "id"],
];

const INHERITED = ["includes", "length", "constructor", "__proto__", "toString", "0"];

const METHODS = ["HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "PROPFIND"];

const byClaims = (
  guard: GuardSpec,
  what: string,
  rows: typeof NOT_ADMIN,
  code: AuthErrorCode,
  scope?: string,
): readonly Attack[] =>
  rows.map(([name, claims, use = "access"]) =>
    refused(
      `${what} ${name}`,
      (w) => bearer(w[use](claims, name === "the group in the header" ? { "cognito:groups": ["admin"] } : {})),
      code,
      { app: guarded(guard), ...(scope === undefined ? {} : { scope }) },
    ),
  );

export const guards: AttackGroup = {
  title: "guards",
  attacks: [
    ...EVERY_GUARD.flatMap((guard): Attack[] => [
      refused(`${guard[0]} refuses a request without a token`, () => lines(), "missing_token", {
        app: guarded(guard, { required: false }),
      }),
      refused(
        `${guard[0]} refuses a request that has no session, and never lets it through`,
        (w) => bearer(w.good()),
        "misconfigured",
        { app: (w) => ({ ...guarded(guard)(w), inPlaceOfSession: { value: undefined } }) },
      ),
      refused(`${guard[0]} takes no session but our own`, () => lines(), "misconfigured", {
        app: (w) => ({ ...guarded(guard)(w), inPlaceOfSession: { value: looksLike({}) } }),
      }),
      refused(`${guard[0]} does not come before a bad token's refusal`, () => bearer("garbage"), "malformed_token", {
        app: guarded(guard, { required: false }),
      }),
    ]),
    ...IMPOSTORS.map(([name, make]) =>
      refused(`in place of a session, ${name} passes no guard`, () => lines(), "misconfigured", {
        app: async (w) => ({ ...guarded(admin)(w), inPlaceOfSession: { value: await make(w) } }),
      }),
    ),

    ...byClaims(admin, "a member of the group admin is not one with", NOT_ADMIN, "insufficient_group"),
    ...INHERITED.map((name) =>
      refused(
        `the group ${name}, which lists inherit, is nobody's`,
        (w) => bearer(w.access({ "cognito:groups": ["x"] })),
        "insufficient_group",
        { app: guarded(["requireGroup", name]) },
      ),
    ),
    refused(
      "none of several groups is not any of them",
      (w) => bearer(w.access({ "cognito:groups": ["ops"] })),
      "insufficient_group",
      { app: guarded(["requireGroup", "admin", "dev"]) },
    ),
    refused(
      "one of two groups is not every one of them",
      (w) => bearer(w.access({ "cognito:groups": ["a"] })),
      "insufficient_group",
      { app: guarded(["requireEveryGroup", "a", "b"]) },
    ),
    refused(
      "one group twice is not two groups",
      (w) => bearer(w.access({ "cognito:groups": ["a", "a"] })),
      "insufficient_group",
      { app: guarded(["requireEveryGroup", "a", "b"]) },
    ),
    refused(
      "groups of the ID token do not count beside an access token without any",
      (w) => {
        const same = { sub: "s", origin_jti: "o" };
        return bearer(w.access(same), w.id({ ...same, "cognito:groups": ["admin"] }));
      },
      "insufficient_group",
      { app: guarded(admin) },
    ),

    ...byClaims(
      ["requireScope", "a/r", "a/w"],
      "both scopes are not there with",
      NOT_IN_SCOPE,
      "insufficient_scope",
      "a/r a/w",
    ),
    refused(
      "none of several scopes is not any of them",
      (w) => bearer(w.access({ scope: "c" })),
      "insufficient_scope",
      { scope: "a b", app: guarded(["requireAnyScope", "a", "b"]) },
    ),
    refused(
      "any of several scopes is not there in an ID token",
      (w) => bearer(w.id({ scope: "a b" })),
      "insufficient_scope",
      { scope: "a b", app: guarded(["requireAnyScope", "a", "b"]) },
    ),
    refused(
      "a scope of the ID token does not count beside an access token without it",
      (w) => {
        const same = { sub: "s", origin_jti: "o" };
        return bearer(w.access({ ...same, scope: "x" }), w.id({ ...same, scope: "a" }));
      },
      "insufficient_scope",
      { scope: "a", app: guarded(["requireScope", "a"]) },
    ),
    ...METHODS.map((method) =>
      refused(
        `${method} is refused like any method`,
        (w) => ({ ...bearer(w.access({ "cognito:groups": ["dev"] })), method }),
        "insufficient_group",
        { app: guarded(admin) },
      ),
    ),
    refused(
      "a method in a header is not looked at",
      (w) => ({
        lines: [...bearer(w.access()).lines, "X-HTTP-Method-Override: OPTIONS", "X-Forwarded-Method: OPTIONS"],
        method: "POST",
      }),
      "insufficient_group",
      { app: guarded(admin) },
    ),
    refused("credentials without an identity pool are the operator's fault", (w) => bearer(w.id()), "misconfigured", {
      name: "InvalidIdentityPoolConfigurationException",
      app: guarded(["requireCredentials"]),
    }),
    refused("credentials are not given for an access token alone", (w) => bearer(w.good()), "id_token_required", {
      app: (w) => ({ guard: ["requireCredentials"], options: w.cognito.options }),
    }),
    refused("an error that a check throws as ours stands", (w) => bearer(w.good()), "token_revoked", {
      app: guarded([
        "authorize",
        () => {
          throw new AuthError("token_revoked");
        },
      ]),
    }),
    ...checkAttacks,
  ],
};
