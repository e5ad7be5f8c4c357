import type { AuthError } from "../errors/auth-error.js";
import type { Outcome } from "../errors/outcome.js";
import type { RequestHead } from "../tokens/bearer.js";
import type { GrantOwner } from "./grant.js";
import type { Liveness } from "./live-grants.js";
import type { CookieSink } from "./session-cookie.js";

/** A session that a request brought in its cookies. */
export interface CookieSession {
  /**
   * Its tokens, good now; undefined where it has ended.
   *
   * @param isForced renew what is still good as well, or fail
   */
  open(isForced: boolean): Promise<Liveness>;
  /** Ends it, here and in the browser. @returns what has to be revoked; undefined where it had ended before */
  end(): Promise<Outcome<EndedSession | undefined>>;
}

/** What is left to do for a session that was ended. */
export interface EndedSession {
  readonly owner: GrantOwner;
  readonly refreshToken: string | undefined;
  /** The sign-in, where its tokens tell. */
  readonly originJti: string | undefined;
}

/** Where sessions in cookies come from. */
export interface CookieSource {
  /**
   * What the request brings; undefined for nothing. Looks at the cookies only.
   *
   * @param sink the answer's cookies; without one nothing can be written back
   */
  find(head: RequestHead, sink: CookieSink | undefined): Outcome<CookieSession | undefined>;
}

/** Whether an error means that a session is over, whoever asks. */
export function isOver({ code }: AuthError): boolean {
  return code === "refresh_failed" || code === "session_mismatch";
}
