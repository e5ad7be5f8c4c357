import type { AuthErrorCode } from "cognito-auth-session";
import type { RefusalDetails } from "../support/expectations.js";
import { bearer, lines } from "../threats/attempt.js";
import { at, type Behaviour, type BehaviourGroup, by, type Cast } from "./behaviour.js";

const NONE = {
  "node:http": "there is no default handler: what is thrown is the caller's to answer",
  Hono: "its default handler knows Hono's own HTTPException only, so `onError()` is needed",
} as const;

const access = ({ ada }: Cast) => bearer(ada.accessToken);
const bobs = ({ bob }: Cast) => bearer(bob.accessToken);

function unhandled(
  name: string,
  request: Behaviour["request"],
  ownHandler: AuthErrorCode,
  { scope, realm, ...more }: Partial<Behaviour> & RefusalDetails = {},
): Behaviour {
  return {
    notOn: NONE,
    ...more,
    name: `without authErrorHandler(): ${name}`,
    request,
    withoutErrorHandler: true,
    expected: { ownHandler, scope, realm },
  };
}

/** Where the framework's own handler answers: right status and headers, by the error's fields. */
export const OWN_HANDLERS: BehaviourGroup = {
  title: "the framework's own handler",
  cases: [
    unhandled("no token", () => lines(), "missing_token"),
    unhandled("no token, by HEAD", () => by("HEAD", lines()), "missing_token"),
    unhandled("no token, in a realm of a name", () => lines(), "missing_token", {
      options: { realm: "orders" },
      realm: "orders",
    }),
    unhandled("a header that holds no token", () => lines("Authorization: Bearer"), "invalid_request"),
    unhandled("an expired token", (cast) => bearer(cast.token("access", { exp: 1 })), "token_expired"),
    unhandled("another group", bobs, "insufficient_group", { guard: ["requireGroup", "admin"] }),
    unhandled("another scope", bobs, "insufficient_scope", { guard: ["requireScope", "a", "b"], scope: "a b" }),
    unhandled("keys that cannot be had", access, "jwks_unavailable", {
      prepare: ({ cognito }) => cognito.fail("JWKS", { status: 500 }),
    }),
    unhandled("no authSession()", access, "misconfigured", {
      guard: ["requireAuth"],
      inPlaceOfSession: { value: undefined },
    }),
    {
      name: "an error that is not ours passes authErrorHandler()",
      request: (cast) => at("/broken", access(cast)),
      expected: { ownHandler: undefined },
      notOn: { "node:http": NONE["node:http"] },
    },
  ],
};
