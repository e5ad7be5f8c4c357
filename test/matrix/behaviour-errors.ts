import { decodeJWT } from "cognito-auth-session";
import { bearer, lines } from "../threats/attempt.js";
import { type BehaviourGroup, by, type Cast, isCalled, refused } from "./behaviour.js";

const no = (): never => {
  throw new Error("no");
};
/** What a JavaScript user may return. */
const undecided = (() => undefined) as unknown as () => boolean;

const access = ({ ada }: Cast) => bearer(ada.accessToken);
const id = ({ ada }: Cast) => bearer(ada.idToken);
const withClaims = (claims: (cast: Cast) => Readonly<Record<string, unknown>>) => (cast: Cast) =>
  bearer(cast.token("access", claims(cast)));

/** What a request can do wrong, and what can go wrong behind it. */
export const ERRORS: BehaviourGroup = {
  title: "errors",
  cases: [
    refused("no token", () => lines(), "missing_token"),
    refused("a scheme that is not ours", () => lines("Authorization: Basic YTpi"), "missing_token"),
    refused("no token that getToken would find", access, "missing_token", { options: { getToken: () => undefined } }),
    refused("no token, in a realm of a name", () => lines(), "missing_token", {
      options: { realm: "orders $1" },
      realm: "orders $1",
    }),
    refused("no token, by POST", () => by("POST", lines()), "missing_token"),
    refused("no token, by POST with a body", () => ({ method: "POST", body: "{}", lines: [] }), "missing_token"),
    refused("no token, by HEAD", () => by("HEAD", lines()), "missing_token"),
    refused(
      "a preflight that CORS did not answer",
      () => by("OPTIONS", lines("Origin: https://a.example")),
      "missing_token",
    ),
    refused(
      "two Authorization headers",
      ({ ada }) => {
        const header = `Authorization: Bearer ${ada.accessToken}`;
        return lines(header, header);
      },
      "invalid_request",
    ),
    refused(
      "two tokens in one header",
      ({ ada }) => lines(`Authorization: Bearer ${ada.accessToken}, Bearer ${ada.accessToken}`),
      "invalid_request",
    ),
    refused("the scheme and no token", () => lines("Authorization: Bearer"), "invalid_request"),
    refused("an ID token header alone", ({ ada }) => lines(`X-Id-Token: ${ada.idToken}`), "invalid_request"),
    refused("an ID token beside an ID token", ({ ada }) => bearer(ada.idToken, ada.idToken), "invalid_request"),
    refused("a getToken that throws", access, "invalid_request", { options: { getToken: no } }),
    refused("no JWT", () => bearer("garbage"), "malformed_token"),
    refused("no JWT, where sign-in is optional", () => bearer("garbage"), "malformed_token", {
      options: { required: false },
    }),
    refused("no JWT, by HEAD", () => by("HEAD", bearer("garbage")), "malformed_token"),
    refused("no JWT beside a good token", ({ ada }) => bearer(ada.accessToken, "garbage"), "malformed_token"),
    refused("a token that is too long", () => bearer("a".repeat(12_000)), "malformed_token"),
    refused("a forged signature", ({ ada }) => bearer(`${ada.accessToken.slice(0, -8)}AAAAAAAA`), "invalid_signature"),
    refused(
      "another pool's token",
      withClaims(() => ({ iss: "https://issuer.example" })),
      "invalid_claims",
    ),
    refused(
      "another app client's token",
      withClaims(() => ({ client_id: "another" })),
      "invalid_claims",
    ),
    refused(
      "a token of the future",
      withClaims((cast) => ({ nbf: cast.nowSeconds + 60 })),
      "invalid_claims",
    ),
    refused(
      "a token of nobody",
      withClaims(() => ({ sub: undefined })),
      "invalid_claims",
    ),
    refused("an ID token, for tokenUse access", id, "invalid_claims", { options: { tokenUse: "access" } }),
    refused("an access token, for tokenUse id", access, "invalid_claims", { options: { tokenUse: "id" } }),
    refused(
      "an expired token",
      withClaims(() => ({ exp: 1 })),
      "token_expired",
    ),
    refused(
      "an expired ID token beside a good access token",
      (cast) => bearer(cast.ada.accessToken, cast.token("id", { exp: 1 })),
      "token_expired",
    ),
    refused("tokens of two users", ({ ada, bob }) => bearer(ada.accessToken, bob.idToken), "session_mismatch"),
    refused(
      "tokens of two sign-ins",
      (cast) => bearer(cast.ada.accessToken, cast.token("id", { "cognito:username": "ada" })),
      "session_mismatch",
    ),
    refused("a session that isRevoked knows", access, "token_revoked", { options: { isRevoked: isCalled("ada") } }),
    refused("a user who was signed out", access, "token_revoked", {
      prepare: (cast, sessions) => sessions.revoke({ userSub: cast.subOf(cast.ada.idToken) }),
    }),
    refused("a sign-in that was ended", access, "token_revoked", {
      prepare: ({ ada }, sessions) => {
        const { origin_jti: originJti = "" } = decodeJWT(ada.accessToken).payload;
        return sessions.revoke({ originJti });
      },
    }),
    refused("an isRevoked that throws", access, "store_unavailable", { options: { isRevoked: no } }),
    refused("an isRevoked that does not know", access, "store_unavailable", { options: { isRevoked: undecided } }),
    refused("a customCheck that says no", access, "forbidden", { options: { customCheck: isCalled("bob") } }),
    refused("a customCheck that throws", access, "forbidden", { options: { customCheck: no } }),
    refused("a customCheck that never answers", access, "forbidden", {
      options: { customCheck: () => new Promise<never>(() => {}), requestTimeout: 40 },
    }),
    refused("keys that cannot be had", access, "jwks_unavailable", {
      prepare: ({ cognito }) => cognito.fail("JWKS", { status: 500 }),
    }),
    refused("keys that cannot be had, by HEAD", (cast) => by("HEAD", access(cast)), "jwks_unavailable", {
      prepare: ({ cognito }) => cognito.fail("JWKS", { reset: true }),
    }),
  ],
};
