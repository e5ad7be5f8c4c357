/** Node's codes: of its system calls and its own errors, and of certificates that are not trusted. */
const ERRNO = /^(?:E[A-Z0-9_]{2,30}|(?:CERT|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO)_[A-Z_]{2,40})$/;

/** Node's code of an error, `ECONNREFUSED` or the like; which of them are kept is {@link UpstreamFailure}'s to say. */
export function errnoOf(error: unknown): string | undefined {
  const code: unknown = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" ? code : undefined;
}

/**
 * What is kept of a failed call to Cognito: facts, never its words. Texts of upstream answers may quote
 * tokens, identities or internals, so the original error is dropped.
 */
export class UpstreamFailure extends Error {
  /** The exception's name, as AWS or Node has it. */
  override readonly name: string;
  /** The operation that failed: `GetId`, `JWKS`, ... */
  readonly operation: string;
  /** HTTP status of the answer, if there was one. */
  declare readonly httpStatusCode?: number;
  /** AWS request id, for a support case. */
  declare readonly requestId?: string;
  /** Node's code of a connection that failed: `ECONNREFUSED`, `CERT_HAS_EXPIRED`, ... */
  declare readonly errno?: string;

  constructor(
    operation: string,
    name: string,
    facts: { httpStatusCode?: number | undefined; requestId?: string | undefined; errno?: string | undefined } = {},
  ) {
    const { httpStatusCode, requestId } = facts;
    const errno = facts.errno !== undefined && ERRNO.test(facts.errno) ? facts.errno : undefined;
    const detail = httpStatusCode === undefined ? errno : `HTTP ${httpStatusCode}`;
    super(`${operation} failed: ${name}${detail === undefined ? "" : ` (${detail})`}`);
    this.name = name;
    this.operation = operation;
    if (httpStatusCode !== undefined) this.httpStatusCode = httpStatusCode;
    if (requestId !== undefined) this.requestId = requestId;
    if (errno !== undefined) this.errno = errno;
  }
}
