import { ConfigurationError } from "../errors/auth-error.js";
import { type CheckedOptions, type CheckedUserPool, checkSource } from "./schema.js";
import {
  AMPLIFY_FIELDS,
  ENDPOINT_OPTIONS,
  ENVIRONMENT_VARIABLES,
  type Environment,
  fromAmplifyOutputs,
  fromEnvironment,
  type Source,
} from "./sources.js";

/** Where configuration comes from besides the options. */
export interface ConfigSources {
  readonly env: Environment;
  /** The folder that `amplify_outputs.json` is looked for in. */
  readonly folder: string;
}

/** A pool's settings and what each is called where it came from, for messages. */
export interface LabelledPool {
  readonly pool: CheckedUserPool;
  label(option: keyof CheckedUserPool): string;
  /** App clients that were given beside another user pool's id, and where both stand. */
  readonly leftOut: readonly LeftOut[];
}

/** A value that does not count, and what says so, by their names in the source. */
export interface LeftOut {
  readonly value: string;
  readonly reason: string;
}

type Option = keyof CheckedUserPool;

/** What may stand at the top beside `userPools`, for all of them. */
const SHARED = ["identityPoolId", ...ENDPOINT_OPTIONS] as const;
const OWN = ["userPoolId", "clientId", "clientSecret", "issuer", "jwksUri", "jwks"] as const;

/** The configured user pools, each merged from options, environment and file. */
export function userPoolsOf(options: CheckedOptions, { env, folder }: ConfigSources): LabelledPool[] {
  const environment = fromEnvironment(env);
  if (options.userPools === undefined) {
    const merged = new Merge(pick(options, [...OWN, ...SHARED]));
    merged.add(environment);
    if (merged.lacksWhatAFileGives()) merged.add(fromAmplifyOutputs(folder));
    return [merged];
  }
  const misplaced = OWN.find((name) => options[name] !== undefined);
  if (misplaced !== undefined) {
    const message = `Options \`userPools\` and \`${misplaced}\` exclude each other: move it into \`userPools\`.`;
    throw new ConfigurationError(message, misplaced);
  }
  return options.userPools.map((pool, index) => {
    const merged = new Merge({ ...pick(options, SHARED), ...pick(pool, [...OWN, ...SHARED]) }, (option) =>
      pool[option] === undefined && options[option] !== undefined ? option : `userPools[${index}].${option}`,
    );
    merged.add({
      ...environment,
      values: Object.fromEntries(ENDPOINT_OPTIONS.map((name) => [name, environment.values[name]])),
    });
    return merged;
  });
}

/**
 * Settings of one pool. What was there first stays, value by value. A later source that names another user pool is left
 * out whole, but for endpoints, which say where the services are, not which pool is meant: half of one pool's settings
 * and half of another's would be a trap. Only what is taken from a source is checked.
 */
class Merge implements LabelledPool {
  readonly pool: CheckedUserPool;
  readonly leftOut: LeftOut[] = [];
  readonly #labels = new Map<Option, string>();
  readonly #labelOfFirst: (option: Option) => string;

  constructor(first: CheckedUserPool, labelOfFirst: (option: Option) => string = (option) => option) {
    this.pool = { ...first };
    this.#labelOfFirst = labelOfFirst;
  }

  add({ values, labels }: Source): void {
    const isAnother = namesAnother(idOf(this.pool), idOf(values));
    if (isAnother && values.clientId !== undefined) {
      const named = typeof values.userPoolId === "string" ? labels.userPoolId : labels.issuer;
      this.leftOut.push({ value: labels.clientId ?? "clientId", reason: named ?? "userPoolId" });
    }
    const wanted = isAnother ? ENDPOINT_OPTIONS : (Object.keys(ENVIRONMENT_VARIABLES) as Option[]);
    const taken = wanted.filter((option) => this.pool[option] === undefined && values[option] !== undefined);
    Object.assign(this.pool, checkSource(pick(values, taken), labels));
    for (const option of taken) this.#labels.set(option, labels[option] ?? option);
  }

  /** Whether the file could still give something; else it is not looked at, and may be broken. */
  lacksWhatAFileGives(): boolean {
    const { userPoolId, issuer, ...others } = this.pool;
    const known: CheckedUserPool = { ...others, userPoolId: userPoolId ?? idOf({ issuer }) };
    return (Object.keys(AMPLIFY_FIELDS) as Option[]).some((option) => known[option] === undefined);
  }

  label(option: Option): string {
    return this.#labels.get(option) ?? this.#labelOfFirst(option);
  }
}

function namesAnother(known: string | undefined, named: string | undefined): boolean {
  return known !== undefined && named !== undefined && known !== named;
}

/** The user pool that a source is about: its id, else the last part of its issuer, which is the id everywhere. */
function idOf({
  userPoolId,
  issuer,
}: {
  readonly userPoolId?: unknown;
  readonly issuer?: unknown;
}): string | undefined {
  if (typeof userPoolId === "string") return userPoolId;
  const [first]: unknown[] = [issuer].flat();
  return typeof first === "string" ? first.slice(first.lastIndexOf("/") + 1) : undefined;
}

/** The named properties that are not undefined. */
function pick<T extends object, K extends keyof T>(from: T, names: readonly K[]): Partial<Pick<T, K>> {
  const entries = names.map((name) => [name, from[name]] as const).filter(([, value]) => value !== undefined);
  // Made of the very properties that were named.
  return Object.fromEntries(entries) as Partial<Pick<T, K>>;
}
