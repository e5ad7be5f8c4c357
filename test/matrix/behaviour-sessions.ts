import { bearer, lines } from "../threats/attempt.js";
import { at, type BehaviourGroup, by, type Cast, EXCHANGED, headerOf, served } from "./behaviour.js";

const OPTIONAL = { required: false } as const;
const ANONYMOUS = { isAuthenticated: false, groups: [], scopes: [] };
const SCOPES = ["orders/read", "orders/write"];

const access = ({ ada }: Cast) => bearer(ada.accessToken);
const id = ({ ada }: Cast) => bearer(ada.idToken);
const both = ({ ada }: Cast) => bearer(ada.accessToken, ada.idToken);

/** Who calls, by what was sent. */
export const SESSIONS: BehaviourGroup = {
  title: "sessions",
  cases: [
    served("an access token: user, groups, scopes; no credentials", access, (cast) => cast.me({ scopes: SCOPES })),
    served("an ID token: user, groups, credentials; no scopes", id, (cast) => cast.me(EXCHANGED)),
    served("a pair: all of it", both, (cast) => cast.me({ scopes: SCOPES, ...EXCHANGED })),
    served(
      "an ID token of somebody without groups",
      ({ bob }) => bearer(bob.idToken),
      (cast) => cast.me({ userSub: cast.subOf(cast.bob.idToken), username: "bob", groups: [], ...EXCHANGED }),
    ),
    served(
      "a machine's access token: no user name",
      ({ cognito }) =>
        bearer(
          cognito.signToken({
            tokenUse: "access",
            claims: { sub: cognito.options.clientId, username: undefined, scope: "orders/read" },
          }),
        ),
      ({ cognito: { options } }) => ({
        isAuthenticated: true,
        userSub: options.clientId,
        clientId: options.clientId,
        userPoolId: options.userPoolId,
        groups: [],
        scopes: ["orders/read"],
      }),
    ),
    served(
      "the scheme in another case",
      ({ ada }) => lines(`Authorization: bEaReR ${ada.accessToken}`),
      (cast) => cast.me({ scopes: SCOPES }),
    ),
    served("a token of any app client, for clientId null", access, (cast) => cast.me({ scopes: SCOPES }), {
      options: { clientId: null },
    }),
    served("an access token, for tokenUse access", access, (cast) => cast.me({ scopes: SCOPES }), {
      options: { tokenUse: "access" },
    }),
    served("an ID token, for tokenUse id", id, (cast) => cast.me(EXCHANGED), { options: { tokenUse: "id" } }),
    served(
      "an ID token in a header of another name",
      ({ ada }) => lines(`Authorization: Bearer ${ada.accessToken}`, `X-Profile: ${ada.idToken}`),
      (cast) => cast.me({ scopes: SCOPES, ...EXCHANGED }),
      { options: { idTokenHeader: "X-Profile" } },
    ),
    served(
      "an expired token within the tolerance",
      (cast) => bearer(cast.token("access", { username: "ada", exp: cast.nowSeconds - 200, scope: "" })),
      (cast) => cast.me({ groups: [] }),
      { options: { clockTolerance: 300 } },
    ),
    served("the second pool's token, of two pools", access, (cast) => cast.me({ scopes: SCOPES }), {
      options: ({ cognito: { options } }) => ({
        // The pools stand in the list alone.
        ...Object.fromEntries(Object.keys(options).map((name) => [name, undefined])),
        userPools: [{ userPoolId: "eu-west-1_AbCdEfGhI", clientId: "1h57kf5cpq17m0eml12example" }, poolOf(options)],
      }),
    }),
    served(
      "nobody, where sign-in is optional",
      () => lines(),
      () => ANONYMOUS,
      { options: OPTIONAL },
    ),
    served(
      "nobody by our scheme, where sign-in is optional",
      () => lines("Authorization: Basic YTpi"),
      () => ANONYMOUS,
      {
        options: OPTIONAL,
      },
    ),
    served("somebody, where sign-in is optional", id, (cast) => cast.me(EXCHANGED), { options: OPTIONAL }),
    served(
      "a token that getToken reads from a cookie",
      ({ ada }) => lines(`Cookie: session=${ada.accessToken}`),
      (cast) => cast.me({ scopes: SCOPES }),
      { options: { getToken: (request) => headerOf(request, "cookie")?.slice("session=".length) } },
    ),
    served(
      "a token that getToken promises",
      ({ ada }) => lines(`X-Session: ${ada.idToken}`),
      (cast) => cast.me(EXCHANGED),
      { options: { getToken: async (request) => headerOf(request, "x-session") } },
    ),
    served(
      "somebody whom customCheck lets pass, by session and request",
      access,
      (cast) => cast.me({ scopes: SCOPES }),
      {
        options: {
          customCheck: async ({ username }, request) => username === "ada" && headerOf(request, "host") === "localhost",
        },
      },
    ),
    served("somebody whom isRevoked does not know", access, (cast) => cast.me({ scopes: SCOPES }), {
      options: { isRevoked: async () => false },
    }),
    served(
      "POST",
      (cast) => by("POST", access(cast)),
      (cast) => cast.me({ scopes: SCOPES }),
    ),
    served(
      "DELETE",
      (cast) => by("DELETE", access(cast)),
      (cast) => cast.me({ scopes: SCOPES }),
    ),
    served(
      "HEAD: the head of the same answer",
      (cast) => by("HEAD", access(cast)),
      () => undefined,
    ),
    served(
      "fetchAuthSession(): the session that is there",
      (cast) => at("/fetched", id(cast)),
      () => ({ same: true }),
    ),
    served(
      "fetchAuthSession() of an anonymous request",
      () => at("/fetched", lines()),
      () => ({ same: true }),
      {
        options: OPTIONAL,
      },
    ),
  ],
};

function poolOf({
  userPoolId,
  clientId,
  issuer,
  jwksUri,
  identityPoolId,
  identityPoolEndpoint,
}: Cast["cognito"]["options"]) {
  return { userPoolId, clientId, issuer, jwksUri, identityPoolId, identityPoolEndpoint };
}
