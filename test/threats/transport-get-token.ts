import type { AuthErrorCode } from "cognito-auth-session";
import { type AppUnderAttack, type Attack, refused } from "./attack.js";
import { lines } from "./attempt.js";
import type { World } from "./context.js";

/** An app whose `getToken` gives this, but for requests with an `Authorization` header: those are the good ones. */
export function appGiven(world: World, give: () => unknown): AppUnderAttack {
  // A JavaScript user may return anything.
  const anything = give as () => string;
  return {
    options: {
      ...world.options,
      requestTimeout: 60,
      getToken: ({ headers }) => authorizationOf(headers)?.slice("Bearer ".length) ?? anything(),
    },
  };
}

/** Of a request of Node's, or of Fetch's. */
function authorizationOf(headers: { readonly authorization?: string | undefined } | Headers): string | undefined {
  return headers instanceof Headers ? (headers.get("authorization") ?? undefined) : headers.authorization;
}

/** Text that no header could carry, or anything else, in place of a token. */
export function given(name: string, give: (world: World) => unknown, code: AuthErrorCode): Attack {
  return refused(name, () => lines(), code, { app: (world) => appGiven(world, () => give(world)) });
}

const fail = (): never => {
  throw new Error("no");
};

const outcomes: readonly [string, (world: World) => unknown, AuthErrorCode][] = [
  ["gives nothing", () => undefined, "missing_token"],
  ["gives null", () => null, "missing_token"],
  ["gives an empty string", () => "", "missing_token"],
  ["promises nothing", async () => undefined, "missing_token"],
  ["throws", fail, "invalid_request"],
  [
    "throws nothing",
    () => {
      throw undefined;
    },
    "invalid_request",
  ],
  ["rejects", () => Promise.reject(new Error("no")), "invalid_request"],
  ["rejects with nothing", () => Promise.reject(undefined), "invalid_request"],
  ["never settles", () => new Promise(() => {}), "invalid_request"],
  [
    "gives a thenable that throws",
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tried
    () => ({ then: fail }),
    "invalid_request",
  ],
  [
    "gives an object whose `then` throws when looked at",
    // biome-ignore lint/suspicious/noThenProperty: a thenable is what is tried
    () => Object.defineProperty({}, "then", { get: fail }),
    "invalid_request",
  ],
  ["gives an object", () => ({ token: "x" }), "malformed_token"],
  ["gives an object that is a string's twin", (w) => ({ toString: () => w.good() }), "malformed_token"],
  ["gives a String object", (w) => Object(w.good()), "malformed_token"],
  ["gives a list of one token", (w) => [w.good()], "malformed_token"],
  ["gives a Buffer", (w) => Buffer.from(w.good()), "malformed_token"],
  ["gives a number", () => 42, "malformed_token"],
  ["gives zero", () => 0, "malformed_token"],
  ["gives true", () => true, "malformed_token"],
  ["gives false", () => false, "malformed_token"],
  ["gives a symbol", () => Symbol("token"), "malformed_token"],
  ["gives a function", (w) => () => w.good(), "malformed_token"],
  ["gives the whole header", (w) => `Bearer ${w.good()}`, "malformed_token"],
  ["gives a token and a line end", (w) => `${w.good()}\n`, "malformed_token"],
  ["gives a token after a space", (w) => ` ${w.good()}`, "malformed_token"],
  ["gives a token and a NUL", (w) => `${w.good()}\0`, "malformed_token"],
  ["gives a token with full-width dots", (w) => w.good().replaceAll(".", "．"), "malformed_token"],
  ["gives a token with ideographic full stops", (w) => w.good().replaceAll(".", "。"), "malformed_token"],
  ["gives a token and a byte order mark", (w) => `\ufeff${w.good()}`, "malformed_token"],
  ["gives half a surrogate pair", (w) => `${w.good()}\ud800`, "malformed_token"],
  ["gives 5 MB", () => "a".repeat(5_000_000), "malformed_token"],
];

export const getTokenAttacks: readonly Attack[] = outcomes.map(([name, give, code]) =>
  given(`a getToken that ${name} lets nobody in`, give, code),
);
