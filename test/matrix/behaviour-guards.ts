import type { AuthErrorCode } from "cognito-auth-session";
import type { RefusalDetails } from "../support/expectations.js";
import type { GuardSpec } from "../threats/attack.js";
import { bearer, lines } from "../threats/attempt.js";
import { type Behaviour, type BehaviourGroup, by, type Cast, isCalled, refused, served } from "./behaviour.js";

const OPTIONAL = { required: false, credentials: "lazy" } as const;
const OK = () => ({ ok: true });

const access = ({ ada }: Cast) => bearer(ada.accessToken);
const id = ({ ada }: Cast) => bearer(ada.idToken);
const bobs = ({ bob }: Cast) => bearer(bob.accessToken);

interface GuardRow {
  readonly guard: GuardSpec;
  readonly allowed: Behaviour["request"];
  /** Who is signed in and may not; nobody for `requireAuth()`. */
  readonly denied?: Behaviour["request"];
  readonly code?: AuthErrorCode;
  readonly details?: RefusalDetails;
}

const ROWS: readonly GuardRow[] = [
  { guard: ["requireAuth"], allowed: access },
  { guard: ["requireGroup", "root", "admin"], allowed: access, denied: bobs, code: "insufficient_group" },
  { guard: ["requireEveryGroup", "admin", "dev"], allowed: id, denied: bobs, code: "insufficient_group" },
  {
    guard: ["requireScope", "orders/read", "orders/write"],
    allowed: access,
    denied: id,
    code: "insufficient_scope",
    details: { scope: "orders/read orders/write" },
  },
  {
    guard: ["requireAnyScope", "orders/read", "all"],
    allowed: access,
    denied: bobs,
    code: "insufficient_scope",
    details: { scope: "orders/read all" },
  },
  { guard: ["requireClaim", "custom:tenant", "acme"], allowed: id, denied: access, code: "forbidden" },
  { guard: ["requireCredentials"], allowed: id, denied: access, code: "id_token_required" },
  { guard: ["authorize", isCalled("ada")], allowed: access, denied: bobs, code: "forbidden" },
];

/** Each guard by each method, and before everyone who may come. */
const CASES = ROWS.flatMap(({ guard, allowed, denied, code, details }): Behaviour[] => {
  const [name] = guard;
  const app = { guard, options: OPTIONAL };
  const absent = { guard, inPlaceOfSession: { value: undefined } };
  const forged = { guard, inPlaceOfSession: { value: { isAuthenticated: true, groups: ["admin"], scopes: [] } } };
  return [
    served(`${name}: who may`, allowed, OK, app),
    served(`${name}: who may, by POST`, (cast) => by("POST", allowed(cast)), OK, app),
    served(
      `${name}: who may, by HEAD`,
      (cast) => by("HEAD", allowed(cast)),
      () => undefined,
      app,
    ),
    refused(`${name}: nobody`, () => lines(), "missing_token", app),
    refused(`${name}: nobody, by HEAD`, () => by("HEAD", lines()), "missing_token", app),
    refused(`${name}: no authSession()`, allowed, "misconfigured", absent),
    refused(`${name}: something else in the session's place`, allowed, "misconfigured", forged),
    ...(denied === undefined || code === undefined
      ? []
      : [
          refused(`${name}: who may not`, denied, code, { ...app, ...details }),
          refused(`${name}: who may not, by HEAD`, (cast) => by("HEAD", denied(cast)), code, { ...app, ...details }),
        ]),
  ];
});

/** Who may, and who is told what. */
export const GUARDS: BehaviourGroup = {
  title: "guards",
  cases: [
    ...CASES,
    served("requireClaim: a promise of yes", id, OK, {
      guard: ["requireClaim", "email", async (email) => email === "ada@example.com"],
    }),
    refused("requireClaim: a promise of no", id, "forbidden", {
      guard: ["requireClaim", "email", async () => false],
    }),
    served("authorize: a promise of yes", access, OK, { guard: ["authorize", async () => true] }),
    refused("authorize: a promise of no", access, "forbidden", { guard: ["authorize", async () => false] }),
    refused("authorize: a check that rejects", access, "forbidden", {
      guard: ["authorize", () => Promise.reject(new Error("no"))],
    }),
    refused("authorize: a check that never answers", access, "forbidden", {
      guard: ["authorize", () => new Promise(() => {})],
      options: { requestTimeout: 40 },
    }),
    refused("a guard of a realm of a name", bobs, "insufficient_group", {
      guard: ["requireGroup", "admin"],
      options: { realm: "orders" },
      realm: "orders",
    }),
    refused("a bad token before a guard", () => bearer("garbage"), "malformed_token", { guard: ["requireAuth"] }),
  ],
};
