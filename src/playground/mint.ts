import type { LocalCognito } from "../testing/local-cognito.js";
import type { TokenUse } from "../tokens/claims.js";
import { decodeJWT } from "../tokens/decode.js";
import type { JsonObject } from "../tokens/json.js";

/** What a token is to be like. */
export interface MintRequest {
  readonly username: string;
  readonly groups: readonly string[];
  readonly scopes: readonly string[];
  readonly tokenUse: TokenUse;
  /** For how long from now; less than 0 for a token that has expired. */
  readonly seconds: number;
  readonly fault: Fault;
  /** Claims to add or replace. */
  readonly claims: JsonObject;
}

interface FaultRow {
  /** As the page calls it. */
  readonly label: string;
  readonly claims?: (nowSeconds: number) => JsonObject;
  readonly header?: JsonObject;
  /** What is done to the finished token. */
  readonly spoil?: (token: string) => string;
}

/** Ways in which a token can be wrong. */
export const FAULTS = {
  none: { label: "Nothing: a good token" },
  expired: { label: "It has expired", claims: (now) => ({ iat: now - 3600, auth_time: now - 3600, exp: now - 60 }) },
  "not-yet-valid": { label: "It is not valid yet", claims: (now) => ({ nbf: now + 600 }) },
  "wrong-signature": { label: "Its signature is wrong", spoil: (token) => otherSignature(token) },
  "unknown-key": { label: "It is signed with an unknown key", header: { kid: "a-key-of-nobody" } },
  unsigned: { label: 'It says that it is not signed ("alg": "none")', header: { alg: "none" } },
  "wrong-issuer": {
    label: "It is from another user pool",
    claims: () => ({ iss: "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_OtherPool" }),
  },
  "wrong-client": {
    label: "It is for another app client",
    claims: () => ({ aud: "another-app-client", client_id: "another-app-client" }),
  },
  "wrong-use": { label: "It is another kind of token", claims: () => ({ token_use: "refresh" }) },
  "groups-as-text": {
    label: "Its groups are a text, not a list",
    claims: () => ({ "cognito:groups": "admin" }),
  },
  "html-in-claims": {
    label: "Its claims hold HTML",
    claims: () => ({
      name: '<img src="x" onerror="alert(1)">',
      "custom:<b>bold</b>": "</script><script>alert(2)</script>",
    }),
  },
  malformed: { label: "It was cut off in transit", spoil: (token) => token.slice(0, token.lastIndexOf(".") - 10) },
} as const satisfies Record<string, FaultRow>;
export type Fault = keyof typeof FAULTS;

/** Whether a text names a fault. */
export function isFault(value: unknown): value is Fault {
  return typeof value === "string" && Object.hasOwn(FAULTS, value);
}

/** A token as asked for, signed with the pool's key unless that is its fault. */
export function mint(cognito: LocalCognito, wanted: MintRequest, nowMs: number): string {
  const { username, groups, scopes, tokenUse, seconds, claims } = wanted;
  const fault: FaultRow = FAULTS[wanted.fault];
  // Signed in for their `sub`, which stays the same for a name.
  const { accessToken, idToken } = cognito.signIn({ username, groups, scopes });
  const nowSeconds = Math.floor(nowMs / 1000);
  const lifetime = { ...(seconds < 0 && { iat: nowSeconds + seconds - 60 }), exp: nowSeconds + seconds };
  const faulty = fault.claims?.(nowSeconds) ?? {};
  const { payload } = decodeJWT(tokenUse === "access" ? accessToken : idToken);
  const clientClaim = tokenUse === "access" ? "aud" : "client_id";
  const token = cognito.signToken({
    tokenUse,
    claims: {
      username: undefined,
      "cognito:username": undefined,
      aud: undefined,
      client_id: undefined,
      scope: undefined,
      ...payload,
      ...lifetime,
      ...faulty,
      ...(clientClaim in faulty && { [clientClaim]: payload[clientClaim] }),
      ...claims,
    },
    ...(fault.header !== undefined && { header: fault.header }),
  });
  return fault.spoil?.(token) ?? token;
}

/** Another signature of the same length: its first character is another one. */
function otherSignature(token: string): string {
  const at = token.lastIndexOf(".") + 1;
  return `${token.slice(0, at)}${token[at] === "A" ? "B" : "A"}${token.slice(at + 1)}`;
}
