/** Names of attributes. Of each there are few values: fixed ones, and the pools that the configuration lists. */
export const ATTRIBUTE = {
  /** `ok`, or the code of the error. */
  outcome: "cognito_auth_session.outcome",
  /** OpenTelemetry's own: what failed, by AWS' or Node's name, else by the code of the error. */
  errorType: "error.type",
  userPoolId: "cognito_auth_session.user_pool.id",
  identityPoolId: "cognito_auth_session.identity_pool.id",
  tokenUse: "cognito_auth_session.token.use",
  isAuthenticated: "cognito_auth_session.is_authenticated",
  isGuest: "cognito_auth_session.is_guest",
  mode: "cognito_auth_session.exchange.mode",
  result: "cognito_auth_session.refresh.result",
  cache: "cognito_auth_session.cache",
  lookup: "cognito_auth_session.lookup.result",
  guard: "cognito_auth_session.guard",
  operation: "cognito_auth_session.store.operation",
} as const;
