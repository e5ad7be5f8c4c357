import type { Config } from "../config/config.js";
import { type ConfigSources, userPoolsOf } from "../config/merge.js";
import type { ConfigOptions } from "../config/options.js";
import { resolveConfig } from "../config/resolve.js";
import { type CheckedUserPool, checkOptions } from "../config/schema.js";
import { AMPLIFY_OUTPUTS } from "../config/sources.js";
import type { ConfigurationError } from "../errors/auth-error.js";
import type { Flags } from "./command.js";
import type { Given } from "./given.js";

/** The options that say which pools are meant. What is not given comes from the environment, then from Amplify's file. */
export const CONFIG_FLAGS = {
  "user-pool-id": { type: "string", value: "id", help: "User pool (COGNITO_USER_POOL_ID)" },
  "client-id": {
    type: "string",
    value: "id",
    multiple: true,
    help: "App client; several with commas, or given again (COGNITO_CLIENT_ID)",
  },
  "identity-pool-id": { type: "string", value: "id", help: "Identity pool (COGNITO_IDENTITY_POOL_ID)" },
  issuer: { type: "string", value: "url", help: "What `iss` must be, for emulators (COGNITO_ISSUER)" },
  "jwks-uri": { type: "string", value: "url", help: "Where the key set is (COGNITO_JWKS_URI)" },
  "user-pool-endpoint": {
    type: "string",
    value: "url",
    help: "Endpoint (AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER)",
  },
  "identity-pool-endpoint": { type: "string", value: "url", help: "Endpoint (AWS_ENDPOINT_URL_COGNITO_IDENTITY)" },
  "sts-endpoint": { type: "string", value: "url", help: "Endpoint of AWS STS (AWS_ENDPOINT_URL_STS)" },
  "allow-http": { type: "boolean", help: "Accept plain http that is not on loopback" },
  "clock-tolerance": { type: "string", value: "seconds", help: "How far clocks may differ (default 5)" },
  timeout: { type: "string", value: "seconds", help: "How long each call may take (default 5)" },
} as const satisfies Flags;

/** A configuration, and where its values stand. */
export interface FoundConfiguration {
  readonly config: Config;
  /** The same as options, for an engine. */
  readonly options: ConfigOptions;
  /** Options, variables and files by their names. */
  readonly from: readonly string[];
}

/** What configures which pools are meant; endpoints and bounds are beside the point. */
const NAMED = ["userPoolId", "clientId", "identityPoolId", "issuer"] as const satisfies (keyof CheckedUserPool)[];

/**
 * The configuration as `authSession()` would find it, with the command's options in place of its own.
 *
 * @throws {ConfigurationError} saying what is missing or wrong
 * @throws {UsageError} for an option that is no number
 */
export function findConfiguration(
  given: Given,
  sources: ConfigSources = { env: process.env, folder: process.cwd() },
): FoundConfiguration {
  const options = optionsOf(given);
  const config = resolveConfig(options, sources);
  const from = userPoolsOf(checkOptions(options), sources).flatMap(({ pool, label }, _index, pools) =>
    NAMED.filter((name) => pool[name] !== undefined).map((name) => sourceOf(name, label.call(pools[0], name))),
  );
  return { config, options, from: [...new Set(from)] };
}

/** What is wrong with a configuration, and where on the command line it can be mended. */
export function fixOf({ message, option }: ConfigurationError): string {
  const flag = option === undefined ? "" : flagOf(option);
  return Object.hasOwn(CONFIG_FLAGS, flag) ? `${message} On this command line: \`--${flag}\`.` : message;
}

function optionsOf(given: Given): ConfigOptions {
  const clientIds = given.texts("client-id").flatMap((text) => text.split(",").map((id) => id.trim()));
  const timeout = given.number("timeout");
  const options = {
    userPoolId: given.text("user-pool-id"),
    clientId: clientIds.length > 0 ? clientIds : undefined,
    identityPoolId: given.text("identity-pool-id"),
    issuer: given.text("issuer"),
    jwksUri: given.text("jwks-uri"),
    userPoolEndpoint: given.text("user-pool-endpoint"),
    identityPoolEndpoint: given.text("identity-pool-endpoint"),
    stsEndpoint: given.text("sts-endpoint"),
    allowHttp: given.has("allow-http"),
    clockTolerance: given.number("clock-tolerance"),
    requestTimeout: timeout === undefined ? undefined : Math.round(timeout * 1000),
  };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/** By what name the user knows it: an option of the command, a variable, a file. */
function sourceOf(option: string, label: string): string {
  if (label.startsWith(AMPLIFY_OUTPUTS)) return AMPLIFY_OUTPUTS;
  return label === option ? `--${flagOf(option)}` : label;
}

function flagOf(option: string): string {
  return option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
