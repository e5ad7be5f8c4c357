import { AuthError } from "./auth-error.js";

/**
 * What a step of the request's way came to: its result, or the error that ends the request. Refusals are
 * returned, not thrown, because refusing must stay cheaper than serving; the faces throw or answer them.
 */
export type Outcome<T> = T | AuthError;

/** A value at hand, or one that has to be waited for. */
export type Eventually<T> = T | Promise<T>;

/** True for a refusal. */
export function failed<T>(outcome: Outcome<T>): outcome is AuthError {
  return outcome instanceof AuthError;
}

/** Goes on with `next` at once when the value is at hand, else when it has come. */
export function whenReady<T, R>(value: Eventually<T>, next: (value: T) => Eventually<R>): Eventually<R> {
  return value instanceof Promise ? value.then(next) : next(value);
}

/** The result, or the refusal thrown. */
export function orThrow<T>(outcome: Outcome<T>): T {
  if (outcome instanceof AuthError) throw outcome;
  return outcome;
}
