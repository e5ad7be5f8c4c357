import { DeadlineExceeded, within } from "../deadline.js";
import { AuthError } from "../errors/auth-error.js";
import type { Eventually, Outcome } from "../errors/outcome.js";
import type { AuthErrorCode } from "../errors/table.js";
import { type Hook, hookFailure } from "./hook-failure.js";

/** Which function of the user's is asked, for how long, and what its failing comes to. */
export interface Question {
  readonly hook: Hook;
  readonly timeoutMs: number;
  readonly onFailure: AuthErrorCode;
}

/**
 * Asks a function of the user's, within a time. What it gives is turned into an outcome by `judge`. Throwing, rejecting
 * and hanging end the request, unless it threw an {@link AuthError} of its own, which stands.
 */
export function askUser<T, R>(
  { hook, timeoutMs, onFailure }: Question,
  ask: () => T | Promise<T>,
  judge: (answer: T) => Outcome<R>,
): Eventually<Outcome<R>> {
  const refuse = (error: unknown, fault: "threw" | "rejected") => {
    if (isA(error, AuthError)) return error;
    return hookFailure(onFailure, hook, isA(error, DeadlineExceeded) ? "hung" : fault, error);
  };
  try {
    const answer = within(timeoutMs, ask);
    return answer instanceof Promise ? answer.then(judge).catch((error) => refuse(error, "rejected")) : judge(answer);
  } catch (error) {
    return refuse(error, "threw");
  }
}

/** Asks whether a user may: nothing when the answer is `true`, else `forbidden`. */
export function askWhether(
  hook: Hook,
  timeoutMs: number,
  ask: () => boolean | Promise<boolean>,
): Eventually<AuthError | undefined> {
  return askUser({ hook, timeoutMs, onFailure: "forbidden" }, ask, (answer) =>
    answer === true ? undefined : new AuthError("forbidden"),
  );
}

/** What a function of the user's throws may be a trap for whoever asks what it is. */
function isA<T>(error: unknown, kind: abstract new (...args: never[]) => T): error is T {
  try {
    return error instanceof kind;
  } catch {
    return false;
  }
}
