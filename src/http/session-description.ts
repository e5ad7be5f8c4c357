import type { LiveTokens } from "../browser/live-grants.js";
import type { AuthSession } from "../session/types.js";
import type { TokenPair } from "../tokens/pair.js";

/** Names of single tokens and sign-ins, and of IAM roles, which hold the AWS account's number: of no use to a page. */
const NOT_TOLD = new Set([
  "jti",
  "origin_jti",
  "event_id",
  "at_hash",
  "nonce",
  "cognito:roles",
  "cognito:preferred_role",
]);

/** Nobody is signed in. */
export const SIGNED_OUT = { isAuthenticated: false } as const;

/** What a page may know of its session: who the user is and until when. No token, and nothing that is as good as one. */
export function describeSession(
  session: AuthSession,
  { access, id }: TokenPair,
  live: LiveTokens | undefined,
  nowMs: number,
) {
  const endSeconds = Math.min(...[access, id].flatMap((token) => token?.expSeconds ?? []));
  const { userSub, username, groups, scopes } = session;
  const claims = Object.entries((id ?? access)?.payload ?? {}).filter(([claim]) => !NOT_TOLD.has(claim));
  return {
    isAuthenticated: true,
    userSub,
    username,
    groups,
    scopes,
    userInfo: session.getUserInfo(),
    claims: Object.fromEntries(claims),
    expiresAt: new Date(endSeconds * 1000).toISOString(),
    expiresIn: Math.max(0, Math.floor(endSeconds - nowMs / 1000)),
    sessionExpiresAt: new Date(live?.endsAtMs ?? endSeconds * 1000).toISOString(),
  } as const;
}
