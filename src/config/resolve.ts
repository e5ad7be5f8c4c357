import { ConfigurationError } from "../errors/auth-error.js";
import type { Config, IdentityPoolConfig, UserPoolConfig } from "./config.js";
import { checkEndpoint } from "./endpoint.js";
import type { ConfigOptions } from "./options.js";
import { type CheckedOptions, type CheckedUserPool, checkOptions } from "./schema.js";
import {
  AMPLIFY_OUTPUTS,
  ENVIRONMENT_VARIABLES,
  type Environment,
  fromAmplifyOutputs,
  fromEnvironment,
} from "./sources.js";

/** Where configuration comes from besides the options. */
export interface ConfigSources {
  readonly env: Environment;
  /** The folder that `amplify_outputs.json` is looked for in. */
  readonly folder: string;
}

/**
 * Options, then environment, then `amplify_outputs.json`, checked and merged into one frozen configuration.
 *
 * @throws {ConfigurationError} naming the option and the fix
 */
export function resolveConfig(
  given: ConfigOptions = {},
  sources: ConfigSources = { env: process.env, folder: process.cwd() },
): Config {
  const options = checkOptions(given);
  const allowHttp = options.allowHttp ?? false;
  const pools = userPoolsOf(options, sources).map((pool) => resolvePool(pool, allowHttp));
  return Object.freeze({
    userPools: Object.freeze(pools),
    poolByIssuer: byIssuer(pools),
    tokenUse: options.tokenUse ?? "any",
    required: options.required ?? true,
    idTokenHeader: options.idTokenHeader ?? "x-id-token",
    clockToleranceSeconds: options.clockTolerance ?? 5,
    credentials: options.credentials ?? "eager",
    tokenCacheSize: options.tokenCacheSize ?? 10_000,
    credentialsCacheSize: options.credentialsCacheSize ?? 10_000,
    requestTimeoutMs: options.requestTimeout ?? 5000,
    realm: options.realm ?? "api",
  });
}

/** A pool's options and the name its source gives each of them, for messages. */
interface Labelled {
  readonly pool: CheckedUserPool;
  label(option: keyof CheckedUserPool): string;
}

function userPoolsOf(options: CheckedOptions, sources: ConfigSources): Labelled[] {
  if (options.userPools === undefined) {
    const pool = mergeSources(options, fromEnvironment(sources.env), fromAmplifyOutputs(sources.folder));
    return [{ pool: pool.values, label: (option) => pool.labels.get(option) ?? option }];
  }
  const alsoGiven = (["userPoolId", "clientId", "issuer", "jwksUri", "jwks"] as const).find(
    (name) => options[name] !== undefined,
  );
  if (alsoGiven !== undefined) {
    throw new ConfigurationError(
      `Options \`userPools\` and \`${alsoGiven}\` exclude each other: move it into \`userPools\`.`,
      alsoGiven,
    );
  }
  const shared = mergeSources(pickShared(options), pickEndpoints(fromEnvironment(sources.env)), {});
  return options.userPools.map((pool, index) => ({
    pool: { ...shared.values, ...withoutUndefined(pool) },
    label: (option) =>
      (pool[option] === undefined ? shared.labels.get(option) : undefined) ?? `userPools[${index}].${option}`,
  }));
}

/**
 * Earlier sources win, value by value. A later source that names another user pool is left out whole: half of
 * one pool's settings and half of another's would be a trap.
 */
function mergeSources(options: CheckedOptions, environment: CheckedUserPool, file: CheckedUserPool) {
  const values: Record<string, unknown> = {};
  const labels = new Map<string, string>();
  const names: Readonly<Record<string, string>> = ENVIRONMENT_VARIABLES;
  const layers: [CheckedUserPool, (option: string) => string][] = [
    [options, (option) => option],
    [environment, (option) => names[option] ?? option],
    [file, () => AMPLIFY_OUTPUTS],
  ];
  for (const [layer, label] of layers) {
    const own = values.userPoolId ?? lastPart(values.issuer);
    const another = own !== undefined && layer.userPoolId !== undefined && layer.userPoolId !== own;
    for (const option of Object.keys({ ...ENVIRONMENT_VARIABLES, jwks: "" }) as (keyof CheckedUserPool)[]) {
      // An endpoint says where the services are, not which pool is meant.
      if (another && !option.endsWith("Endpoint")) continue;
      if (values[option] !== undefined || layer[option] === undefined) continue;
      values[option] = layer[option];
      labels.set(option, label(option));
    }
  }
  return { values: values as CheckedUserPool, labels };
}

