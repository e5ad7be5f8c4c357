import {
  CognitoJwtInvalidClientIdError,
  CognitoJwtInvalidGroupError,
  CognitoJwtInvalidTokenUseError,
  FetchError,
  JwkInvalidKtyError,
  JwkInvalidUseError,
  JwksNotAvailableInCacheError,
  JwksValidationError,
  JwkValidationError,
  JwtExpiredError,
  JwtInvalidAudienceError,
  JwtInvalidClaimError,
  JwtInvalidIssuerError,
  JwtInvalidScopeError,
  JwtInvalidSignatureAlgorithmError,
  JwtInvalidSignatureError,
  JwtNotBeforeError,
  JwtParseError,
  JwtWithoutValidKidError,
  KidNotFoundInJwksError,
  NotSupportedError,
  ParameterValidationError,
  WaitPeriodNotYetEndedJwkError,
} from "aws-jwt-verify/error";
import { AuthError, type AuthErrorDetails } from "./auth-error.js";
import type { AuthErrorCode } from "./table.js";

type ErrorClass = abstract new (...args: never[]) => Error;

/** From the most to the least derived class: the first that fits decides. */
const MAPPING: readonly (readonly [ErrorClass, AuthErrorCode, AuthErrorDetails?])[] = [
  [JwtParseError, "malformed_token"],
  [JwtExpiredError, "token_expired"],
  [JwtNotBeforeError, "invalid_claims", { claim: "nbf" }],
  [JwtInvalidIssuerError, "invalid_claims", { claim: "iss" }],
  [JwtInvalidAudienceError, "invalid_claims", { claim: "aud" }],
  [JwtInvalidScopeError, "invalid_claims", { claim: "scope" }],
  [CognitoJwtInvalidTokenUseError, "invalid_claims", { claim: "token_use" }],
  [CognitoJwtInvalidClientIdError, "invalid_claims", { claim: "client_id" }],
  [CognitoJwtInvalidGroupError, "invalid_claims", { claim: "cognito:groups" }],
  [JwtInvalidClaimError, "invalid_claims"],
  [JwtInvalidSignatureError, "invalid_signature"],
  [JwtInvalidSignatureAlgorithmError, "invalid_signature"],
  [JwtWithoutValidKidError, "invalid_signature"],
  [KidNotFoundInJwksError, "invalid_signature"],
  [JwkInvalidUseError, "invalid_signature"],
  [JwkInvalidKtyError, "invalid_signature"],
  [NotSupportedError, "invalid_signature"],
  [FetchError, "jwks_unavailable"],
  [JwksValidationError, "jwks_unavailable"],
  [JwkValidationError, "jwks_unavailable"],
  [JwksNotAvailableInCacheError, "jwks_unavailable"],
  [WaitPeriodNotYetEndedJwkError, "jwks_unavailable"],
  // The library throws its configuration error class for a token whose `iss` it does not know.
  [ParameterValidationError, "invalid_claims", { claim: "iss" }],
];

/**
 * The error that aws-jwt-verify threw, as ours. Its text is dropped: it quotes claims. What is not known is
 * laid to the token (a RangeError for an absurd date, say), since a token's fault must never be a 5xx.
 */
export function fromJwtVerifyError(error: unknown): AuthError {
  for (const [errorClass, code, details] of MAPPING) {
    if (error instanceof errorClass) return new AuthError(code, details);
  }
  return new AuthError("malformed_token");
}
