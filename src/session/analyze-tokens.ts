import type { Clock } from "../clock.js";
import { ownValue } from "../tokens/json.js";
import type { TokenPair } from "../tokens/pair.js";
import type { VerifiedToken } from "../tokens/verified-token.js";

/** What a verified token says about itself. */
export interface TokenAnalysis {
  /** What it is for: an access token goes to APIs, an ID token says who the user is and gets AWS credentials. */
  readonly purpose: "access" | "id";
  readonly issuer: string;
  readonly userPoolId: string;
  readonly clientId: string;
  readonly userSub: string;
  readonly username?: string | undefined;
  readonly groups: readonly string[];
  /** Of an access token; none for an ID token. */
  readonly scopes: readonly string[];
  readonly issuedAt?: Date | undefined;
  readonly expiresAt: Date;
  /** Whole seconds until it expires; 0 when it has. */
  readonly expiresInSeconds: number;
}

/** The tokens of a session, looked at one by one. */
export interface TokenAnalyses {
  readonly accessToken?: TokenAnalysis;
  readonly idToken?: TokenAnalysis;
  /** Whether the session can renew itself. A refresh token itself says nothing: it is sealed by Cognito. */
  readonly hasRefreshToken: boolean;
}

/** Describes tokens without showing them. */
export function describeTokens({ access, id }: TokenPair, hasRefreshToken: boolean, clock: Clock): TokenAnalyses {
  return Object.freeze({
    ...(access && { accessToken: describe(access, clock) }),
    ...(id && { idToken: describe(id, clock) }),
    hasRefreshToken,
  });
}

function describe(token: VerifiedToken, clock: Clock): TokenAnalysis {
  const { use, issuer, pool, clientId, sub, username, groups, scopes, expSeconds, payload } = token;
  const issuedAt = ownValue(payload, "iat");
  return Object.freeze({
    purpose: use,
    issuer,
    userPoolId: pool.userPoolId,
    clientId,
    userSub: sub,
    username,
    groups,
    scopes,
    issuedAt: typeof issuedAt === "number" ? new Date(issuedAt * 1000) : undefined,
    expiresAt: new Date(expSeconds * 1000),
    expiresInSeconds: Math.max(0, Math.floor(expSeconds - clock() / 1000)),
  });
}
