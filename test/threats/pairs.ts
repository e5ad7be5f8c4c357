import { type Attack, harmless, refused } from "./attack.js";
import { bearer } from "./attempt.js";
import { ADA, type World } from "./context.js";

/** The claims of an ID token of ada's. */
export const ADA_ID = { sub: ADA.userSub, "cognito:username": ADA.username, "cognito:groups": ADA.groups };

/** A pair of one sign-in, but for what is changed. */
const pair = (w: World, access: object, id: object) => {
  const same = { sub: ADA.userSub, origin_jti: "sign-in-1" };
  return bearer(w.good({ ...same, ...access }), w.id({ ...ADA_ID, ...same, ...id }));
};

const mismatches: readonly [string, object, object][] = [
  ["another user's ID token", {}, { sub: "eve-sub" }],
  ["another user's access token", { sub: "eve-sub" }, {}],
  ["an ID token whose sub differs in case", {}, { sub: "ADA-sub" }],
  ["an ID token whose sub has a space more", {}, { sub: "ada-sub " }],
  ["an ID token whose sub is composed otherwise", { sub: "ad\u00e9" }, { sub: "ade\u0301" }],
  ["an ID token of another sign-in", {}, { origin_jti: "sign-in-2" }],
  ["an ID token whose sign-in is a list", {}, { origin_jti: ["sign-in-1"] }],
  ["an ID token whose sign-in is null", {}, { origin_jti: null }],
  ["sign-ins that are equal objects", { origin_jti: {} }, { origin_jti: {} }],
  ["a number and a string for a sign-in", { origin_jti: 1 }, { origin_jti: "1" }],
];

const badSeconds: readonly [string, (w: World) => string, Attack["verdict"] & { code: string }][] = [
  ["an expired ID token", (w) => w.id({ ...ADA_ID, exp: 1 }), { code: "token_expired" }],
  ["an ID token of the future", (w) => w.id({ ...ADA_ID, iat: w.nowSeconds + 60 }), { code: "invalid_claims" }],
  ["another pool's ID token", (w) => w.stranger.signToken({ tokenUse: "id" }), { code: "invalid_claims" }],
  ["another app client's ID token", (w) => w.id({ ...ADA_ID, aud: "another" }), { code: "invalid_claims" }],
  ["an ID token without sub", (w) => w.id({ ...ADA_ID, sub: undefined }), { code: "invalid_claims" }],
  ["an access token", (w) => w.good(), { code: "invalid_claims" }],
  ["a token that says it is both", (w) => w.id({ token_use: ["access", "id"] }), { code: "invalid_claims" }],
  ["garbage", () => "garbage", { code: "malformed_token" }],
  ["a refresh token", (w) => w.cognito.signIn({ username: "eve" }).refreshToken, { code: "malformed_token" }],
  ["an ID token without a signature", (w) => `${w.id(ADA_ID).replace(/[^.]+$/, "")}`, { code: "malformed_token" }],
  ["an ID token with alg none", (w) => w.id(ADA_ID, { alg: "none" }), { code: "invalid_signature" }],
  ["an ID token of an unknown key", (w) => w.id(ADA_ID, { kid: "x" }), { code: "invalid_signature" }],
  [
    "an ID token by another pool's key",
    (w) => w.strangers({ ...ADA_ID, token_use: "id", aud: w.cognito.options.clientId }, { kid: w.poolKey.kid }),
    { code: "invalid_signature" },
  ],
  ["an ID token with a crit", (w) => w.id(ADA_ID, { crit: ["x"] }), { code: "malformed_token" }],
];

export const pairAttacks: readonly Attack[] = [
  ...mismatches.flatMap(([name, access, id]) => [
    refused(`${name} in a pair is refused`, (w) => pair(w, access, id), "session_mismatch"),
    refused(`${name} in a pair is refused where both were remembered`, (w) => pair(w, access, id), "session_mismatch", {
      prepare: async ({ ask, world }) => {
        const attempt = pair(world, access, id);
        await ask(attempt);
      },
    }),
  ]),
  refused(
    "the ID token of another app client of ours in a pair is refused",
    (w) => pair(w, { client_id: "one" }, { aud: "two" }),
    "session_mismatch",
    { app: (w) => ({ options: { ...w.options, clientId: null } }) },
  ),
  refused(
    "the ID token of another listed app client in a pair is refused",
    (w) => pair(w, {}, { aud: "two" }),
    "session_mismatch",
    { app: (w) => ({ options: { ...w.options, clientId: [w.cognito.options.clientId, "two"] } }) },
  ),
  refused(
    "the ID token of another pool of ours in a pair is refused, be all else equal",
    (w) => {
      const same = { sub: ADA.userSub, origin_jti: "o", client_id: "c", aud: "c" };
      return bearer(w.access(same), w.stranger.signToken({ tokenUse: "id", claims: same }));
    },
    "session_mismatch",
    {
      app: (w) => ({
        options: {
          userPools: [w.options, w.stranger.options].map(({ userPoolId, issuer, jwksUri }) => ({
            ...(userPoolId === undefined ? {} : { userPoolId }),
            ...(issuer === undefined ? {} : { issuer }),
            ...(jwksUri === undefined ? {} : { jwksUri }),
            clientId: null,
          })),
        },
        parts: { clock: w.clock.read },
      }),
    },
  ),
  refused(
    "the ID token under another issuer of the same pool in a pair is refused",
    (w) => pair(w, {}, { iss: `${w.cognito.options.issuer}-too` }),
    "session_mismatch",
    {
      app: (w) => {
        const { issuer } = w.cognito.options;
        return { options: { ...w.options, issuer: [issuer, `${issuer}-too`] } };
      },
    },
  ),
  ...badSeconds.map(
    ([name, make, verdict]): Attack => ({
      name: `${name} beside a good access token is refused: never half a session`,
      send: (w) => bearer(w.good(), make(w)),
      verdict,
    }),
  ),
  refused(
    "a good ID token beside an expired access token is refused",
    (w) => bearer(w.access({ exp: 1 }), w.id()),
    "token_expired",
  ),
  refused("a good ID token beside garbage is refused", (w) => bearer("garbage", w.id()), "malformed_token"),
  refused(
    "two ID tokens are refused, the same one twice as well",
    (w) => {
      const idToken = w.id();
      return [bearer(idToken, idToken), bearer(w.id(), w.id())];
    },
    "invalid_request",
  ),
  refused(
    "the same access token twice is refused",
    (w) => bearer(pairOf(w).accessToken, pairOf(w).accessToken),
    "invalid_claims",
  ),
  refused(
    "the pair the wrong way round is refused",
    (w) => bearer(pairOf(w).idToken, pairOf(w).accessToken),
    "invalid_request",
  ),
  harmless(
    "the ID token of a pair gives the session no groups",
    (w) => pair(w, { "cognito:groups": ["dev"] }, { "cognito:groups": ["admin"] }),
    { userSub: ADA.userSub, groups: ["dev"] },
  ),
  harmless(
    "the ID token of a pair gives the session no scopes",
    (w) => pair(w, { scope: "orders/read" }, { scope: "orders/write" }),
    { scopes: ["orders/read"] },
  ),
  harmless("a scope in an ID token counts for nothing", (w) => bearer(w.id({ scope: "orders/write" })), {
    scopes: [],
  }),
];

const pairs = new WeakMap<World, { accessToken: string; idToken: string }>();
/** One pair for all who need the very same. */
export function pairOf(w: World): { accessToken: string; idToken: string } {
  const known = pairs.get(w) ?? w.cognito.signIn({ username: "remembered" });
  pairs.set(w, known);
  return known;
}
