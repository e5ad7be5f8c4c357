import * as v from "valibot";
import type { Config, UserPoolConfig } from "../config/config.js";
import { ConfigurationError } from "../errors/auth-error.js";

/** Options of the routes. All are optional. */
export interface AuthRoutesOptions {
  /** What the routes' paths begin with. Default `"/auth"`: `/auth/sign-in`, `/auth/callback`, ... */
  readonly path?: string | undefined;
  /** Which of several configured user pools signs users in. Default the first. */
  readonly userPoolId?: string | undefined;
  /** Scopes to ask for; `openid` among them. Default `["openid", "email", "profile"]`. */
  readonly scopes?: readonly string[] | undefined;
  /**
   * Own paths that a sign-in may lead back to, each with all that is below it; the first is where it leads when nobody
   * says. Default `["/"]`: every path of the application.
   */
  readonly returnTo?: readonly string[] | undefined;
  /** Own path that managed login sends the browser to after a sign-out. Default `"/"`. */
  readonly signedOutPath?: string | undefined;
}

/** The routes' settings, checked. */
export interface RouteSettings {
  readonly path: string;
  readonly origin: string;
  readonly pool: UserPoolConfig;
  readonly client: NonNullable<UserPoolConfig["signInClient"]>;
  readonly scopes: readonly string[];
  readonly returnTo: readonly [string, ...string[]];
  readonly signedOutPath: string;
}

/** Without dot segments, which browsers take out of a path. */
const SEGMENTS = String.raw`(?:\/(?!\.{1,2}(?:\/|$))[\w.~-]+)+`;
const PATH = new RegExp(`^${SEGMENTS}$`);
const OWN = new RegExp(`^(?:\\/|${SEGMENTS})$`);
const RETURN_TO = 'Option `returnTo` must be a non-empty list of own paths, like ["/"] or ["/app"].';
const SCOPES = 'Option `scopes` must be a list of scopes, like ["openid", "email"].';
const USER_POOL = "Option `userPoolId` must be the id of a configured user pool.";
const NO_OPTIONS = "authRoutes() takes a SessionManager and options.";

const ownPath = (name: string, pattern: RegExp) => {
  const expected = `Option \`${name}\` must be a path like /auth, without a slash at its end.`;
  return v.pipe(v.string(expected), v.regex(pattern, expected));
};
const returnPath = v.pipe(v.string(RETURN_TO), v.regex(OWN, RETURN_TO));

const entries = {
  path: v.optional(ownPath("path", PATH), "/auth"),
  userPoolId: v.optional(v.string(USER_POOL)),
  scopes: v.optional(
    v.pipe(
      v.array(v.pipe(v.string(SCOPES), v.regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, SCOPES)), SCOPES),
      v.includes("openid", "Option `scopes` must hold `openid`: without it there is no ID token."),
    ),
    ["openid", "email", "profile"],
  ),
  returnTo: v.optional(v.tupleWithRest([returnPath], returnPath, RETURN_TO), ["/"]),
  signedOutPath: v.optional(ownPath("signedOutPath", OWN), "/"),
};
const options = v.object(entries, NO_OPTIONS);

/**
 * Checks the routes' options against the engine that they work for.
 *
 * @throws {ConfigurationError} naming the option and the fix
 */
export function resolveRoutes(given: AuthRoutesOptions, config: Config): RouteSettings {
  const result = v.safeParse(options, given, { abortPipeEarly: true });
  if (!result.success) {
    const [{ message, path }] = result.issues;
    // An element's fault is the list's.
    throw misuse(message, path && String(path[0].key));
  }
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(entries, name));
  if (unknown !== undefined) {
    throw misuse(`Unknown option \`${unknown}\`. authRoutes() knows ${Object.keys(entries).join(", ")}.`, unknown);
  }
  const { userPoolId, ...settings } = result.output;
  const { origin } = config.cookies ?? {};
  if (config.cookies?.kind !== "session" || origin === undefined) {
    throw misuse('authRoutes() needs a SessionManager with `cookies: "session"` and `origin`.', "cookies");
  }
  const pool = config.userPools.find((each) => userPoolId === undefined || each.userPoolId === userPoolId);
  const client = pool?.signInClient;
  if (pool === undefined || client === undefined) throw misuse(USER_POOL, "userPoolId");
  return { ...settings, origin, pool, client };
}

function misuse(message: string, option: string | undefined): ConfigurationError {
  return new ConfigurationError(message, option);
}
