import { type AuthErrorCode, ERROR_TABLE, type ErrorRow } from "./table.js";
import type { UpstreamFailure } from "./upstream-failure.js";
import { limitStack } from "./without-stack.js";

/** What may be added to a row of the error table. Never put text from a request, a token or an answer here. */
export interface AuthErrorDetails {
  /** The AWS exception name, where the row knows several. */
  readonly name?: string | undefined;
  /** What an upstream answered, without its text. */
  readonly cause?: UpstreamFailure | undefined;
  /** Name of the claim that was missing or wrong. */
  readonly claim?: string | undefined;
  /** Scopes that a scope guard asked for, as written in the route's definition. */
  readonly scopes?: readonly string[] | undefined;
  /** For 503: when to try again, in seconds (default 1). */
  readonly retryAfterSeconds?: number | undefined;
  /** A more precise hint than the table's, for the log. */
  readonly recoverySuggestion?: string | undefined;
}

const DEFAULT_REALM = "api";

/**
 * Every failure of this package. `status`, `headers` and `expose` are what the default error handlers of
 * Express and Koa read, so an unhandled `AuthError` already answers right.
 *
 * @example
 * ```ts
 * if (error instanceof AuthError && error.code === "token_expired") { ... }
 * ```
 */
export class AuthError extends Error {
  /** The name that AWS or Amplify has for it. */
  override readonly name: string;
  /** For a failed call to Cognito: which one, and how it failed, without its text. */
  declare readonly cause?: UpstreamFailure;
  /** Stable code of this package. */
  readonly code: AuthErrorCode;
  /** HTTP status of the answer. */
  readonly status: number;
  /** The same as `status`, under the name that some handlers read. */
  readonly statusCode: number;
  /** Headers of the answer: `WWW-Authenticate` (RFC 6750) or `Retry-After` (RFC 9110 section 10.2.3). */
  readonly headers: Readonly<Record<string, string>>;
  /** Whether the message may be shown to clients. */
  readonly expose: boolean;
  /** What to do about it, for whoever reads the log. */
  readonly recoverySuggestion: string;
  /** For `invalid_claims`: which claim. */
  declare readonly claim?: string;

  /**
   * @param code a row of the error table; decides status, message and headers
   * @param details additions to the row
   */
  constructor(code: AuthErrorCode, details: AuthErrorDetails = {}) {
    const row: ErrorRow = ERROR_TABLE[code];
    const limit = Error.stackTraceLimit;
    // Who is refused did it, not the code that refuses: a stack would tell nothing, and cost more than all else.
    if (row.status < 500) limitStack(0);
    super(row.detail);
    if (row.status < 500) limitStack(limit);
    this.name = details.name ?? row.names[0];
    this.code = code;
    this.status = row.status;
    this.statusCode = row.status;
    this.expose = row.status < 500;
    this.recoverySuggestion = details.recoverySuggestion ?? row.recoverySuggestion;
    this.headers = headersOf(row, details);
    if (details.claim !== undefined) this.claim = details.claim;
    if (details.cause !== undefined) {
      this.cause = details.cause;
      Object.defineProperty(this, "cause", { enumerable: false });
    }
  }

  /** For logs: the facts, no stack and no cause. */
  toJSON(): object {
    const { name, code, status, message, claim } = this;
    return { name, code, status, message, ...(claim === undefined ? {} : { claim }) };
  }
}

/**
 * A configuration that cannot work. Thrown when the middleware is made, never while a request is served.
 * The message names the option and the fix.
 */
export class ConfigurationError extends AuthError {
  override readonly name = "ConfigurationError";
  /** Which option is wrong, where there is one. */
  declare readonly option?: string;

  constructor(message: string, option?: string) {
    super("misconfigured", { recoverySuggestion: message });
    this.message = message;
    if (option !== undefined) this.option = option;
  }
}

/**
 * The same failure as a new object, for another request that it ended: whoever handles an error may write on it.
 *
 * @param waitSeconds for 503: until when nothing will be tried, where that is later than the failure said
 */
export function again(error: AuthError, waitSeconds = 0): AuthError {
  const { code, name, cause, claim, recoverySuggestion, headers } = error;
  const retryAfterSeconds = Math.max(waitSeconds, Number(headers["Retry-After"] ?? 0));
  return new AuthError(code, { name, cause, claim, recoverySuggestion, retryAfterSeconds });
}

/** Names the configured realm in the error's challenge. Errors are made where no realm is known. */
export function inRealm<E extends AuthError>(error: E, realm: string): E {
  const challenge = error.headers["WWW-Authenticate"];
  if (challenge !== undefined && realm !== DEFAULT_REALM) {
    const named = challenge.replace(`realm="${DEFAULT_REALM}"`, () => `realm="${realm}"`);
    Object.assign(error, { headers: { ...error.headers, "WWW-Authenticate": named } });
  }
  return error;
}

/** Without scopes, which differ from route to route. */
const CHALLENGES: ReadonlyMap<ErrorRow, string> = new Map(
  Object.values<ErrorRow>(ERROR_TABLE).flatMap((row) => {
    const { challenge, detail } = row;
    if (challenge === undefined) return [];
    const reason = challenge === "bare" ? "" : `, error="${challenge}", error_description="${detail}"`;
    return [[row, `Bearer realm="${DEFAULT_REALM}"${reason}`] as const];
  }),
);

function headersOf(row: ErrorRow, details: AuthErrorDetails): Record<string, string> {
  if (row.status === 503) {
    return { "Retry-After": String(Math.max(1, Math.ceil(details.retryAfterSeconds ?? 1))) };
  }
  const challenge = CHALLENGES.get(row);
  if (challenge === undefined) return {};
  const { scopes } = details;
  return { "WWW-Authenticate": scopes === undefined ? challenge : `${challenge}, scope="${scopes.join(" ")}"` };
}
