import { type TracingChannel, tracingChannel } from "node:diagnostics_channel";
import type { AuthOperations, DiagnosticsOutcome } from "./messages.js";

/** What a message gets when its operation is done. */
export type Facts<Message> = Partial<Message> & { readonly outcome: DiagnosticsOutcome };

/**
 * A tracing channel that tells of what takes time, at hand or not. Node's own `traceSync()` and `tracePromise()` would
 * put results and errors into the message; here only facts go in.
 *
 * Ask {@link isWatched} before making a message: while nobody listens, that question is all that it costs.
 */
export class Operation<Name extends keyof AuthOperations> {
  readonly #channel: TracingChannel<unknown, AuthOperations[Name]>;

  constructor(name: Name) {
    this.#channel = tracingChannel(name);
  }

  /** Whether anybody listens. */
  get isWatched(): boolean {
    return this.#channel.hasSubscribers;
  }

  /**
   * Does the work and tells of it.
   *
   * @param message what is known before; new for each operation
   * @param factsOf what is known of a result
   * @returns what the work gave, a promise where it gave one
   */
  run<R>(
    message: AuthOperations[Name],
    work: () => R,
    factsOf: (result: Awaited<R>) => Facts<AuthOperations[Name]>,
  ): R {
    const { start, end, asyncStart, asyncEnd, error } = this.#channel;
    const conclude = (facts: { readonly outcome: DiagnosticsOutcome }) => {
      // Not `Object.assign`, which throws where a subscriber froze the message.
      for (const [fact, value] of Object.entries(facts)) Reflect.set(message, fact, value);
      if (facts.outcome !== "ok") error.publish(message);
    };
    const concludeLater = (facts: { readonly outcome: DiagnosticsOutcome }) => {
      conclude(facts);
      asyncStart.publish(message);
      asyncEnd.publish(message);
    };
    return start.runStores(message, (): R => {
      try {
        const result = work();
        if (result instanceof Promise) {
          const told = result.then(
            (value: Awaited<R>) => {
              concludeLater(factsOf(value));
              return value;
            },
            (fault: unknown) => {
              concludeLater(EXCEPTION);
              throw fault;
            },
          );
          // A promise for a promise of the same.
          return told as R;
        }
        // What is no promise is what awaiting it would give.
        conclude(factsOf(result as Awaited<R>));
        return result;
      } catch (fault) {
        conclude(EXCEPTION);
        throw fault;
      } finally {
        end.publish(message);
      }
    });
  }
}

const EXCEPTION = { outcome: "exception" } as const;
