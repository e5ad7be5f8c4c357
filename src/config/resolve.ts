import { ConfigurationError } from "../errors/auth-error.js";
import { checkCombinations, guestPoolOf } from "./combinations.js";
import type { Config, IdentityPoolConfig, UserPoolConfig } from "./config.js";
import { cookieConfigOf } from "./cookies.js";
import { checkEndpoint, isLoopback } from "./endpoint.js";
import { type ConfigSources, type LabelledPool, userPoolsOf } from "./merge.js";
import { noClient } from "./no-client.js";
import type { ConfigOptions } from "./options.js";
import { type CheckedOptions, type CheckedUserPool, checkOptions } from "./schema.js";
import { AMPLIFY_OUTPUTS, type ENDPOINT_OPTIONS } from "./sources.js";

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
  checkCombinations(options);
  const pools = userPoolsOf(options, sources).map((pool) => resolvePool(pool, options));
  return Object.freeze({
    userPools: Object.freeze(pools),
    poolByIssuer: byIssuer(pools),
    tokenUse: options.tokenUse ?? "any",
    required: options.required ?? true,
    idTokenHeader: options.idTokenHeader ?? "x-id-token",
    allowHttp: options.allowHttp ?? false,
    cookies: cookieConfigOf(options, pools),
    refreshFlow: options.refreshFlow,
    clockToleranceSeconds: options.clockTolerance ?? 5,
    credentials: options.credentials ?? "eager",
    authFlow: options.authFlow ?? "enhanced",
    guestPool: guestPoolOf(options, pools),
    store: options.store,
    encryptionKeys: Object.freeze((options.encryptionKeys ?? []).map((key) => Buffer.from(key, "base64"))),
    tokenCacheSize: options.tokenCacheSize ?? 10_000,
    credentialsCacheSize: options.credentialsCacheSize ?? 10_000,
    requestTimeoutMs: options.requestTimeout ?? 5000,
    realm: options.realm ?? "api",
  });
}

/** Amazon allows 25 GetId calls a second to an account in a Region; other applications of it need some as well. */
const GET_ID_RATE = 20;

function resolvePool(labelled: LabelledPool, options: CheckedOptions): UserPoolConfig {
  const { pool } = labelled;
  const allowHttp = options.allowHttp ?? false;
  const label = labelled.label.bind(labelled);
  const issuers = issuersOf(pool, label);
  const [firstIssuer = ""] = issuers;
  const userPoolId = pool.userPoolId ?? firstIssuer.slice(firstIssuer.lastIndexOf("/") + 1);
  if (pool.clientId === undefined) {
    throw noClient({ label, leftOut: labelled.leftOut });
  }
  const url = (option: (typeof ENDPOINT_OPTIONS)[number] | "jwksUri") =>
    pool[option] === undefined ? undefined : checkEndpoint(pool[option], label(option), allowHttp);
  const endpoint = (option: (typeof ENDPOINT_OPTIONS)[number]) => url(option)?.replace(/\/+$/, "");
  const userPoolEndpoint = endpoint("userPoolEndpoint");
  const base = userPoolEndpoint === undefined ? firstIssuer : `${userPoolEndpoint}/${userPoolId}`;
  const uri = url("jwksUri") ?? checkEndpoint(`${base}/.well-known/jwks.json`, label("issuer"), allowHttp);
  return Object.freeze({
    userPoolId,
    issuers: Object.freeze(issuers),
    clientIds: pool.clientId === null ? undefined : new Set([pool.clientId].flat()),
    signInClient: signInClientOf(pool),
    discoveryUri: `${base}/.well-known/openid-configuration`,
    keys: Object.freeze(pool.jwks === undefined ? { uri } : { fixed: pool.jwks }),
    userPoolEndpoint,
    identityPool: identityPoolOf(
      pool.identityPoolId,
      endpoint("identityPoolEndpoint"),
      endpoint("stsEndpoint"),
      options.getIdRate,
    ),
  });
}

function signInClientOf({ clientId, clientSecret }: CheckedUserPool): UserPoolConfig["signInClient"] {
  const [id] = [clientId ?? []].flat();
  return id === undefined ? undefined : Object.freeze({ id, secret: clientSecret });
}

function issuersOf(pool: CheckedUserPool, label: LabelledPool["label"]): string[] {
  if (pool.issuer !== undefined) return [pool.issuer].flat();
  if (pool.userPoolId === undefined) {
    throw new ConfigurationError(
      "No user pool is configured. Say which in one of three ways: options, `authSession({ userPoolId, clientId })`; environment, " +
        `COGNITO_USER_POOL_ID and COGNITO_CLIENT_ID; or ${AMPLIFY_OUTPUTS} in the working directory.`,
      label("userPoolId"),
    );
  }
  const region = pool.userPoolId.slice(0, pool.userPoolId.indexOf("_"));
  if (!/^[a-z]{2,4}(?:-[a-z]+)+-\d+_[0-9a-zA-Z]+$/.test(pool.userPoolId)) {
    throw new ConfigurationError(
      `\`${label("userPoolId")}\` must be a user pool id that begins with its Region, like eu-west-1_AbCdEfGhI. ` +
        "For an emulator's pool, set `issuer` (COGNITO_ISSUER) as well.",
      label("userPoolId"),
    );
  }
  return [`https://cognito-idp.${region}.${dnsSuffixOf(region)}/${pool.userPoolId}`];
}

/** The DNS suffix of a Region's partition (AWS General Reference, service endpoints). */
export function dnsSuffixOf(region: string): string {
  if (region.startsWith("cn-")) return "amazonaws.com.cn";
  if (region.startsWith("eusc-")) return "amazonaws.eu";
  if (region.startsWith("us-iso-")) return "c2s.ic.gov";
  if (region.startsWith("us-isob-")) return "sc2s.sgov.gov";
  return "amazonaws.com";
}

function identityPoolOf(
  id: string | null | undefined,
  endpoint: string | undefined,
  stsEndpoint: string | undefined,
  getIdRate: number | null | undefined,
): IdentityPoolConfig | undefined {
  if (id === undefined || id === null) return undefined;
  // An emulator has no quota to be gentle with.
  const byDefault = endpoint !== undefined && isLoopback(endpoint) ? null : GET_ID_RATE;
  const rate = getIdRate === undefined ? byDefault : getIdRate;
  return Object.freeze({
    id,
    region: id.slice(0, id.indexOf(":")),
    endpoint,
    stsEndpoint,
    getIdRate: rate ?? undefined,
  });
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
