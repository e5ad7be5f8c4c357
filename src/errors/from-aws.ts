import { AuthError, type AuthErrorDetails } from "./auth-error.js";
import { VERDICTS, type Verdict } from "./aws-exceptions.js";
import type { AuthErrorCode } from "./table.js";
import { errnoOf, UpstreamFailure } from "./upstream-failure.js";

/** Calls to Cognito, and one to STS, that this package makes. */
export type CognitoOperation =
  | "GetId"
  | "GetCredentialsForIdentity"
  | "GetOpenIdToken"
  | "AssumeRoleWithWebIdentity"
  | "GetTokensFromRefreshToken"
  | "InitiateAuth"
  | "RevokeToken";

/** Real refusals whose text says more than their class. The texts were seen at the real service. */
const KNOWN_TEXTS: readonly (readonly [RegExp, { code?: AuthErrorCode; recoverySuggestion: string }])[] = [
  [
    /^Invalid login token\. Token expired/,
    { code: "token_expired", recoverySuggestion: "Refresh the session and send the new ID token." },
  ],
  [
    /^Token is not from a supported provider/,
    {
      recoverySuggestion:
        "Add this user pool and app client to the identity pool's identity providers, and compare their Regions.",
    },
  ],
  [
    /^Logins don't match/,
    { recoverySuggestion: "The identity pool has no such identity provider, or `identityPoolId` names another pool." },
  ],
  [
    /^Invalid login token\. Couldn't verify/,
    { recoverySuggestion: "The identity pool could not verify the token: it trusts another user pool." },
  ],
  [
    /^Invalid login token\. Issuer doesn't match/,
    { recoverySuggestion: "The token's issuer is not the identity pool's provider name: look at `issuer`." },
  ],
  [
    /^Unauthenticated access is not supported/,
    {
      recoverySuggestion:
        "The identity pool does not allow guests. Allow unauthenticated identities there, or send an ID token.",
    },
  ],
  [
    /^The ambiguous role mapping rules/,
    { recoverySuggestion: "The identity pool's role mapping denies this user: no rule or preferred role fits." },
  ],
  [
    /^Access to Role /,
    { recoverySuggestion: "`roleArn` is not among the roles in the user's token (`cognito:roles`)." },
  ],
  [
    /^Invalid identity pool configuration/,
    { recoverySuggestion: "Check the IAM roles of the identity pool and their trust policies." },
  ],
  [
    /^(?:Client \S+ is (?:not )?configured (?:with|for) secret|SecretHash does not match|Unable to verify secret hash|Invalid client secret)/,
    {
      code: "misconfigured",
      recoverySuggestion: "Compare `clientSecret` with the app client's: it has none, or another.",
    },
  ],
  [/^IdentityPool /, { recoverySuggestion: "`identityPoolId` names no identity pool in this Region and account." }],
];

const REFRESH_OPERATIONS: ReadonlySet<CognitoOperation> = new Set(["GetTokensFromRefreshToken", "InitiateAuth"]);
/** What ends a session (Amplify ends it on the same ones). All else, a firewall's refusal too, may pass and keeps it. */
const ENDS_SESSION: ReadonlySet<string> = new Set([
  "NotAuthorizedException",
  "TokenRevokedException",
  "UserNotFoundException",
  "UserNotConfirmedException",
  "PasswordResetRequiredException",
  "RefreshTokenReuseException",
]);
/** Connections that were never made: nothing was sent. */
const NEVER_SENT: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  // A certificate that is not trusted: found before anything goes out.
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "ERR_TLS_CERT_ALTNAME_INVALID",
]);
const NO_CONNECTION = /did not establish a connection/;
/** Answers of a service, or of what stands before it, that did not do what was asked. */
const NOT_DONE_STATUSES: ReadonlySet<number> = new Set([400, 401, 403, 404, 413, 429, 503]);
/** What emulators say that do not know an operation. */
const UNKNOWN_OPERATION: ReadonlySet<string> = new Set(["UnknownOperationException", "Unsupported"]);
/** Failures that no answer names: what the SDK or a bound of ours ended. */
const OWN_NAMES: ReadonlySet<string> = new Set(["AbortError", "TimeoutError", "DeadlineExceeded", "AnswerTooLarge"]);
const REQUEST_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * What an AWS client threw, as ours: declared exceptions, and what the SDK really throws besides (HTML bodies
 * as SyntaxError, resets, aborts, time-outs, refused connections). No word of the answer is kept.
 *
 * @param error whatever `client.send()` rejected with
 * @param operation the call that failed
 */
