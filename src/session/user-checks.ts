import { AuthError } from "../errors/auth-error.js";
import type { Eventually, Outcome } from "../errors/outcome.js";
import { within } from "./deadline.js";

/**
 * Asks a function of the user's, within a time. What it gives is turned into an outcome by `judge`; throwing, rejecting
 * and hanging come to `onFailure`, unless it threw an {@link AuthError} of its own, which stands.
 */
export function askUser<T, R>(
  timeoutMs: number,
  ask: () => T | Promise<T>,
  judge: (answer: T) => Outcome<R>,
  onFailure: () => AuthError,
): Eventually<Outcome<R>> {
  const refuse = (error: unknown) => (error instanceof AuthError ? error : onFailure());
  try {
    const answer = within(timeoutMs, ask);
    return answer instanceof Promise ? answer.then(judge).catch(refuse) : judge(answer);
  } catch (error) {
    return refuse(error);
  }
}

/** Asks whether a user may: nothing when the answer is `true`, else `forbidden`. */
export function askWhether(
  timeoutMs: number,
  ask: () => boolean | Promise<boolean>,
): Eventually<AuthError | undefined> {
  const forbidden = () => new AuthError("forbidden");
  return askUser(timeoutMs, ask, (answer) => (answer === true ? undefined : forbidden()), forbidden);
}
