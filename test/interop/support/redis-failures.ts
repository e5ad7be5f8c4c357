import { inspect } from "node:util";
import { expect } from "chai";

/** What a promise rejects with; fails where it does not. */
export async function failureOf(promise: Promise<unknown> | undefined): Promise<unknown> {
  if (promise === undefined) return expect.fail("There is no such method.");
  return promise.then(
    (value) => expect.fail(`It gave ${value}.`),
    (error: unknown) => error,
  );
}

/** All that an error may show to whoever looks at it. */
export function shown(error: unknown): string {
  const { message, stack, cause } = error instanceof Error ? error : new Error("It is no error.");
  const seen = inspect(error, { depth: 9, showHidden: true });
  return [seen, message, stack, inspect(cause, { depth: 9, showHidden: true }), JSON.stringify(error)].join("\n");
}

/** How long a promise takes to reject, in milliseconds, and with what. */
export async function timedFailure(promise: Promise<unknown> | undefined): Promise<{ error: unknown; ms: number }> {
  const from = performance.now();
  const error = await failureOf(promise);
  return { error, ms: performance.now() - from };
}
