import { STATUS_CODES } from "node:http";
import type { AuthError } from "../errors/auth-error.js";
import { ERROR_TABLE } from "../errors/table.js";
import { UpstreamFailure } from "../errors/upstream-failure.js";
import { warnOnce } from "../errors/warn-once.js";

/** Headers of the answer that a handler had begun to describe, and that is not sent. */
export const SUPERSEDED_HEADERS = ["Content-Encoding", "Content-Language", "Content-Range", "ETag", "Last-Modified"];

/** An answer, for any framework to send. */
export interface ProblemAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * An error as `application/problem+json` (RFC 9457). Without a `type` the title is the status phrase (section 4.2.1);
 * `code` and `name` tell clients what happened. Every text is from the error table.
 */
export function problemOf(error: AuthError): ProblemAnswer {
  tellOperator(error);
  const { status, code, name } = error;
  const body = JSON.stringify({ status, title: STATUS_CODES[status], detail: ERROR_TABLE[code].detail, code, name });
  return {
    status,
    headers: {
      ...error.headers,
      "Cache-Control": "no-store",
      "Content-Type": "application/problem+json; charset=utf-8",
      "Content-Length": String(Buffer.byteLength(body)),
    },
    body,
  };
}

/**
 * Says once, as a process warning, what is wrong with the set-up or cannot be reached: the client is not told, and no
 * other handler will see the error. The texts are ours.
 */
function tellOperator({ code, status, cause, recoverySuggestion }: AuthError): void {
  if (status < 500) return;
  const failure = cause instanceof UpstreamFailure ? cause.message : undefined;
  if (failure === undefined) warnOnce(code, recoverySuggestion);
  else warnOnce(code, `${failure}. ${recoverySuggestion}`, `${code} ${failure}`);
}
