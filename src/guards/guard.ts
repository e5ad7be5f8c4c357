import { guardDecisions } from "../diagnostics/channels.js";
import type { GuardMessage } from "../diagnostics/messages.js";
import { AuthError } from "../errors/auth-error.js";
import { type Eventually, whenReady } from "../errors/outcome.js";
import { Session } from "../session/session.js";

/**
 * Decides whether a session may pass: nothing when it may, else the error to answer with. Knows no framework; an adapter
 * hands it what it finds in the session's place.
 */
export type Guard = (session: unknown, request: unknown) => Eventually<AuthError | undefined>;

/** What a guard asks of a signed-in user's session. */
export type Requirement = (session: Session, request: unknown) => Eventually<AuthError | undefined>;

/** A guard over a requirement: first that there is a session of ours, then that there is a user, then the requirement. */
export function guardBy(name: GuardMessage["guard"], requirement: Requirement): Guard {
  const decide: Guard = (candidate, request) => {
    const session = Session.of(candidate);
    if (session === undefined) return new AuthError("misconfigured");
    const { finish } = Session.engineOf(session);
    if (!session.isAuthenticated) return finish(new AuthError("missing_token"));
    return whenReady(requirement(session, request), (refusal) => refusal && finish(refusal));
  };
  return (candidate, request) => {
    const decision = decide(candidate, request);
    if (!guardDecisions.isWatched) return decision;
    return whenReady(decision, (refusal) => {
      guardDecisions.publish({ guard: name, outcome: refusal?.code ?? "ok" });
      return refusal;
    });
  };
}
