import type { AnswerHeaders } from "../browser/session-cookie.js";
import type { AuthError } from "../errors/auth-error.js";
import { type Eventually, failed, type Outcome, whenReady } from "../errors/outcome.js";
import { SessionManager } from "../session/manager.js";
import type { Session } from "../session/session.js";
import type { RequestHeaders } from "../tokens/bearer.js";

/** An engine that remembers what each request came to, so that it can be told without asking a second time. */
export class WatchedSessions extends SessionManager {
  readonly #outcomes = new WeakMap<object, Outcome<Session>>();

  /** @internal */
  override resolve(request: RequestHeaders, answer?: AnswerHeaders): Eventually<Outcome<Session>> {
    return whenReady(super.resolve(request, answer), (outcome) => {
      this.#outcomes.set(request, outcome);
      return outcome;
    });
  }

  /** The session that a request got. */
  sessionOf(request: object): Session | undefined {
    const outcome = this.#outcomes.get(request);
    return outcome === undefined || failed(outcome) ? undefined : outcome;
  }

  /** Why a request got none. */
  refusalOf(request: object): AuthError | undefined {
    const outcome = this.#outcomes.get(request);
    return outcome !== undefined && failed(outcome) ? outcome : undefined;
  }
}
