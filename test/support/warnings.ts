// Run as a program of its own: a process is warned once, whatever other tests of it have seen. Prints, as JSON, what each
// request was answered with and the process warnings that it caused.
import { AuthError, type AuthSessionOptions, authorize, requireClaim } from "cognito-auth-session";
import { LocalCognito } from "cognito-auth-session/testing";
import type { RequestHandler } from "express";
import { appWith, get, ok } from "./app.js";

/** What one request came to. */
export interface Observation {
  readonly name: string;
  readonly status: number;
  readonly code: string;
  /** Code and text of each warning. */
  readonly warnings: readonly (readonly [string, string])[];
}

class LookupDown extends Error {}

const TRACE = "eyJhbGciOiJSUzI1NiJ9 of a user";
const FAILURES: readonly [string, () => never | Promise<never>][] = [
  [
    "throws",
    () => {
      throw new LookupDown(TRACE);
    },
  ],
  ["rejects", () => Promise.reject(Object.assign(new TypeError(TRACE), { name: TRACE }))],
  ["hangs", () => new Promise(() => {})],
];

const cognito = await LocalCognito.start();
const heard: [string, string][] = [];
process.on("warning", (warning) => {
  const code: unknown = "code" in warning ? warning.code : undefined;
  if (warning.name === "CognitoAuthSessionWarning") heard.push([String(code), warning.message]);
});

const observations: Observation[] = [];
async function observe(name: string, options: AuthSessionOptions, guard: RequestHandler = ok): Promise<void> {
  const app = appWith({ ...cognito.options, requestTimeout: 300, ...options }, (routes) => routes.get("/", guard, ok));
  const token = cognito.signToken({ tokenUse: "id" });
  const { status, body } = await get(app, "/", token);
  // Warnings are emitted in the next turn.
  await new Promise((resolve) => setImmediate(resolve));
  observations.push({ name, status, code: body.code, warnings: heard.splice(0) });
}

for (const [how, fail] of FAILURES) {
  const hooks: readonly [string, AuthSessionOptions, RequestHandler?][] = [
    ["getToken", { getToken: fail }],
    ["customCheck", { customCheck: fail }],
    ["isRevoked", { isRevoked: fail }],
    ["authorize", {}, authorize(fail)],
    ["requireClaim", {}, requireClaim("sub", fail)],
  ];
  for (const [hook, options, guard] of hooks) {
    const own = { identityPoolId: null, ...options };
    await observe(`${hook} ${how}`, own, guard);
    await observe(`${hook} ${how} again`, own, guard);
  }
}
const undecided = { isRevoked: () => undefined as unknown as boolean };
await observe("isRevoked is undecided", undecided);
await observe("isRevoked is undecided again", undecided);
await observe("customCheck throws an AuthError", {
  customCheck: () => {
    throw new AuthError("insufficient_group");
  },
});

const gone = await LocalCognito.start();
await gone.stop();
const refusing = { jwksUri: gone.options.jwksUri };
await observe("keys are refused", refusing);
await observe("keys are refused again", refusing);
for (const [operation, error] of [
  ["GetId", "TooManyRequestsException"],
  ["GetId", "InternalErrorException"],
  ["GetCredentialsForIdentity", "TooManyRequestsException"],
] as const) {
  cognito.fail(operation, { error });
  await observe(`${operation} answers ${error}`, {});
  await observe(`${operation} answers ${error} again`, {});
  cognito.fail(operation, { times: 0 });
}

const madeUp = appWith({ ...cognito.options, required: false }, (routes) =>
  routes.get("/:text", (req, _res, next) => {
    next(new AuthError("misconfigured", { recoverySuggestion: req.params.text }));
  }),
);
for (let call = 0; call < 600; call += 1) await get(madeUp, `/text-${call}`);
observations.push({ name: "made-up texts", status: 500, code: "misconfigured", warnings: heard.splice(0) });

console.log(JSON.stringify(observations));
await cognito.stop();
