import { ConfigurationError } from "../errors/auth-error.js";
import type { CookieConfig, UserPoolConfig } from "./config.js";
import { checkEndpoint } from "./endpoint.js";
import type { CheckedOptions } from "./schema.js";

const DAY_SECONDS = 24 * 3600;
/** What means nothing while no cookie is looked at, and what means nothing while others' are: those live as long as they say. */
const NEEDS_COOKIES = ["origin", "sessionIdleTimeout", "sessionLifetime"] as const;
const NEEDS_OWN_COOKIES = ["sessionIdleTimeout", "sessionLifetime"] as const;
const NO_CLIENT =
  "Option `cookies` needs `clientId`: sessions in cookies belong to an app client, so `null`, any client, will not do.";

const NO_LOCK =
  "Option `cookies` needs a `store` with `lock`: two processes that refreshed one session at once would end it.";

/**
 * How sessions come in cookies, where they do.
 *
 * @throws {ConfigurationError} naming the option and what it needs beside it
 */
export function cookieConfigOf(options: CheckedOptions, pools: readonly UserPoolConfig[]): CookieConfig | undefined {
  const { cookies: kind, sessionIdleTimeout, sessionLifetime } = options;
  if (kind === undefined) {
    refuse(options, NEEDS_COOKIES, "without it no cookie is read");
    return undefined;
  }
  if (kind !== "session") refuse(options, NEEDS_OWN_COOKIES, "how long Amplify's cookies are good Amplify decides");
  if (pools.some(({ signInClient }) => signInClient === undefined)) throw new ConfigurationError(NO_CLIENT, "clientId");
  if (options.store !== undefined && options.store.lock === undefined) {
    throw new ConfigurationError(NO_LOCK, "store");
  }
  const origin = originOf(options);
  if (origin === undefined && kind === "session") {
    throw new ConfigurationError(
      'Option `cookies: "session"` needs `origin`: the origin that browsers see, like https://app.example.com.',
      "origin",
    );
  }
  const lifetimeSeconds = sessionLifetime ?? 7 * DAY_SECONDS;
  return Object.freeze({
    kind,
    origin,
    isSecure: origin === undefined || origin.startsWith("https:"),
    idleMs: Math.min(sessionIdleTimeout ?? DAY_SECONDS, lifetimeSeconds) * 1000,
    lifetimeMs: lifetimeSeconds * 1000,
  });
}

/** An option without effect would be a bound that somebody relies on. */
function refuse(options: CheckedOptions, names: readonly (typeof NEEDS_COOKIES)[number][], reason: string): void {
  const idle = names.find((name) => options[name] !== undefined);
  if (idle === undefined) return;
  throw new ConfigurationError(`Option \`${idle}\` needs \`cookies: "session"\`: ${reason}.`, idle);
}

function originOf({ origin, allowHttp = false }: CheckedOptions): string | undefined {
  if (origin === undefined) return undefined;
  const url = new URL(checkEndpoint(origin, "origin", allowHttp));
  // A path, a query or a default port written out would never equal what browsers send.
  if (origin !== url.origin) {
    throw new ConfigurationError(
      `\`origin\` must be spelled as browsers do: scheme, host and port in lower case, without a path, a slash at its end, or a default port. That is ${url.origin} here.`,
      "origin",
    );
  }
  return origin;
}
