import { AuthError } from "../errors/auth-error.js";
import { type Eventually, failed, type Outcome, whenReady } from "../errors/outcome.js";
import type { TokenUse } from "./claims.js";
import { ownValue } from "./json.js";
import type { VerifiedToken } from "./verified-token.js";
import type { TokenVerifier } from "./verifier.js";

/** The verified tokens of one request: one of them, or both of one sign-in. */
export interface TokenPair {
  readonly access?: VerifiedToken;
  readonly id?: VerifiedToken;
}

/** Verified tokens with their raw forms, which the verified-token cache does not keep. */
export interface HeldTokens extends TokenPair {
  readonly rawAccess?: string;
  readonly rawId?: string;
}

const ACCESS: ReadonlySet<TokenUse> = new Set(["access"]);
const ID: ReadonlySet<TokenUse> = new Set(["id"]);

/** Verifies both tokens of a sign-in, and that they are of one. */
export function verifyBoth(
  verifier: Pick<TokenVerifier, "verify">,
  rawAccess: string,
  rawId: string,
): Eventually<Outcome<HeldTokens>> {
  return whenReady(verifier.verify(rawAccess, ACCESS), (access) =>
    failed(access) ? access : withIdToken(verifier, access, { rawAccess, rawId }),
  );
}

/** A second token that is bad fails the request: a session is never half of what was sent. */
export function withIdToken(
  verifier: Pick<TokenVerifier, "verify">,
  access: VerifiedToken,
  { rawAccess, rawId }: { readonly rawAccess: string; readonly rawId: string },
): Eventually<Outcome<HeldTokens>> {
  return whenReady(verifier.verify(rawId, ID), (id) => {
    if (failed(id)) return id;
    const pair = pairTokens(access, id);
    return failed(pair) ? pair : { ...pair, rawAccess, rawId };
  });
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
