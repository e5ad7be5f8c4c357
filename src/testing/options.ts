import type { Clock } from "../clock.js";
import { checkFields, checkLists } from "./check-input.js";
import { checkUser, type LocalUser } from "./users.js";

/** Options of `LocalCognito.start()`. */
export interface LocalCognitoOptions {
  /** Port on 127.0.0.1. Default 0: a free one. */
  readonly port?: number | undefined;
  /** Default: a fresh id in eu-west-1. */
  readonly userPoolId?: string | undefined;
  /** Default: a fresh one. */
  readonly clientId?: string | undefined;
  /** Makes the app client a confidential one: its token requests and operations need this secret. Default none. */
  readonly clientSecret?: string | undefined;
  /** Default: a fresh one in eu-west-1. */
  readonly identityPoolId?: string | undefined;
  /** Whether the identity pool takes guests. Default false. */
  readonly unauthenticatedIdentities?: boolean | undefined;
  /** Whether a refresh gives a new refresh token and spends the old one. Default true. */
  readonly refreshTokenRotation?: boolean | undefined;
  /** Seconds for which access and ID tokens are good. Default 3600. */
  readonly tokenLifetime?: number | undefined;
  /** Where the managed login may lead back to, letter for letter. Default: any http(s) URL on loopback. */
  readonly callbackUrls?: readonly string[] | undefined;
  /** Where a logout may lead to, letter for letter. Default: any http(s) URL on loopback. */
  readonly logoutUrls?: readonly string[] | undefined;
  /** Users that the managed login's page offers from the beginning. Default none. */
  readonly users?: readonly LocalUser[] | undefined;
  /** The service's clock, in milliseconds since the epoch. Default: the machine's. */
  readonly clock?: Clock | undefined;
}

const OPTIONS = [
  "port",
  "userPoolId",
  "clientId",
  "clientSecret",
  "identityPoolId",
  "unauthenticatedIdentities",
  "refreshTokenRotation",
  "tokenLifetime",
  "callbackUrls",
  "logoutUrls",
  "users",
  "clock",
] as const satisfies readonly (keyof LocalCognitoOptions)[];

/** @throws {TypeError} naming an option that there is not, or whose value cannot be used */
export function checkStartOptions(given: LocalCognitoOptions): void {
  const call = "LocalCognito.start()";
  checkFields(call, given, OPTIONS);
  const { clientSecret, tokenLifetime, callbackUrls, logoutUrls, users } = given;
  checkLists(call, { callbackUrls, logoutUrls, users });
  checkTexts(call, { clientSecret });
  checkLifetime(call, tokenLifetime);
  for (const user of users ?? []) checkUser(`${call} with \`users\``, user);
  for (const [name, urls] of Object.entries({ callbackUrls, logoutUrls })) {
    const wrong = urls?.find((url) => typeof url !== "string" || !URL.canParse(url) || url.includes("#"));
    if (wrong !== undefined) throw new TypeError(`${call} takes absolute URLs without a fragment as \`${name}\`.`);
  }
}

/** Options of `testKeys()`. */
export interface TestKeysOptions
  extends Pick<LocalCognitoOptions, "clientId" | "unauthenticatedIdentities" | "tokenLifetime" | "clock"> {
  /** Default: a fresh id in a Region that there is not. The issuer is none of Amazon's, whatever the id. */
  readonly userPoolId?: string | undefined;
  /** Default: a fresh one in a Region that there is not. Only `sessions()` uses it. */
  readonly identityPoolId?: string | undefined;
}

const TEST_KEYS_OPTIONS = [
  "userPoolId",
  "clientId",
  "identityPoolId",
  "unauthenticatedIdentities",
  "tokenLifetime",
  "clock",
] as const satisfies readonly (keyof TestKeysOptions)[];

/** @throws {TypeError} naming an option that there is not, or whose value cannot be used */
export function checkTestKeysOptions(given: TestKeysOptions): void {
  const call = "testKeys()";
  checkFields(call, given, TEST_KEYS_OPTIONS);
  const { userPoolId, clientId, identityPoolId, tokenLifetime } = given;
  checkTexts(call, { userPoolId, clientId, identityPoolId });
  checkLifetime(call, tokenLifetime);
}

/** @throws {TypeError} for fields that are given and are no text, or an empty one */
function checkTexts(call: string, given: Readonly<Record<string, unknown>>): void {
  const wrong = Object.entries(given).find(
    ([, value]) => value !== undefined && (typeof value !== "string" || value === ""),
  );
  if (wrong !== undefined) throw new TypeError(`${call} takes a text as \`${wrong[0]}\`.`);
}

function checkLifetime(call: string, seconds: unknown): void {
  if (seconds === undefined || (Number.isSafeInteger(seconds) && Number(seconds) > 0)) return;
  throw new TypeError(`${call} takes whole seconds, more than none, as \`tokenLifetime\`.`);
}

/** What `authSession()` needs to work with a `LocalCognito`. */
export interface LocalCognitoConfig {
  /** The user pool's id. */
  readonly userPoolId: string;
  /** The app client's id. */
  readonly clientId: string;
  /** Only where the app client has one. */
  readonly clientSecret?: string;
  /** The identity pool's id. */
  readonly identityPoolId: string;
  /** `iss` of its tokens, on loopback. */
  readonly issuer: string;
  /** Where its keys are. */
  readonly jwksUri: string;
  /** Where it answers the user pool's operations. */
  readonly userPoolEndpoint: string;
  /** Where it answers the identity pool's operations. */
  readonly identityPoolEndpoint: string;
  /** Where it answers those of AWS STS. */
  readonly stsEndpoint: string;
}
