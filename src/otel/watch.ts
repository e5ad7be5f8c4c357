import { subscribe, tracingChannel, unsubscribe } from "node:diagnostics_channel";
import { diag } from "@opentelemetry/api";
import type { AuthNotices, AuthOperations } from "../diagnostics/messages.js";

/** Ends what was begun. */
export type Stop = () => void;

/**
 * A handler that never throws: Node would turn it into an uncaught exception, and that would be the end of the process.
 * What went wrong may quote anything, so only that it did is told.
 */
export function quietly<Message, R>(handle: (message: Message) => R): (message: Message) => R | undefined {
  return (message) => {
    try {
      return handle(message);
    } catch {
      diag.error("cognito-auth-session: a tracer or a meter threw.");
      return undefined;
    }
  };
}

/** Calls a function with each notice of a plain channel. */
export function watchNotice<Name extends keyof AuthNotices>(
  name: Name,
  handle: (message: AuthNotices[Name]) => void,
): Stop {
  // What comes through the channel is what the core publishes there.
  const listener = quietly((message: unknown) => handle(message as AuthNotices[Name]));
  subscribe(name, listener);
  return () => void unsubscribe(name, listener);
}

/** Calls functions when an operation begins and when it is done, at hand or waited for. */
export function watchOperation<Name extends keyof AuthOperations>(
  name: Name,
  handlers: {
    readonly begun?: (message: AuthOperations[Name]) => void;
    readonly done: (message: AuthOperations[Name]) => void;
  },
): Stop {
  const { start, end, asyncEnd } = tracingChannel(name);
  // What comes through the channels is what the core publishes there.
  const begun = quietly((message: unknown) => handlers.begun?.(message as AuthOperations[Name]));
  const done = quietly((message: unknown) => {
    const operation = message as AuthOperations[Name];
    if (operation.outcome !== undefined) handlers.done(operation);
  });
  if (handlers.begun !== undefined) start.subscribe(begun);
  end.subscribe(done);
  asyncEnd.subscribe(done);
  return () => {
    if (handlers.begun !== undefined) start.unsubscribe(begun);
    end.unsubscribe(done);
    asyncEnd.unsubscribe(done);
  };
}
