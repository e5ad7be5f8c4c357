import { AsyncLocalStorage } from "node:async_hooks";
import { type Context, context } from "@opentelemetry/api";

/**
 * Holds OpenTelemetry's context while an operation of ours runs, and makes it the active one, so that what other
 * instrumentations see meanwhile (the AWS SDK's calls, the store's) goes beneath the operation's span.
 */
export class ContextStore extends AsyncLocalStorage<Context | undefined> {
  /** The context that a new span belongs into. */
  get current(): Context {
    return this.getStore() ?? context.active();
  }

  override run<R, Args extends unknown[]>(held: Context | undefined, callback: (...args: Args) => R, ...args: Args): R {
    // An operation without a span of its own.
    if (held === undefined) return callback(...args);
    return context.with(held, () => super.run(held, callback, ...args));
  }
}
