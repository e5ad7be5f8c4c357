import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ConfigurationError } from "../errors/auth-error.js";

/** The environment's variables, by the option that each one sets. */
export const ENVIRONMENT_VARIABLES = {
  userPoolId: "COGNITO_USER_POOL_ID",
  clientId: "COGNITO_CLIENT_ID",
  clientSecret: "COGNITO_CLIENT_SECRET",
  identityPoolId: "COGNITO_IDENTITY_POOL_ID",
  issuer: "COGNITO_ISSUER",
  jwksUri: "COGNITO_JWKS_URI",
  userPoolEndpoint: "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER",
  identityPoolEndpoint: "AWS_ENDPOINT_URL_COGNITO_IDENTITY",
  stsEndpoint: "AWS_ENDPOINT_URL_STS",
} as const;

/** Those that say where a service is. */
export const ENDPOINT_OPTIONS = ["userPoolEndpoint", "identityPoolEndpoint", "stsEndpoint"] as const;

/** The same options in Amplify's file, by their names in its `auth` section. */
export const AMPLIFY_FIELDS = {
  userPoolId: "user_pool_id",
  clientId: "user_pool_client_id",
  identityPoolId: "identity_pool_id",
} as const;

export const AMPLIFY_OUTPUTS = "amplify_outputs.json";

/** Variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Values by option, not checked yet, and what each is called where it came from. */
export interface Source {
  readonly values: Readonly<Record<string, unknown>>;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * What the environment says. `AWS_ENDPOINT_URL` counts for all services where their own variable is unset, as in
 * the SDK, which would send ID tokens there unchecked if we did not read it first.
 */
export function fromEnvironment(env: Environment): Source {
  const values: Record<string, unknown> = {};
  const labels: Record<string, string> = { ...ENVIRONMENT_VARIABLES };
  for (const [option, variable] of Object.entries(ENVIRONMENT_VARIABLES)) {
    const value = env[variable]?.trim();
    if (value) values[option] = value;
  }
  if (typeof values.clientId === "string") values.clientId = splitList(values.clientId);
  for (const option of ENDPOINT_OPTIONS) {
    if (env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS?.trim().toLowerCase() === "true") delete values[option];
    else if (values[option] === undefined && env.AWS_ENDPOINT_URL?.trim()) {
      values[option] = env.AWS_ENDPOINT_URL.trim();
      labels[option] = "AWS_ENDPOINT_URL";
    }
  }
  return { values, labels };
}

/** What `amplify_outputs.json` in the given folder says; nothing when there is no such file. */
export function fromAmplifyOutputs(folder: string): Source {
  const auth = readAuthSection(join(folder, AMPLIFY_OUTPUTS));
  const values: Record<string, unknown> = {};
  const labels: Record<string, string> = {};
  for (const [option, field] of Object.entries(AMPLIFY_FIELDS)) {
    labels[option] = `${AMPLIFY_OUTPUTS}: auth.${field}`;
    if (auth.has(field)) values[option] = auth.get(field);
  }
  return { values, labels };
}

function splitList(text: string): string[] {
  return text
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
}

function readAuthSection(path: string): ReadonlyMap<string, unknown> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR")) {
      return new Map();
    }
    throw new ConfigurationError(`${AMPLIFY_OUTPUTS} cannot be read. Check the file's permissions.`, AMPLIFY_OUTPUTS);
  }
  try {
    const outputs: unknown = JSON.parse(text);
    const auth = typeof outputs === "object" && outputs !== null && "auth" in outputs ? outputs.auth : undefined;
    return new Map(typeof auth === "object" && auth !== null ? Object.entries(auth) : []);
  } catch {
    throw new ConfigurationError(
      `${AMPLIFY_OUTPUTS} is not valid JSON. Generate it anew with Amplify.`,
      AMPLIFY_OUTPUTS,
    );
  }
}
