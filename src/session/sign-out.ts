import type { CookieSession } from "../browser/cookie-session.js";
import { AuthError } from "../errors/auth-error.js";
import { failed } from "../errors/outcome.js";
import { warnOnce } from "../errors/warn-once.js";
import { type CookieEngine, userOf } from "./cookie-engine.js";
import type { SessionEvents } from "./events.js";
import type { Revocations } from "./revocations.js";
import { Session } from "./session.js";

const NOT_REVOCABLE =
  "A bearer token without `origin_jti` was to be signed out, and stays good until it expires: enable token revocation for the app client.";

/** What signing out works with. */
export interface SignOutParts {
  readonly cookies: Pick<CookieEngine, "revokeTokens"> | undefined;
  readonly revocations: Pick<Revocations, "revoke">;
  readonly events: SessionEvents;
}

/** Ends sessions for good: nothing that is kept of one, or still under way for it, is of use afterwards. */
export class SignOut {
  readonly #parts: SignOutParts;

  constructor(parts: SignOutParts) {
    this.#parts = parts;
  }

  /** @returns why it has not ended, if it has not */
  async cookie(session: CookieSession): Promise<AuthError | undefined> {
    const { cookies, revocations, events } = this.#parts;
    const ended = await session.end();
    if (ended === undefined || failed(ended)) return ended;
    // That others do not hear of it can be borne: the session itself has ended for all of them.
    if (ended.originJti !== undefined) await revocations.revoke({ originJti: ended.originJti });
    await cookies?.revokeTokens(ended);
    events.emit({ type: "signedOut", ...userOf(ended.owner) });
    return undefined;
  }

  /** The sign-in that a bearer token came from. @returns why it has not ended everywhere, if it has not */
  async bearer(session: Session): Promise<AuthError | undefined> {
    if (!session.isAuthenticated) return undefined;
    const { access, id } = Session.verifiedTokens(session);
    const originJti = (access ?? id)?.originJti;
    if (originJti === undefined) warnOnce("not_revocable", NOT_REVOCABLE);
    else if (!(await this.#parts.revocations.revoke({ originJti }))) return new AuthError("store_unavailable");
    const { userSub, username, clientId, userPoolId } = session;
    this.#parts.events.emit({ type: "signedOut", userSub, username, clientId, userPoolId });
    return undefined;
  }
}
