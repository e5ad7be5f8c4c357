import type { AuthError } from "../errors/auth-error.js";
import { ERROR_TABLE } from "../errors/table.js";
import { UpstreamFailure } from "../errors/upstream-failure.js";
import { warnOnce } from "../errors/warn-once.js";
import { http } from "../node-http.js";

/** Headers of the answer that a handler had begun to describe, and that is not sent. */
export const SUPERSEDED_HEADERS = ["Content-Encoding", "Content-Language", "Content-Range", "ETag", "Last-Modified"];

/** A body, and how many bytes it has. */
interface Body {
  readonly body: string;
  readonly length: string;
}

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
  const { body, length } = writeProblem(error, (name, value) => {
    headers[name] = value;
  });
  headers["Content-Length"] = length;
  return { status: error.status, headers, body };
}

/**
 * The same for frameworks that take one header after the other, without an object in between.
 *
 * @param setHeader called for each header of the answer but its length, which some frameworks tell by themselves
 */
export function writeProblem(error: AuthError, setHeader: (name: string, value: string) => void): Body {
  tellOperator(error);
  for (const name of Object.keys(error.headers)) setHeader(name, error.headers[name] ?? "");
  setHeader("Cache-Control", "no-store");
  setHeader("Content-Type", "application/problem+json; charset=utf-8");
  return bodyOf(error);
}

/** The last one made of each code. Some codes have several names, and applications may make errors with any. */
const bodies = new Map<AuthError["code"], Body & Pick<AuthError, "status" | "name">>();

function bodyOf({ status, code, name }: AuthError): Body {
  const known = bodies.get(code);
  if (known !== undefined && known.status === status && known.name === name) return known;
  const body = JSON.stringify({
    status,
    title: http.STATUS_CODES[status],
    detail: ERROR_TABLE[code].detail,
    code,
    name,
  });
  const made = { body, length: String(Buffer.byteLength(body)), status, name };
  bodies.set(code, made);
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
