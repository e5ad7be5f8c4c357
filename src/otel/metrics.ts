import type { Attributes, Histogram, Meter } from "@opentelemetry/api";
import type { AuthOperations } from "../diagnostics/messages.js";
import { ATTRIBUTE } from "./attributes.js";
import { type Stop, watchNotice, watchOperation } from "./watch.js";

/** In seconds: what goes over a network, from a fast answer to `requestTimeout`. */
const CALL_BUCKETS = [0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 10];
/** In seconds: a store stands nearby, and is given 50 ms. */
const STORE_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** Counts and times what the core tells of. */
export function makeMetrics(meter: Meter): Stop {
  const stops = [...countNotices(meter), ...timeOperations(meter)];
  return () => {
    for (const stop of stops) stop();
  };
}

function countNotices(meter: Meter): Stop[] {
  const requests = meter.createCounter("cognito_auth_session.requests", {
    description: "Requests by what they came to: ok, or the code of the error.",
    unit: "{request}",
  });
  const decisions = meter.createCounter("cognito_auth_session.guard.decisions", {
    description: "Decisions of guards.",
    unit: "{decision}",
  });
  const evictions = meter.createCounter("cognito_auth_session.cache.evictions", {
    description: "Entries that made room for others: the cache is too small for the users that there are.",
    unit: "{entry}",
  });
  return [
    watchNotice("cognito-auth-session:request", ({ outcome, isAuthenticated }) =>
      requests.add(1, { [ATTRIBUTE.outcome]: outcome, [ATTRIBUTE.isAuthenticated]: isAuthenticated }),
    ),
    watchNotice("cognito-auth-session:guard", ({ guard, outcome }) =>
      decisions.add(1, { [ATTRIBUTE.guard]: guard, [ATTRIBUTE.outcome]: outcome }),
    ),
    watchNotice("cognito-auth-session:eviction", ({ cache }) => evictions.add(1, { [ATTRIBUTE.cache]: cache })),
  ];
}

function timeOperations(meter: Meter): Stop[] {
  const lookups = meter.createCounter("cognito_auth_session.token_cache.lookups", {
    description: "Tokens that were looked for among the remembered ones.",
    unit: "{lookup}",
  });
  const active = meter.createUpDownCounter("cognito_auth_session.exchange.active", {
    description: "Exchanges that are under way.",
    unit: "{exchange}",
  });
  const durationOf = (what: string, description: string, explicitBucketBoundaries: number[]) =>
    meter.createHistogram(`cognito_auth_session.${what}.duration`, {
      description,
      unit: "s",
      advice: { explicitBucketBoundaries },
    });
  const exchanges = durationOf("exchange", "How long exchanges for AWS credentials take.", CALL_BUCKETS);
  const refreshes = durationOf("refresh", "How long refreshes of tokens take.", CALL_BUCKETS);
  const fetches = durationOf("jwks.fetch", "How long fetches of key sets take.", CALL_BUCKETS);
  const storeCalls = durationOf("store.operation", "How long the shared store takes.", STORE_BUCKETS);
  return [
    watchOperation("cognito-auth-session:verify", {
      done: ({ cached }) => lookups.add(1, { [ATTRIBUTE.lookup]: cached ? "hit" : "miss" }),
    }),
    watchOperation(
      "cognito-auth-session:exchange",
      activity((change) => active.add(change)),
    ),
    time("cognito-auth-session:exchange", exchanges, ({ mode }) => ({ [ATTRIBUTE.mode]: mode })),
    time("cognito-auth-session:refresh", refreshes, ({ result }) => ({ [ATTRIBUTE.result]: result })),
    time("cognito-auth-session:jwks", fetches, ({ userPoolId }) => ({ [ATTRIBUTE.userPoolId]: userPoolId })),
    time("cognito-auth-session:store", storeCalls, ({ operation }) => ({ [ATTRIBUTE.operation]: operation })),
  ];
}

/** Of what was begun before there was anybody to hear of it, the end is not counted. */
function activity(change: (by: 1 | -1) => void) {
  const begun = new WeakSet<object>();
  return {
    begun: (message: object) => {
      begun.add(message);
      change(1);
    },
    done: (message: object) => {
      if (begun.delete(message)) change(-1);
    },
  };
}

function time<Name extends keyof AuthOperations>(
  name: Name,
  histogram: Histogram,
  attributesOf: (message: AuthOperations[Name]) => Attributes,
): Stop {
  const begunAtMs = new WeakMap<AuthOperations[Name], number>();
  return watchOperation(name, {
    begun: (message) => void begunAtMs.set(message, performance.now()),
    done: (message) => {
      const atMs = begunAtMs.get(message);
      if (atMs === undefined) return;
      begunAtMs.delete(message);
      const { outcome } = message;
      const errorName = "errorName" in message ? message.errorName : undefined;
      histogram.record((performance.now() - atMs) / 1000, {
        [ATTRIBUTE.outcome]: outcome,
        ...(outcome === "ok" ? {} : { [ATTRIBUTE.errorType]: errorName ?? outcome }),
        ...attributesOf(message),
      });
    },
  });
}
