import leven from "leven";
import * as v from "valibot";
import { ConfigurationError } from "../errors/auth-error.js";
import type { SessionStore } from "../store/store.js";
import { notOptions } from "./not-options.js";

const USER_POOL_ID = /^[\w-]{1,128}$/;
const IDENTITY_POOL_ID = /^[\w-]+:[\w-]+$/;
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** RFC 9110 section 5.6.4, without what would need escaping. */
const REALM = /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/;
export const ROLE_ARN = /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/;

const text = (expected: string, pattern: RegExp) => v.pipe(v.string(expected), v.regex(pattern, expected));
const count = (expected: string, max: number) =>
  v.pipe(v.number(expected), v.integer(expected), v.minValue(0, expected), v.maxValue(max, expected));
const seconds = (expected: string) =>
  v.pipe(v.number(expected), v.integer(expected), v.minValue(60, expected), v.maxValue(31_536_000, expected));
/** Callbacks are not configuration; that they are functions is checked here, with everything else. */
const callback = (expected: string) => v.custom<unknown>((value) => typeof value === "function", expected);

const clientId = text("must be an app client id", /^[\w+.-]{1,128}$/);
const CLIENTS = "must be an app client id, a non-empty list of them, or null to accept every app client";
const issuer = text("must be an issuer URL", /^https?:\/\/[^\s?#]+[^\s?#/]$/);
const ISSUERS = "must be an issuer URL without a trailing slash, or a non-empty list of them";

const userPoolEntries = {
  userPoolId: v.optional(text("must be a user pool id like eu-west-1_AbCdEfGhI", USER_POOL_ID)),
  clientId: v.optional(v.nullable(v.union([clientId, v.pipe(v.array(clientId), v.minLength(1, CLIENTS))], CLIENTS))),
  clientSecret: v.optional(text("must be the app client's secret, a text without spaces", /^[\x21-\x7e]{1,256}$/)),
  identityPoolId: v.optional(
    v.nullable(
      text(
        "must be an identity pool id like eu-west-1:00000000-0000-0000-0000-000000000000, or null",
        IDENTITY_POOL_ID,
      ),
    ),
  ),
  issuer: v.optional(v.union([issuer, v.pipe(v.array(issuer), v.minLength(1, ISSUERS))], ISSUERS)),
  jwksUri: v.optional(v.string("must be a URL")),
  jwks: v.optional(
    v.looseObject(
      {
        keys: v.pipe(
          v.array(v.looseObject({}), "must be a key set: { keys: [...] }"),
          v.minLength(1, "must hold at least one key"),
        ),
      },
      "must be a key set: { keys: [...] }",
    ),
  ),
  userPoolEndpoint: v.optional(v.string("must be a URL")),
  identityPoolEndpoint: v.optional(v.string("must be a URL")),
  stsEndpoint: v.optional(v.string("must be a URL")),
};
const userPool = v.object(userPoolEntries, "must be an object with userPoolId and clientId");

const ORIGIN = "must be an origin like https://app.example.com";
const ROLE = "must be the ARN of an IAM role, or a function of the session that returns one";
const TIMEOUT = "must be a whole number of milliseconds between 1 and 60000";
const TOLERANCE = "must be a number of seconds between 0 and 300";

const RATE = "must be a number of calls a second between 1 and 100000, or null for no limit";
const KEYS = "must be a non-empty list of keys: 32 random bytes each, in base64 (openssl rand -base64 32)";
const KEY = "must be 32 random bytes in base64 (openssl rand -base64 32): perhaps its environment variable is not set";
const encryptionKey = v.custom<string>((value) => typeof value === "string" && isKey(value), KEY);

const options = v.object(
  {
    ...userPoolEntries,
    userPools: v.optional(
      v.pipe(v.array(userPool, "must be a list of user pools"), v.minLength(1, "must name at least one user pool")),
    ),
    allowHttp: v.optional(v.boolean("must be true or false")),
    tokenUse: v.optional(v.picklist(["access", "id", "any"], 'must be "access", "id" or "any"')),
    required: v.optional(v.boolean("must be true or false")),
    idTokenHeader: v.optional(
      v.pipe(
        text("must be a header name", HEADER_NAME),
        v.toLowerCase(),
        v.notValues(["authorization", "cookie"], "must be a header of its own, not Authorization or Cookie"),
      ),
    ),
    getToken: v.optional(callback("must be a function of the request")),
    cookies: v.optional(
      v.picklist(["session", "amplify", "amplify-http-only"], 'must be "session", "amplify" or "amplify-http-only"'),
    ),
    origin: v.optional(v.string(ORIGIN)),
    sessionIdleTimeout: v.optional(seconds("must be a whole number of seconds between 60 and 31536000")),
    sessionLifetime: v.optional(seconds("must be a whole number of seconds between 60 and 31536000")),
    refreshFlow: v.optional(
      v.picklist(
        ["GetTokensFromRefreshToken", "InitiateAuth"],
        'must be "GetTokensFromRefreshToken" or "InitiateAuth"',
      ),
    ),
    clockTolerance: v.optional(
      v.pipe(v.number(TOLERANCE), v.finite(TOLERANCE), v.minValue(0, TOLERANCE), v.maxValue(300, TOLERANCE)),
    ),
    customCheck: v.optional(callback("must be a function of the session and the request")),
    isRevoked: v.optional(callback("must be a function of the session")),
    credentials: v.optional(v.picklist(["eager", "lazy"], 'must be "eager" or "lazy"')),
    roleArn: v.optional(v.union([text(ROLE, ROLE_ARN), callback(ROLE)], ROLE)),
    authFlow: v.optional(v.picklist(["enhanced", "basic"], 'must be "enhanced" or "basic"')),
    guest: v.optional(v.boolean("must be true or false")),
    store: v.optional(
      v.custom<SessionStore>(
        isStore,
        "must be a store: redisStore(), or an object with the functions get, set and delete",
      ),
    ),
    encryptionKeys: v.optional(
      v.pipe(
        v.array(encryptionKey, KEYS),
        v.minLength(1, KEYS),
        v.check((keys) => new Set(keys.map(bytesOf)).size === keys.length, "must name each key once"),
      ),
    ),
    getIdRate: v.optional(v.nullable(v.pipe(v.number(RATE), v.minValue(1, RATE), v.maxValue(100_000, RATE)))),
    tokenCacheSize: v.optional(count("must be a whole number of tokens between 0 and 1000000", 1_000_000)),
    credentialsCacheSize: v.optional(
      v.pipe(
        count("must be a whole number of users between 1 and 1000000", 1_000_000),
        v.minValue(1, "must be a whole number of users between 1 and 1000000"),
      ),
    ),
    requestTimeout: v.optional(
      v.pipe(v.number(TIMEOUT), v.integer(TIMEOUT), v.minValue(1, TIMEOUT), v.maxValue(60_000, TIMEOUT)),
    ),
    realm: v.optional(text("must be printable ASCII without quotes and backslashes", REALM)),
  },
  "authSession() takes an options object or a SessionManager",
);

/** Options, checked one by one. */
export type CheckedOptions = v.InferOutput<typeof options>;
/** One user pool's options, checked. */
export type CheckedUserPool = v.InferOutput<typeof userPool>;

/**
 * Checks every option, and that there is none that does not exist.
 *
 * @throws {ConfigurationError} naming the option, what it must be, and for an unknown name the nearest one
 */
export function checkOptions(given: unknown): CheckedOptions {
  if (!isPlainObject(given)) throw notOptions(given);
  refuseUnknown(given, Object.keys(options.entries), "");
  if (Array.isArray(given.userPools)) {
    given.userPools.forEach((pool: unknown, index) => {
      refuseUnknown(pool, Object.keys(userPoolEntries), `userPools[${index}].`);
    });
  }
  const result = v.safeParse(options, given, { abortPipeEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const option = pathOf(issue.path);
  throw option === ""
    ? new ConfigurationError(`${issue.message}.`)
    : new ConfigurationError(`Option \`${option}\` ${issue.message}.`, option);
}

/** Checks values that came from a source other than options, and names that source in what it throws. */
export function checkSource(
  values: Record<string, unknown>,
  labels: Readonly<Record<string, string>>,
): CheckedUserPool {
  const result = v.safeParse(userPool, values, { abortPipeEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const field = pathOf(issue.path);
  const label = labels[field.split(/[.[]/)[0] ?? ""] ?? field;
  throw new ConfigurationError(`${label} ${issue.message}.`, label);
}

function refuseUnknown(given: unknown, known: readonly string[], prefix: string): void {
  if (!isPlainObject(given)) return;
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue;
    const nearest = [...known].sort((a, b) => distance(name, a) - distance(name, b))[0] ?? "";
    const hint =
      distance(name, nearest) <= Math.max(3, name.length / 2) ? ` Did you mean \`${prefix}${nearest}\`?` : "";
    throw new ConfigurationError(`Unknown option \`${prefix}${name}\`.${hint}`, `${prefix}${name}`);
  }
}

function distance(a: string, b: string): number {
  return leven(a.toLowerCase(), b.toLowerCase(), { maxDistance: 40 });
}

function pathOf(path: readonly { readonly key?: unknown }[] | undefined): string {
  return (path ?? [])
    .map(({ key }) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`))
    .join("")
    .replace(/^\./, "");
}

/** Exactly 32 bytes, spelled as base64 or base64url, with or without padding. */
function isKey(text: string): boolean {
  const bytes = Buffer.from(text, "base64");
  // One byte over and over is a placeholder that somebody forgot.
  return /^[\w+/-]{43}=?$/.test(text) && bytes.byteLength === 32 && new Set(bytes).size > 1;
}

function bytesOf(key: string): string {
  return Buffer.from(key, "base64").toString("hex");
}

function isStore(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const isFunction = (name: string) => typeof Reflect.get(value, name) === "function";
  const isAbsent = (name: string) => Reflect.get(value, name) === undefined;
  return (
    ["get", "set", "delete"].every(isFunction) &&
    ["lock", "connect", "close"].every((name) => isAbsent(name) || isFunction(name))
  );
}

/** Made by a literal: an instance of some class would be taken for empty options. */
function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
