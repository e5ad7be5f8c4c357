import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ConfigurationError } from "../errors/auth-error.js";
import { type CheckedUserPool, checkSource } from "./schema.js";

/** The environment's variables, by the option that each one sets. */
export const ENVIRONMENT_VARIABLES = {
  userPoolId: "COGNITO_USER_POOL_ID",
  clientId: "COGNITO_CLIENT_ID",
  identityPoolId: "COGNITO_IDENTITY_POOL_ID",
  issuer: "COGNITO_ISSUER",
  jwksUri: "COGNITO_JWKS_URI",
  userPoolEndpoint: "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER",
  identityPoolEndpoint: "AWS_ENDPOINT_URL_COGNITO_IDENTITY",
} as const;

/** The same options in Amplify's file, by the path they stand at. */
const AMPLIFY_FIELDS = {
  userPoolId: "user_pool_id",
  clientId: "user_pool_client_id",
  identityPoolId: "identity_pool_id",
} as const;

export const AMPLIFY_OUTPUTS = "amplify_outputs.json";

/** Variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * What the environment says. `AWS_ENDPOINT_URL` counts for both services where their own variable is unset, as in
 * the SDK, which would send ID tokens there unchecked if we did not read it first.
 */
export function fromEnvironment(env: Environment): CheckedUserPool {
  const values: Record<string, unknown> = {};
  for (const [option, variable] of Object.entries(ENVIRONMENT_VARIABLES)) {
    const value = env[variable]?.trim();
    if (value) values[option] = value;
  }
  const everywhere = env.AWS_ENDPOINT_URL?.trim();
  if (everywhere) {
    values.userPoolEndpoint ??= everywhere;
    values.identityPoolEndpoint ??= everywhere;
  }
  if (env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS?.trim().toLowerCase() === "true") {
    delete values.userPoolEndpoint;
    delete values.identityPoolEndpoint;
  }
  if (typeof values.clientId === "string") {
    values.clientId = values.clientId
      .split(",")
      .map((id) => id.trim())
      .filter((id) => id !== "");
  }
  return checkSource(values, ENVIRONMENT_VARIABLES);
}

/** What `amplify_outputs.json` in the given folder says; nothing when there is no such file. */
export function fromAmplifyOutputs(folder: string): CheckedUserPool {
  let text: string;
  try {
    text = readFileSync(join(folder, AMPLIFY_OUTPUTS), "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR")) return {};
    throw new ConfigurationError(`${AMPLIFY_OUTPUTS} cannot be read. Check the file's permissions.`, AMPLIFY_OUTPUTS);
  }
  let auth: unknown;
  try {
    const outputs: unknown = JSON.parse(text);
    auth = typeof outputs === "object" && outputs !== null && "auth" in outputs ? outputs.auth : undefined;
  } catch {
    throw new ConfigurationError(
      `${AMPLIFY_OUTPUTS} is not valid JSON. Generate it anew with Amplify.`,
      AMPLIFY_OUTPUTS,
    );
  }
  if (typeof auth !== "object" || auth === null) return {};
  const section = new Map(Object.entries(auth));
  const values: Record<string, unknown> = {};
  const labels: Record<string, string> = {};
  for (const [option, field] of Object.entries(AMPLIFY_FIELDS)) {
    labels[option] = `${AMPLIFY_OUTPUTS}: auth.${field}`;
    if (section.has(field)) values[option] = section.get(field);
  }
  return checkSource(values, labels);
}
