import type { AuthErrorCode } from "../errors/table.js";

/**
 * A code of the server's error table, or one of this side: `network_error` (no answer, or none in time) and
 * `invalid_response` (an answer that no session route gives). A newer server may send codes that are not listed here.
 */
export type AuthSessionErrorCode =
  | AuthErrorCode
  | "network_error"
  | "invalid_response"
  | (string & Record<never, never>);

/** Facts about a failed call. */
export interface AuthSessionErrorDetails {
  readonly name: string;
  /** 0 where there was no answer. */
  readonly status: number;
  readonly retryAfterSeconds?: number | undefined;
}

/**
 * Why a call of a session route failed. Its message is made here; no text of an answer is copied into it.
 *
 * @example
 * ```ts
 * const { error } = useAuthSession();
 * if (error?.code === "network_error") return "You seem to be offline.";
 * ```
 */
export class AuthSessionError extends Error {
  /** The exception's name, as AWS and Amplify know it: `NetworkError`, `NotAuthorizedException`... */
  override readonly name: string;
  /** What happened: switch on it. */
  readonly code: AuthSessionErrorCode;
  /** HTTP status of the answer; 0 where there was none. */
  readonly status: number;
  /** How long the server asked to be left alone. */
  readonly retryAfterSeconds: number | undefined;

  constructor(code: AuthSessionErrorCode, { name, status, retryAfterSeconds }: AuthSessionErrorDetails) {
    super(
      status === 0 ? `The session route gave no answer: ${code}.` : `The session route answered ${status}: ${code}.`,
    );
    this.name = name;
    this.code = code;
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** True for the server's own word that there is no session any more; a proxy's 401 is not that. */
  get endsSession(): boolean {
    return this.status === 401 && this.code !== "invalid_response";
  }
}

/** Nobody answered, or not in time. */
export function networkError(): AuthSessionError {
  return new AuthSessionError("network_error", { name: "NetworkError", status: 0 });
}

/** Somebody answered, but not a session route. */
export function invalidResponse(status: number, retryAfterSeconds?: number): AuthSessionError {
  return new AuthSessionError("invalid_response", { name: "InvalidResponseException", status, retryAfterSeconds });
}