function resolvePool({ pool, label }: Labelled, allowHttp: boolean): UserPoolConfig {
  const issuers = issuersOf(pool, label);
  const [firstIssuer = ""] = issuers;
  const userPoolId = pool.userPoolId ?? firstIssuer.slice(firstIssuer.lastIndexOf("/") + 1);
  if (pool.clientId === undefined) {
    throw new ConfigurationError(
      "No app client is configured: set the option `clientId`, the variable COGNITO_CLIENT_ID, or `auth.user_pool_client_id` in " +
        `${AMPLIFY_OUTPUTS}. \`clientId: null\` accepts every app client of the pool.`,
      label("clientId"),
    );
  }
  const endpoint = (option: "userPoolEndpoint" | "identityPoolEndpoint" | "jwksUri") =>
    pool[option] === undefined ? undefined : checkEndpoint(pool[option], label(option), allowHttp);
  const userPoolEndpoint = endpoint("userPoolEndpoint");
  const base = userPoolEndpoint === undefined ? firstIssuer : `${userPoolEndpoint}/${userPoolId}`;
  const uri = endpoint("jwksUri") ?? checkEndpoint(`${base}/.well-known/jwks.json`, label("issuer"), allowHttp);
  return Object.freeze({
    userPoolId,
    issuers: Object.freeze(issuers),
    clientIds: pool.clientId === null ? undefined : new Set([pool.clientId].flat()),
    keys: Object.freeze(pool.jwks === undefined ? { uri } : { fixed: pool.jwks }),
    userPoolEndpoint,
    identityPool: identityPoolOf(pool.identityPoolId, endpoint("identityPoolEndpoint")),
  });
}

function issuersOf(pool: CheckedUserPool, label: Labelled["label"]): string[] {
  if (pool.issuer !== undefined) return [pool.issuer].flat();
  if (pool.userPoolId === undefined) {
    throw new ConfigurationError(
      "No user pool is configured. Say which in one of three ways: options, `authSession({ userPoolId, clientId })`; environment, " +
        `COGNITO_USER_POOL_ID and COGNITO_CLIENT_ID; or ${AMPLIFY_OUTPUTS} in the working directory.`,
      label("userPoolId"),
    );
  }
  const region = pool.userPoolId.slice(0, pool.userPoolId.indexOf("_"));
  if (!/^[a-z]{2,4}(?:-[a-z]+)+-\d+$/.test(region)) {
    throw new ConfigurationError(
      `\`${label("userPoolId")}\` does not begin with an AWS Region. For an emulator's pool, set \`issuer\` (COGNITO_ISSUER) as well.`,
      label("userPoolId"),
    );
  }
  return [`https://cognito-idp.${region}.${dnsSuffixOf(region)}/${pool.userPoolId}`];
}

/** The DNS suffix of a Region's partition (AWS General Reference, service endpoints). */
function dnsSuffixOf(region: string): string {
  if (region.startsWith("cn-")) return "amazonaws.com.cn";
  if (region.startsWith("eusc-")) return "amazonaws.eu";
  if (region.startsWith("us-iso-")) return "c2s.ic.gov";
  if (region.startsWith("us-isob-")) return "sc2s.sgov.gov";
  return "amazonaws.com";
}

function identityPoolOf(id: string | null | undefined, endpoint: string | undefined): IdentityPoolConfig | undefined {
  if (id === undefined || id === null) return undefined;
  return Object.freeze({ id, region: id.slice(0, id.indexOf(":")), endpoint });
}

function byIssuer(pools: readonly UserPoolConfig[]): ReadonlyMap<string, UserPoolConfig> {
  const map = new Map<string, UserPoolConfig>();
  for (const pool of pools) {
    for (const issuer of pool.issuers) {
      if (map.has(issuer)) {
        throw new ConfigurationError(
          "Option `userPools` names one issuer twice: give each user pool once.",
          "userPools",
        );
      }
      map.set(issuer, pool);
    }
  }
  return map;
}

/** What may stand at the top beside `userPools`, for all of them. */
function pickShared({ identityPoolId, userPoolEndpoint, identityPoolEndpoint }: CheckedOptions): CheckedUserPool {
  return { identityPoolId, userPoolEndpoint, identityPoolEndpoint };
}

function pickEndpoints({ userPoolEndpoint, identityPoolEndpoint }: CheckedUserPool): CheckedUserPool {
  return { userPoolEndpoint, identityPoolEndpoint };
}

function lastPart(issuer: unknown): string | undefined {
  return typeof issuer === "string" ? issuer.slice(issuer.lastIndexOf("/") + 1) : undefined;
}

function withoutUndefined<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as Partial<T>;
}
