import type { Clock } from "../clock.js";
import { ownValue } from "../tokens/json.js";
import type { TokenPair } from "../tokens/pair.js";
import type { VerifiedToken } from "../tokens/verified-token.js";

/** What a verified token says about itself. */
export interface TokenAnalysis {
  /** What it is for: an access token goes to APIs, an ID token says who the user is and gets AWS credentials. */
  readonly purpose: "access" | "id";
  /** `iss`: the user pool, as a URL. */
  readonly issuer: string;
  /** The user pool's id. */
  readonly userPoolId: string;
  /** The app client that it was issued to. */
  readonly clientId: string;
  /** The user's `sub`. */
  readonly userSub: string;
  /** The user name in the pool. */
  readonly username?: string | undefined;
  /** The user's groups, as this token has them. */
  readonly groups: readonly string[];
  /** Of an access token; none for an ID token. */
  readonly scopes: readonly string[];
  /** When it was issued. */
  readonly issuedAt?: Date | undefined;
  /** When it expires. */
  readonly expiresAt: Date;
  /** Whole seconds until it expires; 0 when it has. */
  readonly expiresInSeconds: number;
}

/** The tokens of a session, looked at one by one. */
export interface TokenAnalyses {
  /** Of the access token, where one was sent. */
  readonly accessToken?: TokenAnalysis;
  /** Of the ID token, where one was sent. */
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
