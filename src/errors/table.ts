/** How one error answers: everything a client or an operator sees about it, in one row. */
export interface ErrorRow {
  /** HTTP status of the answer. */
  readonly status: 400 | 401 | 403 | 500 | 503;
  /** Exception names clients of AWS and Amplify switch on; the first is the default. */
  readonly names: readonly [string, ...string[]];
  /**
   * The `error` attribute of the Bearer challenge (RFC 6750 section 3.1), `"bare"` for a challenge
   * without one, `undefined` for an answer that carries no challenge.
   */
  readonly challenge: "bare" | "invalid_request" | "invalid_token" | "insufficient_scope" | undefined;
  /** When it happens, as docs/errors.md says it. */
  readonly when: string;
  /** The fixed sentence for clients: `error.message`, `detail` and `error_description`. */
  readonly detail: string;
  /** What to do about it, for whoever reads the log. */
  readonly recoverySuggestion: string;
}

/** Every way a request can fail. docs/errors.md is compared with it by a test. */
export const ERROR_TABLE = {
  missing_token: {
    status: 401,
    names: ["UserUnAuthenticatedException"],
    challenge: "bare",
    when: "no credentials in the request",
    detail: "Authentication is required.",
    recoverySuggestion: "Send an access token or an ID token as `Authorization: Bearer <token>`.",
  },
  invalid_request: {
    status: 400,
    names: ["InvalidRequestException"],
    challenge: "invalid_request",
    when: "ambiguous or malformed transport",
    detail: "The request carries its token in a malformed or ambiguous way.",
    recoverySuggestion:
      "Send exactly one `Authorization: Bearer <token>` header, and at most one ID token in the ID token header.",
  },
  malformed_token: {
    status: 401,
    names: ["NotAuthorizedException"],
    challenge: "invalid_token",
    when: "not a well-formed JWT",
    detail: "The token is not a well-formed JWT.",
    recoverySuggestion: "Send the token exactly as Cognito issued it.",
  },
  invalid_signature: {
    status: 401,
    names: ["NotAuthorizedException"],
    challenge: "invalid_token",
    when: "signature, algorithm or key",
    detail: "The token's signature is not valid.",
    recoverySuggestion:
      "Sign in again. If every token fails, compare the configured user pool with the one that issued it.",
  },
  invalid_claims: {
    status: 401,
    names: ["NotAuthorizedException"],
    challenge: "invalid_token",
    when: "a claim is missing or wrong (`error.claim`)",
    detail: "A claim of the token is missing or not accepted.",
    recoverySuggestion:
      "Look at `error.claim`: `iss` means another user pool, `aud` or `client_id` another app client, `token_use` the wrong kind of token.",
  },
  token_expired: {
    status: 401,
    names: ["NotAuthorizedException"],
    challenge: "invalid_token",
    when: "`exp` has passed",
    detail: "The token has expired.",
    recoverySuggestion: "Refresh the session and send the new token.",
  },
  token_revoked: {
    status: 401,
    names: ["NotAuthorizedException"],
    challenge: "invalid_token",
    when: "`isRevoked` or a sign-out says so",
    detail: "The token has been revoked.",
    recoverySuggestion: "Sign in again.",
  },
  session_mismatch: {
    status: 401,
    names: ["NotAuthorizedException"],
    challenge: "invalid_token",
    when: "the two tokens are not one session",
    detail: "The two tokens do not belong to one session.",
    recoverySuggestion: "Send the access token and the ID token of the same sign-in.",
  },
  id_token_required: {
    status: 401,
    names: ["UserUnAuthenticatedException"],
    challenge: "invalid_token",
    when: "credentials asked for, no ID token",
    detail: "AWS credentials need an ID token: send it as the bearer token or in the ID token header.",
    recoverySuggestion:
      "Identity pools take ID tokens only. Send one as the bearer token, or beside the access token in `x-id-token`.",
  },
  refresh_failed: {
    status: 401,
    names: [
      "NotAuthorizedException",
      "UserNotFoundException",
      "UserNotConfirmedException",
      "PasswordResetRequiredException",
      "RefreshTokenReuseException",
      "TokenRevokedException",
    ],
    challenge: "invalid_token",
    when: "Cognito refused the refresh; the session is over",
    detail: "The session could not be refreshed and is over.",
    recoverySuggestion: "Sign in again.",
  },
  insufficient_group: {
    status: 403,
    names: ["ForbiddenException"],
    challenge: "insufficient_scope",
    when: "group guard",
    detail: "The user is not in a group that this resource requires.",
    recoverySuggestion: "Add the user to the group and sign in again: groups are read from the token.",
  },
  insufficient_scope: {
    status: 403,
    names: ["ForbiddenException"],
    challenge: "insufficient_scope",
    when: "scope guard",
    detail: "The access token lacks a scope that this resource requires.",
    recoverySuggestion: "Request the scope at sign-in. Only access tokens carry scopes.",
  },
  forbidden: {
    status: 403,
    names: ["ForbiddenException"],
    challenge: "insufficient_scope",
    when: "`authorize`, `requireClaim`, `customCheck`",
    detail: "The user is not allowed to do this.",
    recoverySuggestion: "The application's own check refused the user.",
  },
  credentials_denied: {
    status: 403,
    names: ["NotAuthorizedException", "ResourceConflictException", "ForbiddenException"],
    challenge: "bare",
    when: "the identity pool refused this user",
    detail: "The identity pool refused to give this user AWS credentials.",
    recoverySuggestion: "Check that the identity pool lists this user pool and app client as an identity provider.",
  },
  jwks_unavailable: {
    status: 503,
    names: ["NetworkError"],
    challenge: undefined,
    when: "keys cannot be had",
    detail: "The keys that tokens are verified with cannot be had right now.",
    recoverySuggestion:
      "Check that the server reaches the user pool's `jwks.json`, directly or through a proxy or VPC endpoint.",
  },
  credentials_unavailable: {
    status: 503,
    names: [
      "NetworkError",
      "TooManyRequestsException",
      "LimitExceededException",
      "InternalErrorException",
      "ExternalServiceException",
    ],
    challenge: undefined,
    when: "throttled, down, timed out",
    detail: "Amazon Cognito or AWS cannot be reached right now.",
    recoverySuggestion:
      "Retry after the time that `Retry-After` names. If it lasts, check that the server reaches the identity pool's endpoint.",
  },
  store_unavailable: {
    status: 503,
    names: ["NetworkError"],
    challenge: undefined,
    when: "the store of browser sessions is down, or `isRevoked`'s, or it did not hear of `revoke()`",
    detail: "The session cannot be looked up right now.",
    recoverySuggestion: "Check the store behind the sessions or behind `isRevoked`.",
  },
  misconfigured: {
    status: 500,
    names: [
      "AuthUserPoolException",
      "InvalidIdentityPoolConfigurationException",
      "ResourceNotFoundException",
      "InvalidParameterException",
    ],
    challenge: undefined,
    when: "ours to fix; details never reach the client",
    detail: "The server is not configured to answer this request.",
    recoverySuggestion: "Mount `authSession()` before the guards and check the configuration of the pools.",
  },
} as const satisfies Record<string, ErrorRow>;

/** Stable error codes, for `switch`. */
export type AuthErrorCode = keyof typeof ERROR_TABLE;