export function fromAwsError(error: unknown, operation: CognitoOperation): AuthError {
  const { name, message, httpStatusCode, requestId, errno } = read(error);
  const verdict = VERDICTS.get(name) ?? verdictOfStatus(httpStatusCode);
  const known = KNOWN_TEXTS.find(([text]) => text.test(message))?.[1];
  const code = known?.code ?? codeOf(verdict, operation, name);
  const details: AuthErrorDetails = {
    // An expired token has one name wherever it is found out, and an unknown error is a network's.
    name: VERDICTS.has(name) ? name : undefined,
    cause: new UpstreamFailure(operation, VERDICTS.has(name) ? name : failureName(name, httpStatusCode), {
      httpStatusCode,
      requestId,
      errno,
    }),
    recoverySuggestion: known?.recoverySuggestion,
  };
  return new AuthError(code, details);
}

/** Why an identity id is of no use: it is gone, or it is another login's. */
export type IdentityStaleness = "deleted" | "foreign";

/** Whether GetCredentialsForIdentity complained about the identity id rather than about the user. */
export function stalenessOfIdentity(error: unknown): IdentityStaleness | undefined {
  const { name, message } = read(error);
  if (name === "ResourceNotFoundException" && !message.startsWith("IdentityPool ")) return "deleted";
  return name === "NotAuthorizedException" && message.startsWith("Access to Identity ") ? "foreign" : undefined;
}

/** Whether nobody can tell if a call was carried out: it may have arrived, and no clear answer came back. */
export function isUnclear(error: unknown): boolean {
  const { name, httpStatusCode, errno } = read(error);
  if (VERDICTS.has(name) || UNKNOWN_OPERATION.has(name)) return false;
  if (httpStatusCode !== undefined) return !NOT_DONE_STATUSES.has(httpStatusCode);
  return !wasConnecting(error) && (errno === undefined || !NEVER_SENT.has(errno));
}

/** Whether it failed before there was a connection: then nothing was sent, whatever the system calls it. */
function wasConnecting(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const syscall: unknown = "syscall" in error ? error.syscall : undefined;
  // The SDK's own time-out for connecting has the name of all its time-outs.
  return syscall === "connect" || syscall === "getaddrinfo" || NO_CONNECTION.test(error.message);
}

/** Whether the service said that it has no such operation. */
export function isUnknownOperation(error: unknown): boolean {
  return UNKNOWN_OPERATION.has(read(error).name);
}

function codeOf(verdict: Verdict, operation: CognitoOperation, name: string): AuthErrorCode {
  if (verdict === "misconfigured") return "misconfigured";
  if (verdict === "unavailable") return "credentials_unavailable";
  if (!REFRESH_OPERATIONS.has(operation)) return "credentials_denied";
  return ENDS_SESSION.has(name) ? "refresh_failed" : "credentials_unavailable";
}

/** For answers without a known class. A 401 or 403 without one comes from a firewall before the service. */
function verdictOfStatus(httpStatusCode: number | undefined): Verdict {
  if (httpStatusCode === 401 || httpStatusCode === 403) return "refused";
  return "unavailable";
}

function failureName(name: string, httpStatusCode: number | undefined): string {
  if (OWN_NAMES.has(name)) return name;
  return httpStatusCode === undefined ? "NetworkError" : "UnreadableAnswer";
}

interface Facts {
  readonly name: string;
  readonly message: string;
  readonly httpStatusCode?: number | undefined;
  readonly requestId?: string | undefined;
  readonly errno?: string | undefined;
}

function read(error: unknown): Facts {
  if (!(error instanceof Error)) return { name: "Unknown", message: "" };
  const { name, message } = error;
  const errno = errnoOf(error);
  const metadata: unknown = "$metadata" in error ? error.$metadata : undefined;
  if (typeof metadata !== "object" || metadata === null) return { name, message, errno };
  const httpStatusCode =
    "httpStatusCode" in metadata && typeof metadata.httpStatusCode === "number" ? metadata.httpStatusCode : undefined;
  const requestId =
    "requestId" in metadata && typeof metadata.requestId === "string" && REQUEST_ID.test(metadata.requestId)
      ? metadata.requestId
      : undefined;
  return { name, message, httpStatusCode, requestId, errno };
}
