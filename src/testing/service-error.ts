/** Texts of the real service, by exception, for faults that are asked for by name only. */
const TEXTS: Readonly<Record<string, string>> = {
  NotAuthorizedException:
    "Logins don't match. Please include at least one valid login for this identity or identity pool.",
  TooManyRequestsException: "Rate exceeded",
  LimitExceededException: "Rate exceeded",
  InternalErrorException: "Internal server error",
  InvalidIdentityPoolConfigurationException:
    "Invalid identity pool configuration. Check assigned IAM roles for this pool.",
  ForbiddenException: "Request not allowed due to WAF block.",
  ExternalServiceException: "Service is not available",
  RefreshTokenReuseException: "Refresh token has been invalidated by rotation",
};

/** An answer of the service that is an exception. */
export class ServiceError extends Error {
  readonly type: string;
  readonly status: number;

  constructor(type: string, message = TEXTS[type] ?? "An error was asked for.", status = statusOf(type)) {
    super(message);
    this.type = type;
    this.status = status;
  }
}

/** The text that the service gives an exception of this name in answer to this operation. */
export function textOf(type: string, operation: string): string | undefined {
  if (type === "ResourceNotFoundException") {
    const thing = operation === "GetId" ? "IdentityPool" : "Identity";
    return `${thing} 'eu-west-1:00000000-0000-4000-8000-000000000000' not found.`;
  }
  if (
    type === "NotAuthorizedException" &&
    (operation === "GetTokensFromRefreshToken" || operation === "InitiateAuth")
  ) {
    return "Invalid Refresh Token.";
  }
  return TEXTS[type];
}

export function notAuthorized(message: string): ServiceError {
  return new ServiceError("NotAuthorizedException", message);
}

function statusOf(type: string): number {
  if (type === "InternalErrorException") return 500;
  return type === "ForbiddenException" ? 403 : 400;
}
