import type { Outcome } from "../errors/outcome.js";
import type { FetchHeaders, RequestHead } from "../tokens/bearer.js";
import { badTransport } from "../tokens/transport-fault.js";

/** Stands where one name came with different values, as when a sibling domain sets a cookie for the parent domain. */
export const SEVERAL: unique symbol = Symbol("several cookies of one name");

/** The cookies of a request, undecoded. A caller has to refuse `SEVERAL` where it uses the name; others it may ignore. */
export type RequestCookies = ReadonlyMap<string, string | typeof SEVERAL>;

/** Node takes 16 KiB of headers unless told otherwise, browsers keep less than 200 cookies for a site. */
const MAX_HEADER_LENGTH = 64 * 1024;
const MAX_COOKIES = 512;

const NONE: RequestCookies = new Map();

/**
 * Reads the `Cookie` header (RFC 6265 section 5.4; several are joined with `; ` by Node and by Fetch). A header beyond
 * the bounds (64 KiB, 512 cookies) is refused, because in a part of it a name would look unambiguous that is not.
 *
 * Not `parseCookie` of the cookie package: it keeps the first of several values and does not tell.
 */
export function readCookies({ headers }: Pick<RequestHead, "headers">): Outcome<RequestCookies> {
  const header = isFetchHeaders(headers) ? headers.get("cookie") : headers.cookie;
  if (typeof header !== "string" || header === "") return NONE;
  if (header.length > MAX_HEADER_LENGTH) return badTransport("cookie_too_long");
  const pairs = header.split(";", MAX_COOKIES + 1);
  if (pairs.length > MAX_COOKIES) return badTransport("cookie_too_long");
  const cookies = new Map<string, string | typeof SEVERAL>();
  for (const pair of pairs) addPair(cookies, pair);
  return cookies;
}

function addPair(cookies: Map<string, string | typeof SEVERAL>, pair: string): void {
  const equals = pair.indexOf("=");
  const name = equals === -1 ? "" : stripped(pair, 0, equals);
  if (name === "") return;
  const value = stripped(pair, equals + 1, pair.length);
  const earlier = cookies.get(name);
  cookies.set(name, earlier === undefined || earlier === value ? value : SEVERAL);
}

/** Without the spaces and tabs around it. Other white space is part of a name: `trim()` would make two names one. */
function stripped(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/** A Node request may have a header named `get`, but it is a string. */
function isFetchHeaders(headers: RequestHead["headers"]): headers is FetchHeaders {
  return typeof headers.get === "function";
}
