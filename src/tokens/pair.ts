import { AuthError } from "../errors/auth-error.js";
import type { Outcome } from "../errors/outcome.js";
import { ownValue } from "./json.js";
import type { VerifiedToken } from "./verified-token.js";

/** The verified tokens of one request: one of them, or both of one sign-in. */
export interface TokenPair {
  readonly access?: VerifiedToken;
  readonly id?: VerifiedToken;
}

/**
 * Puts an access token and an ID token together. Two good tokens of two users, or of two sign-ins, must not make one
 * session: one would lend its groups, the other its AWS role.
 */
export function pairTokens(access: VerifiedToken, id: VerifiedToken): Outcome<TokenPair> {
  const together =
    access.pool === id.pool &&
    access.issuer === id.issuer &&
    access.sub === id.sub &&
    access.clientId === id.clientId &&
    sameSignIn(ownValue(access.payload, "origin_jti"), ownValue(id.payload, "origin_jti"));
  return together ? { access, id } : new AuthError("session_mismatch");
}

/** Older pools and emulators issue no `origin_jti`; where both tokens have one it decides. */
function sameSignIn(access: unknown, id: unknown): boolean {
  return access === undefined || id === undefined || access === id;
}
