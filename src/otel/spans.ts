import { tracingChannel } from "node:diagnostics_channel";
import { type Attributes, type Context, type Span, SpanStatusCode, type Tracer, trace } from "@opentelemetry/api";
import type { AuthOperations, DiagnosticsOutcome } from "../diagnostics/messages.js";
import { ERROR_TABLE } from "../errors/table.js";
import { ATTRIBUTE } from "./attributes.js";
import { ContextStore } from "./context-store.js";
import { quietly, type Stop, watchOperation } from "./watch.js";

/** How an operation becomes a span. */
interface SpanPlan<Message> {
  readonly name: string;
  readonly isSpan?: (message: Message) => boolean;
  /** What is known before. */
  readonly before: (message: Message) => Attributes;
  /** What is known when it is done, beside its outcome. */
  readonly after?: (message: Message) => Attributes;
}

type Plans = {
  readonly [Name in Exclude<keyof AuthOperations, "cognito-auth-session:store">]: SpanPlan<AuthOperations[Name]>;
};

/** The store's calls are many and short; stores have instrumentations of their own. */
const PLANS: Plans = {
  "cognito-auth-session:verify": {
    name: "verify token",
    // One that is remembered takes a microsecond: a span would take longer than what it tells of.
    isSpan: ({ cached }) => !cached,
    before: () => ({}),
    after: ({ userPoolId, tokenUse }) => ({ [ATTRIBUTE.userPoolId]: userPoolId, [ATTRIBUTE.tokenUse]: tokenUse }),
  },
  "cognito-auth-session:exchange": {
    name: "exchange credentials",
    before: ({ identityPoolId, mode, isGuest }) => ({
      [ATTRIBUTE.identityPoolId]: identityPoolId,
      [ATTRIBUTE.mode]: mode,
      [ATTRIBUTE.isGuest]: isGuest,
    }),
  },
  "cognito-auth-session:refresh": {
    name: "refresh tokens",
    before: ({ userPoolId }) => ({ [ATTRIBUTE.userPoolId]: userPoolId }),
    after: ({ result }) => ({ [ATTRIBUTE.result]: result }),
  },
  "cognito-auth-session:jwks": {
    name: "fetch key set",
    before: ({ userPoolId }) => ({ [ATTRIBUTE.userPoolId]: userPoolId }),
  },
};

/** Makes spans of operations. */
export function makeSpans(tracer: Tracer): Stop {
  const store = new ContextStore();
  const stops = [
    traceOperation("cognito-auth-session:verify", tracer, store),
    traceOperation("cognito-auth-session:exchange", tracer, store),
    traceOperation("cognito-auth-session:refresh", tracer, store),
    traceOperation("cognito-auth-session:jwks", tracer, store),
  ];
  return () => {
    for (const stop of stops) stop();
  };
}

function traceOperation<Name extends keyof Plans>(name: Name, tracer: Tracer, store: ContextStore): Stop {
  const plan: SpanPlan<AuthOperations[Name]> = PLANS[name];
  const { start } = tracingChannel<Context | undefined, AuthOperations[Name]>(name);
  const open = new WeakMap<AuthOperations[Name], Span>();
  const begin = quietly((message: AuthOperations[Name]): Context | undefined => {
    if (plan.isSpan?.(message) === false) return undefined;
    const parent = store.current;
    const span = tracer.startSpan(plan.name, { attributes: plan.before(message) }, parent);
    open.set(message, span);
    return trace.setSpan(parent, span);
  });
  start.bindStore(store, begin);
  const stop = watchOperation(name, {
    done: (message) => {
      const span = open.get(message);
      const { outcome } = message;
      if (span === undefined || outcome === undefined) return;
      open.delete(message);
      const errorName = "errorName" in message ? message.errorName : undefined;
      span.setAttributes({
        [ATTRIBUTE.outcome]: outcome,
        [ATTRIBUTE.errorType]: outcome === "ok" ? undefined : (errorName ?? outcome),
        ...plan.after?.(message),
      });
      if (isOurs(outcome)) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    },
  });
  return () => {
    start.unbindStore(store);
    stop();
  };
}

/** Whether an outcome is the server's fault or an outage. Somebody who is refused is no error of the server's. */
function isOurs(outcome: DiagnosticsOutcome): boolean {
  if (outcome === "ok") return false;
  return outcome === "exception" || ERROR_TABLE[outcome].status >= 500;
}
