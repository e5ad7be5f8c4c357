import { requestOutcomes } from "../diagnostics/channels.js";
import { type Eventually, failed, type Outcome, whenReady } from "../errors/outcome.js";
import type { RequestHeaders } from "../tokens/bearer.js";
import type { Identifier } from "./identifier.js";
import type { Session } from "./session.js";

/** Tells whoever listens what a request came to: once, however often its session is asked for. */
export function toldOutcome(
  identifier: Pick<Identifier, "tellsOf">,
  request: RequestHeaders,
  eventually: Eventually<Outcome<Session>>,
): Eventually<Outcome<Session>> {
  return whenReady(eventually, (outcome) => {
    if (!identifier.tellsOf(request)) return outcome;
    if (failed(outcome)) requestOutcomes.publish({ outcome: outcome.code, isAuthenticated: false });
    else {
      const { isAuthenticated, userPoolId } = outcome;
      requestOutcomes.publish({ outcome: "ok", isAuthenticated, ...(userPoolId === undefined ? {} : { userPoolId }) });
    }
    return outcome;
  });
}
