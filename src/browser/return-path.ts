/** Longest path that is gone back to after a sign-in, in characters. */
export const MAX_RETURN_PATH_LENGTH = 512;

/** Stands for whatever origin the application has. The name is reserved: nobody can own it (RFC 2606 section 2). */
const OWN_ORIGIN = "https://app.invalid";
/** One slash, and nothing after it that a browser or a server takes for a second. */
const STARTS_AS_PATH = /^\/(?![/\\])/;
/** Browsers drop tabs and newlines from a URL, and read a backslash as a slash. */
const NEVER_IN_A_PATH = /[\s\\\p{Cc}]/u;
const ENCODED_SLASH = /%(?:2f|5c)/gi;
/** An empty segment, or one of dots: what is left of them after parsing was hidden from the parser. */
const MISLEADING_SEGMENT = /\/(?=\/)|\/(?:\.|%2e){1,2}(?=\/|$)/i;

/**
 * Where to go after a sign-in, as path and query, if that is a place of the application's own; else undefined. Anything
 * else would make the sign-in an open redirector (RFC 9700 section 4.11).
 *
 * @param value what the request asked for
 * @param allowed path prefixes: `/app` allows `/app`, `/app/x` and `/app?x`, not `/application`; `/` allows every own path
 */
export function returnPathOf(value: unknown, allowed: readonly string[]): string | undefined {
  if (typeof value !== "string" || value.length > MAX_RETURN_PATH_LENGTH) return undefined;
  if (!STARTS_AS_PATH.test(value) || NEVER_IN_A_PATH.test(value) || !URL.canParse(value, OWN_ORIGIN)) return undefined;
  const { origin, pathname, search } = new URL(value, OWN_ORIGIN);
  // Some servers take an encoded slash for a slash.
  if (origin !== OWN_ORIGIN || MISLEADING_SEGMENT.test(pathname.replace(ENCODED_SLASH, "/"))) return undefined;
  const path = `${pathname}${search}`;
  // Parsing may have made it longer; and parsed once more it must stay what it is.
  if (path.length > MAX_RETURN_PATH_LENGTH || new URL(path, OWN_ORIGIN).href !== `${OWN_ORIGIN}${path}`)
    return undefined;
  return allowed.some((prefix) => isWithin(pathname, prefix)) ? path : undefined;
}

function isWithin(pathname: string, prefix: string): boolean {
  return pathname === prefix || pathname.startsWith(prefix.endsWith("/") ? prefix : `${prefix}/`);
}
