import type { Meter, ObservableResult } from "@opentelemetry/api";
import type { Components } from "../session/components.js";
import { healthOf } from "../session/health.js";
import { ATTRIBUTE } from "./attributes.js";
import { quietly, type Stop } from "./watch.js";

/**
 * What engines have at the moment, looked up when metrics are collected.
 *
 * @param engines those that there are then; of several with the same pool the oldest keys count
 */
export function makeGauges(meter: Meter, engines: () => readonly Components[]): Stop {
  const age = meter.createObservableGauge("cognito_auth_session.jwks.age", {
    description: "Time since a user pool's keys were fetched.",
    unit: "s",
  });
  const entries = meter.createObservableUpDownCounter("cognito_auth_session.cache.entries", {
    description: "Entries that are kept.",
    unit: "{entry}",
  });
  const observeAge = quietly((result: ObservableResult) => {
    const ages = new Map<string, number>();
    for (const { verifier, federation } of engines()) {
      for (const { userPoolId, keysAgeSeconds } of healthOf(verifier, federation, undefined).userPools) {
        if (keysAgeSeconds !== undefined) ages.set(userPoolId, Math.max(ages.get(userPoolId) ?? 0, keysAgeSeconds));
      }
    }
    for (const [userPoolId, seconds] of ages) result.observe(seconds, { [ATTRIBUTE.userPoolId]: userPoolId });
  });
  const observeEntries = quietly((result: ObservableResult) => {
    const all = engines();
    const sum = (sizeOf: (engine: Components) => number) => all.reduce((total, engine) => total + sizeOf(engine), 0);
    result.observe(
      sum(({ verifier }) => verifier.remembered),
      { [ATTRIBUTE.cache]: "tokens" },
    );
    result.observe(
      sum(({ federation }) => federation.size),
      { [ATTRIBUTE.cache]: "credentials" },
    );
  });
  age.addCallback(observeAge);
  entries.addCallback(observeEntries);
  return () => {
    age.removeCallback(observeAge);
    entries.removeCallback(observeEntries);
  };
}
