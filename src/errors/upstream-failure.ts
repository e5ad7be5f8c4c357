/**
 * What is kept of a failed call to Cognito: facts, never its words. Texts of upstream answers may quote
 * tokens, identities or internals, so the original error is dropped.
 */
export class UpstreamFailure extends Error {
  override readonly name: string;
  /** The operation that failed: `GetId`, `JWKS`, ... */
  readonly operation: string;
  /** HTTP status of the answer, if there was one. */
  declare readonly httpStatusCode?: number;
  /** AWS request id, for a support case. */
  declare readonly requestId?: string;

  constructor(
    operation: string,
    name: string,
    facts: { httpStatusCode?: number | undefined; requestId?: string | undefined } = {},
  ) {
    const { httpStatusCode, requestId } = facts;
    super(`${operation} failed: ${name}${httpStatusCode === undefined ? "" : ` (HTTP ${httpStatusCode})`}`);
    this.name = name;
    this.operation = operation;
    if (httpStatusCode !== undefined) this.httpStatusCode = httpStatusCode;
    if (requestId !== undefined) this.requestId = requestId;
  }
}
