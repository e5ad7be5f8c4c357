import type { UserPoolConfig } from "../config/config.js";
import { AuthError } from "../errors/auth-error.js";
import { type JsonObject, ownValue } from "./json.js";

/** What a token is for: its `token_use`. */
export type TokenUse = "access" | "id";

/** Seconds since the epoch that a Date can still hold (ECMA-262, time values). */
const LATEST_DATE_SECONDS = 8_640_000_000_000;

/** aws-jwt-verify calls a token malformed where one of these is of another type; which claim it was helps more. */
const OPTIONAL_TEXTS = ["scope", "jti"] as const;

/** Claims that say from when on a token is good. */
const START_TIMES = ["nbf", "iat"] as const;

/** Against what a token's claims are judged. */
export interface ClaimRules {
  readonly pool: UserPoolConfig;
  readonly nowSeconds: number;
  readonly toleranceSeconds: number;
}

/**
 * Judges what aws-jwt-verify lets through or cannot know: required claims and their types, times against our clock,
 * the app client. Returns what is wrong, or nothing. (RFC 7519 section 4.1; Amazon Cognito, "Verifying JSON web tokens".)
 */
export function findClaimFault(payload: JsonObject, use: TokenUse, rules: ClaimRules): AuthError | undefined {
  const sub = ownValue(payload, "sub");
  if (typeof sub !== "string" || sub === "") return wrong("sub");
  const clientClaim = use === "access" ? "client_id" : "aud";
  if (!isAcceptedClient(ownValue(payload, clientClaim), rules.pool)) return wrong(clientClaim);
  for (const name of OPTIONAL_TEXTS) if (!isTextOrAbsent(ownValue(payload, name))) return wrong(name);
  if (!isAudienceOrAbsent(ownValue(payload, "aud"))) return wrong("aud");
  return findTimeFault(payload, rules);
}

/** Whether `exp` has passed. A token is good until the very second (RFC 7519 section 4.1.4), and the tolerance after. */
export function isExpired(expSeconds: number, nowSeconds: number, toleranceSeconds: number): boolean {
  return nowSeconds >= expSeconds + toleranceSeconds;
}

function findTimeFault(payload: JsonObject, { nowSeconds, toleranceSeconds }: ClaimRules): AuthError | undefined {
  const exp = ownValue(payload, "exp");
  if (!isDate(exp)) return wrong("exp");
  for (const name of START_TIMES) {
    const from = ownValue(payload, name);
    if (from === undefined) continue;
    if (!isDate(from) || from > nowSeconds + toleranceSeconds) return wrong(name);
  }
  return isExpired(exp, nowSeconds, toleranceSeconds) ? new AuthError("token_expired") : undefined;
}

function isAcceptedClient(client: unknown, { clientIds }: UserPoolConfig): boolean {
  if (typeof client !== "string" || client === "") return false;
  return clientIds === undefined || clientIds.has(client);
}

function isTextOrAbsent(value: unknown): boolean {
  return value === undefined || typeof value === "string";
}

/** Of an access token: resource binding may put one resource or several there (RFC 7519 section 4.1.3). */
function isAudienceOrAbsent(value: unknown): boolean {
  return Array.isArray(value) ? value.every((each) => typeof each === "string") : isTextOrAbsent(value);
}

function isDate(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value <= LATEST_DATE_SECONDS;
}

function wrong(claim: string): AuthError {
  return new AuthError("invalid_claims", { claim });
}
