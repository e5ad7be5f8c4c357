import type { Config, UserPoolConfig } from "../config/config.js";
import { AuthError } from "../errors/auth-error.js";
import { failed, type Outcome } from "../errors/outcome.js";
import type { AuthErrorCode } from "../errors/table.js";
import { findClaimFault } from "../tokens/claims.js";
import { decodeToken } from "../tokens/decode.js";
import { type JsonObject, ownValue } from "../tokens/json.js";

/** A claim for reading. All of it is text from the token: hostile until shown otherwise. */
export interface ClaimRow {
  readonly name: string;
  readonly value: string;
  /** What the claim is for, in our words. */
  readonly meaning?: string;
  /** Of times: milliseconds since the epoch. */
  readonly atMs?: number;
  /** What this API takes in its place, where it does not take it. */
  readonly expected?: string;
}

/** A token for reading. Nothing about it is verified but what its claims tell. */
export interface TokenView {
  readonly header: readonly ClaimRow[];
  readonly claims: readonly ClaimRow[];
  readonly tokenUse?: "access" | "id";
  readonly username?: string;
  readonly expiresAtMs?: number;
  /** What the API will say of the claims. */
  readonly fault?: { readonly code: AuthErrorCode; readonly claim?: string };
}

const MEANINGS: Readonly<Record<string, string>> = {
  sub: "the user, for ever",
  iss: "issuer: the user pool",
  aud: "app client",
  client_id: "app client",
  token_use: "kind of token",
  exp: "expires",
  iat: "issued",
  nbf: "not good before",
  auth_time: "signed in",
  "cognito:groups": "groups",
  "cognito:username": "user name",
  "cognito:roles": "IAM roles of the groups",
  "cognito:preferred_role": "IAM role of the first group",
  username: "user name",
  scope: "scopes",
  email: "e-mail address",
  jti: "this token",
  origin_jti: "this sign-in",
  event_id: "this event",
  alg: "algorithm",
  kid: "signing key",
};
const TIMES = new Set(["exp", "iat", "nbf", "auth_time"]);
const LATEST_DATE_SECONDS = 8_640_000_000_000;

/** Takes a token apart for reading. Makes no call. @returns undefined for what is no token */
export function readToken(raw: string, config: Config, nowMs: number): TokenView | undefined {
  const token = decodeToken(raw);
  if (failed(token)) return undefined;
  const { header, payload } = token;
  const fault = judge(payload, config, nowMs);
  const use = ownValue(payload, "token_use");
  const username = ownValue(payload, "cognito:username") ?? ownValue(payload, "username");
  const expected = fault?.claim === undefined ? undefined : expectedOf(fault.claim, config);
  return {
    header: rowsOf(header),
    claims: rowsOf(payload).map((row) => (row.name === fault?.claim && expected ? { ...row, expected } : row)),
    ...((use === "access" || use === "id") && { tokenUse: use }),
    ...(typeof username === "string" && { username }),
    ...timeOf("exp", ownValue(payload, "exp"), "expiresAtMs"),
    ...(fault && { fault: { code: fault.code, ...(fault.claim !== undefined && { claim: fault.claim }) } }),
  };
}

/** The rules of the middleware, as far as they look at claims. */
function judge(payload: JsonObject, config: Config, nowMs: number): AuthError | undefined {
  const pool = poolOf(payload, config);
  if (failed(pool)) return pool;
  const use = ownValue(payload, "token_use");
  if (use !== "access" && use !== "id") return new AuthError("invalid_claims", { claim: "token_use" });
  const nowSeconds = nowMs / 1000;
  return findClaimFault(payload, use, { pool, nowSeconds, toleranceSeconds: config.clockToleranceSeconds });
}

function poolOf(payload: JsonObject, { poolByIssuer }: Config): Outcome<UserPoolConfig> {
  const issuer = ownValue(payload, "iss");
  const pool = typeof issuer === "string" ? poolByIssuer.get(issuer) : undefined;
  return pool ?? new AuthError("invalid_claims", { claim: "iss" });
}

function expectedOf(claim: string, { userPools: [pool] }: Config): string | undefined {
  if (claim === "iss") return pool?.issuers.join(" or ");
  if (claim === "aud" || claim === "client_id") return [...(pool?.clientIds ?? [])].join(" or ");
  if (claim === "token_use") return "access or id";
  return TIMES.has(claim) ? "a time that is not in the future" : undefined;
}

function rowsOf(object: JsonObject): ClaimRow[] {
  return Object.entries(object).map(([name, value]) => {
    const meaning = Object.hasOwn(MEANINGS, name) ? MEANINGS[name] : undefined;
    return {
      name,
      value: typeof value === "string" ? value : JSON.stringify(value),
      ...(meaning !== undefined && { meaning }),
      ...timeOf(name, value, "atMs"),
    };
  });
}

function timeOf<K extends string>(name: string, value: unknown, as: K): Partial<Record<K, number>> {
  const isTime = TIMES.has(name) && typeof value === "number" && value >= 0 && value <= LATEST_DATE_SECONDS;
  // Safe: an object whose one name is `K`; TypeScript widens computed names to text.
  return isTime ? ({ [as]: value * 1000 } as Record<K, number>) : {};
}
