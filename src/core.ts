export type { AnswerHeaders } from "./browser/session-cookie.js";
export type { ConfigOptions, JsonWebKeySet, UserPoolOptions } from "./config/options.js";
export type { AWSCredentials } from "./credentials/credentials.js";
export type { AwsClientClass } from "./credentials/sdk-clients.js";
export type {
  AuthDiagnostics,
  AuthNotices,
  AuthOperations,
  DiagnosticsOutcome,
  EvictionMessage,
  ExchangeMessage,
  GuardMessage,
  KeySetMessage,
  OperationMessage,
  RefreshMessage,
  RequestMessage,
  StoreMessage,
  VerifyMessage,
} from "./diagnostics/messages.js";
export { AuthError, type AuthErrorDetails, ConfigurationError } from "./errors/auth-error.js";
export type { AuthErrorCode } from "./errors/table.js";
export { UpstreamFailure } from "./errors/upstream-failure.js";
export type { GuardSet } from "./guards/guard-set.js";
export type { ClaimCheck } from "./guards/guards.js";
export type { TokenAnalyses, TokenAnalysis } from "./session/analyze-tokens.js";
export type { SessionManagerParts } from "./session/components.js";
export type { SessionEvent, SessionEventUser, SessionListener } from "./session/events.js";
export { fetchAuthSession } from "./session/fetch-auth-session.js";
export type { SessionHealth } from "./session/health.js";
export { SessionManager } from "./session/manager.js";
export type { RevocationTarget } from "./session/revocation-target.js";
export { roleByGroup } from "./session/role-by-group.js";
export type {
  AuthSession,
  AuthSessionOptions,
  AuthSessionRequest,
  AuthTokens,
  IncomingAuthRequest,
  SessionCallbacks,
  UserInfo,
} from "./session/types.js";
export type { ReleaseLock, SessionStore } from "./store/store.js";
export type { FetchHeaders, RequestHeaders } from "./tokens/bearer.js";
export { decodeJWT } from "./tokens/decode.js";
export type { JWT, JwtHeader, JwtPayload } from "./tokens/jwt.js";
