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
  const headers: Record<string, string> = {};
  const body = writeProblem(error, (name, value) => {
    headers[name] = value;
  });
  return { status: error.status, headers, body };
}

/**
 * The same for frameworks that take one header after the other, without an object in between.
 *
 * @param setHeader called for each header of the answer
 * @returns the body
 */
export function writeProblem(error: AuthError, setHeader: (name: string, value: string) => void): string {
  tellOperator(error);
  const { body, length } = bodyOf(error);
  for (const name of Object.keys(error.headers)) setHeader(name, error.headers[name] ?? "");
  setHeader("Cache-Control", "no-store");
  setHeader("Content-Type", "application/problem+json; charset=utf-8");
  setHeader("Content-Length", length);
  return body;
}

/** There are few: applications may make errors with a name or a status of their own, so there is a bound all the same. */
const bodies = new Map<string, { readonly body: string; readonly length: string }>();
const MAX_BODIES = 100;

function bodyOf({ status, code, name }: AuthError): { readonly body: string; readonly length: string } {
  const key = `${status} ${code} ${name}`;
  const known = bodies.get(key);
  if (known !== undefined) return known;
  const body = JSON.stringify({ status, title: STATUS_CODES[status], detail: ERROR_TABLE[code].detail, code, name });
  const made = { body, length: String(Buffer.byteLength(body)) };
  if (bodies.size < MAX_BODIES) bodies.set(key, made);
  return made;
}

/**
 * Says once, as a process warning, what is wrong with the set-up or cannot be reached: the client is not told, and no
 * other handler will see the error. The texts are ours.
 */
function tellOperator(error: AuthError): void {
  if (error.status < 500) return;
  const { code, cause, recoverySuggestion } = error;
  const failure = cause instanceof UpstreamFailure ? cause.message : undefined;
  if (failure === undefined) warnOnce(code, recoverySuggestion);
  else warnOnce(code, `${failure}. ${recoverySuggestion}`, `${code} ${failure}`);
}
