import { generateKeyPairSync, type KeyObject, randomBytes } from "node:crypto";
import { type AttackGroup, refused, remember } from "./attack.js";
import { base64url, bearer, segmentsOf } from "./attempt.js";
import type { World } from "./context.js";
import { ADA_ID, pairAttacks, pairOf } from "./pairs.js";

const USES: readonly [string, unknown][] = [
  ["missing", undefined],
  ["null", null],
  ["empty", ""],
  ["true", true],
  ["a number", 1],
  ["Access", "Access"],
  ["ACCESS", "ACCESS"],
  ["access and a space", "access "],
  ["a space and access", " access"],
  ["access and a NUL", "access\0"],
  ["access and id", "access id"],
  ["access,id", "access,id"],
  ["ID", "ID"],
  ["Id", "Id"],
  ["refresh", "refresh"],
  ["access_token", "access_token"],
  ["id_token", "id_token"],
  ["any", "any"],
  ["bearer", "bearer"],
  ["the name constructor", "constructor"],
  ["a list of access", ["access"]],
  ["a list of both", ["access", "id"]],
  ["an object", { access: true }],
];

const pinned = (tokenUse: "access" | "id") => (w: World) => ({
  options: { ...w.options, tokenUse },
  good: () => (tokenUse === "access" ? w.good() : w.id({ ...ADA_ID })),
});
export const tokenUseAndPair: AttackGroup = {
  title: "token use and pair",
  attacks: [
    ...USES.map(([name, token_use]) =>
      refused(`a token_use ${name} is refused`, (w) => bearer(w.access({ token_use })), "invalid_claims", {
        claim: "token_use",
      }),
    ),
    refused(
      "an ID token that calls itself an access token is refused",
      (w) => bearer(w.id({ token_use: "access" })),
      "invalid_claims",
      { claim: "client_id" },
    ),
    refused(
      "an access token that calls itself an ID token is refused",
      (w) => bearer(w.access({ token_use: "id" })),
      "invalid_claims",
      { claim: "aud" },
    ),
    refused("an ID token is refused where only access tokens are taken", (w) => bearer(w.id()), "invalid_claims", {
      claim: "token_use",
      app: pinned("access"),
    }),
    refused("an access token is refused where only ID tokens are taken", (w) => bearer(w.good()), "invalid_claims", {
      claim: "token_use",
      app: pinned("id"),
    }),
    refused(
      "an ID token that is remembered from a pair is refused where only access tokens are taken",
      (w) => bearer(pairOf(w).idToken),
      "invalid_claims",
      {
        claim: "token_use",
        app: pinned("access"),
        prepare: (stage) => {
          const { accessToken, idToken } = pairOf(stage.world);
          return remember(stage, bearer(accessToken, idToken));
        },
      },
    ),
    refused(
      "a refresh token is refused",
      (w) => bearer(w.cognito.signIn({ username: "ada" }).refreshToken),
      "malformed_token",
    ),
    refused("a refresh token that is a JWE is refused", () => bearer(encryptedToken()), "malformed_token"),
    refused(
      "a load balancer's token is refused for its padding",
      (w) => bearer(loadBalancerToken(w, "padded")),
      "malformed_token",
    ),
    refused(
      "a load balancer's token without the padding is refused for its algorithm",
      (w) => bearer(loadBalancerToken(w, "bare")),
      "invalid_signature",
    ),
    refused(
      "another provider's ID token is refused",
      (w) => bearer(w.stranger.signToken({ tokenUse: "id", claims: { iss: "https://accounts.example.com" } })),
      "invalid_claims",
      { claim: "iss" },
    ),
    refused(
      "a token as Cognito's user info answers it is refused",
      (w) => bearer(w.id({ token_use: undefined, exp: undefined, iat: undefined })),
      "invalid_claims",
    ),

    ...pairAttacks,
  ],
};

/** As Cognito's refresh tokens are: five parts, of which only the first can be read. */
function encryptedToken(): string {
  const header = base64url('{"cty":"JWT","enc":"A256GCM","alg":"RSA-OAEP"}');
  return [header, ...[256, 12, 900, 16].map((size) => randomBytes(size).toString("base64url"))].join(".");
}

let loadBalancerKey: KeyObject | undefined;

/** As an Application Load Balancer hands them to its targets in `x-amzn-oidc-data`. */
function loadBalancerToken(w: World, form: "padded" | "bare"): string {
  const { issuer: iss, clientId: client } = w.cognito.options;
  loadBalancerKey ??= generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  const signer = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/x/50dc6c495c0c9188";
  const exp = w.nowSeconds + 120;
  const header = { typ: "JWT", kid: w.poolKey.kid, alg: "ES256", iss, client, signer, exp };
  const bare = w.mint.signBy("ES256", w.payload(), loadBalancerKey);
  const segments = [base64url(JSON.stringify(header)), ...segmentsOf(bare).slice(1)];
  if (form === "bare") return segments.join(".");
  return segments
    .map((segment) => Buffer.from(segment, "base64url").toString("base64"))
    .join(".")
    .replaceAll("+", "-")
    .replaceAll("/", "_");
}
