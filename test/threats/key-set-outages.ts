import { gzipSync } from "node:zlib";
import type { Fault } from "cognito-auth-session/testing";
import { type AppUnderAttack, type Attack, refused } from "./attack.js";
import { bearer } from "./attempt.js";
import type { World } from "./context.js";

/** Answers of `jwks.json` that hold no key set; after each the pool recovers, and so must the app. */
const OUTAGES: readonly [string, Fault][] = [
  ["204", { status: 204 }],
  ["206 with keys", { status: 206, body: '{"keys":[]}' }],
  ["304", { status: 304 }],
  ["401", { status: 401 }],
  ["403", { error: "ForbiddenException" }],
  ["429", { status: 429, body: "{}" }],
  ["502", { status: 502 }],
  ["503", { status: 503 }],
  ["an AWS exception", { error: "TooManyRequestsException" }],
  ["an empty body", { body: "" }],
  ["a text", { body: "keys" }],
  ["JSON that is cut short", { body: '{"keys":[{"kty":"RSA"' }],
  ["two JSON texts", { body: '{"keys":[]}{"keys":[]}' }],
  ["null", { body: "null" }],
  ["a number", { body: "7" }],
  ["keys of null", { body: '{"keys":null}' }],
  ["keys of a string", { body: '{"keys":"RSA"}' }],
  ["keys in upper case", { body: '{"KEYS":[]}' }],
  ["keys of nothing usable", { body: '{"keys":[null,1,"x",[],{}]}' }],
  ["keys under __proto__", { body: '{"__proto__":{"keys":[]}}' }],
  ["a level too many", { body: '{"keys":{"keys":[]}}' }],
  ["a deep nesting", { body: `{"keys":${"[".repeat(20_000)}${"]".repeat(20_000)}}` }],
  ["a connection that is cut", { reset: true }],
  ["nothing, ever", { delay: Number.POSITIVE_INFINITY }],
];

/** Nothing but what the pool itself answers. */
const ownParts = (w: World): AppUnderAttack => ({
  options: { ...w.options, requestTimeout: 200 },
  parts: { clock: w.clock.read },
});

const failing = (name: string, fault: Fault): Attack =>
  refused(
    `a key set that answers with ${name} is an outage, and ends with it`,
    (w) => bearer(w.good()),
    "jwks_unavailable",
    {
      app: ownParts,
      prepare: ({ world }) => world.cognito.fail("JWKS", fault),
      withinMs: 1500,
    },
  );

export const outageAttacks: readonly Attack[] = [
  ...OUTAGES.map(([name, fault]) => failing(name, fault)),
  ...[201, 206, 401, 500, 503].map((status) =>
    refused(`good keys under the status ${status} are no key set`, (w) => bearer(w.good()), "jwks_unavailable", {
      app: ownParts,
      prepare: ({ world }) => {
        world.cognito.fail("JWKS", { status, body: JSON.stringify({ keys: [world.poolKey] }) });
      },
    }),
  ),
  refused("good keys in a body of 300 KB are no key set", (w) => bearer(w.good()), "jwks_unavailable", {
    app: ownParts,
    prepare: ({ world }) => {
      const padding = "x".repeat(300_000);
      world.cognito.fail("JWKS", { body: JSON.stringify({ keys: [world.poolKey], padding }) });
    },
  }),
  refused("a compressed key set without a label is an outage", (w) => bearer(w.good()), "jwks_unavailable", {
    prepare: ({ world }) => {
      const body = gzipSync(JSON.stringify({ keys: [world.poolKey] })).toString("latin1");
      world.cognito.fail("JWKS", { body });
    },
  }),
];
