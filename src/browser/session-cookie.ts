import { stringifySetCookie } from "cookie";
import type { CookieConfig } from "../config/config.js";
import { warnOnce } from "../errors/warn-once.js";

const NAME = "auth-session";
const PRIVATE = "private, no-store";
const INSECURE =
  "`origin` is plain http, so session cookies go without `Secure` and without the `__Host-` prefix. That is for development on this machine only.";

/** Where `Set-Cookie` headers go: an answer. */
export interface CookieSink {
  /** Whether headers can still be added. */
  readonly isOpen: boolean;
  add(setCookie: string): void;
}

/** How our cookies are named and written. Never with a Domain: only the very host that set one gets it back. */
export interface CookieStyle {
  /** The name of the cookie that holds the session's id. */
  readonly name: string;
  /** A `Set-Cookie` header. @param maxAgeSeconds 0 removes the cookie */
  write(name: string, value: string, maxAgeSeconds: number): string;
  /** A name in our style. */
  nameOf(name: string): string;
}

/**
 * `__Host-` makes browsers refuse a cookie of that name from a sibling domain, or without `Secure` (RFC 6265bis section
 * 4.1.3.2). On plain http they would refuse it as well, so on loopback it goes without, and says so.
 */
export function cookieStyle({ isSecure }: Pick<CookieConfig, "isSecure">): CookieStyle {
  if (!isSecure) warnOnce("insecure_cookie", INSECURE);
  const nameOf = (name: string) => (isSecure ? `__Host-${name}` : name);
  return {
    name: nameOf(NAME),
    nameOf,
    write: (name, value, maxAgeSeconds) =>
      stringifySetCookie(
        {
          name,
          value,
          path: "/",
          httpOnly: true,
          secure: isSecure,
          sameSite: "lax",
          maxAge: Math.floor(maxAgeSeconds),
        },
        { encode: String },
      ),
  };
}

/** An answer whose headers are still to be sent: Node's response, or the `Headers` of a Fetch answer. */
export type AnswerHeaders =
  | {
      /** Whether it is too late to set any. */
      readonly headersSent: boolean;
      /** Adds a header beside others of its name. */
      appendHeader(name: string, value: string): unknown;
      /** Sets a header in place of others of its name. */
      setHeader(name: string, value: string): unknown;
    }
  | {
      /** Adds a header beside others of its name. */
      append(name: string, value: string): void;
      /** Sets a header in place of others of its name. */
      set(name: string, value: string): void;
    };

type NodeAnswer = Extract<AnswerHeaders, { headersSent: boolean }>;
type FetchAnswer = Exclude<AnswerHeaders, NodeAnswer>;

/** Where an answer's cookies go. What sets some is one user's: no cache on the way is to keep it. */
export function sinkOf(answer: AnswerHeaders | undefined): CookieSink | undefined {
  if (answer === undefined) return undefined;
  // Express' response has an `append` of its own.
  return "headersSent" in answer ? new NodeSink(answer) : new FetchSink(answer);
}

// Classes: one is made for each request, and V8 keeps each getter of a literal, with all it can reach, until a full
// collection, because every such object has a hidden class of its own.

class FetchSink implements CookieSink {
  readonly #answer: FetchAnswer;
  readonly isOpen = true;

  constructor(answer: FetchAnswer) {
    this.#answer = answer;
  }

  add(cookie: string): void {
    this.#answer.append("Set-Cookie", cookie);
    this.#answer.set("Cache-Control", PRIVATE);
  }
}

class NodeSink implements CookieSink {
  readonly #answer: NodeAnswer;

  constructor(answer: NodeAnswer) {
    this.#answer = answer;
  }

  get isOpen(): boolean {
    return !this.#answer.headersSent;
  }

  add(cookie: string): void {
    if (!this.isOpen) return;
    this.#answer.appendHeader("Set-Cookie", cookie);
    this.#answer.setHeader("Cache-Control", PRIVATE);
  }
}
