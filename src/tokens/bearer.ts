import type { IncomingHttpHeaders } from "node:http";
import type { Outcome } from "../errors/outcome.js";
import { badTransport, bearerFault, idTokenFault, type TransportFault } from "./transport-fault.js";

/** The parts of a request that tokens are read from: of Node's `IncomingMessage`, or of a Fetch `Request`. */
export interface RequestHeaders {
  /** The method, where it is known: requests with cookies that change something are held against their origin. */
  readonly method?: string | undefined;
  /** Node's object, names in lower case, or Fetch's `Headers`. */
  readonly headers: IncomingHttpHeaders | FetchHeaders;
  /** Node: names and values as they came, in turn. Absent from some mock requests. */
  readonly rawHeaders?: readonly string[];
}

/** What of a request tells who calls, without the request. */
export type RequestHead = Pick<RequestHeaders, "headers" | "rawHeaders">;

/** The `headers` of a Fetch `Request`, whoever made it. */
export interface FetchHeaders {
  /** The value of a header, of several joined by commas; null where there is none. */
  get(name: string): string | null;
}

/** A scheme that is not ours is no token; RFC 9110 section 11.6.2: scheme, spaces, then parameters. */
const OTHER_SCHEME = /^(?!bearer(?: |$))[!#$%&'*+.^_`|~0-9a-z-]+ +\S/i;
/** Proxies and Fetch join headers of one name with commas, so another scheme's may stand before ours. */
const JOINED_BEARER = /^(?!bearer ).*, *bearer(?: |$)/i;
const SCHEME = "Bearer ";
/** White space that a header's value can hold (RFC 9110 section 5.5), and what lists are made with. */
const NOT_IN_A_TOKEN = [" ", ",", "\t", "\u00a0"];

/**
 * The token of `Authorization: Bearer <token>` (RFC 6750 section 2.1), undefined where there is none. Anything that
 * could be read in two ways is refused, not guessed at.
 */
export function readBearer(head: RequestHead): Outcome<string | undefined> {
  const value = readSingle(head, "authorization", "several_bearers");
  if (typeof value !== "string" || value === "") return value === "" ? undefined : value;
  if (hasScheme(value)) {
    const token = value.slice(SCHEME.length);
    if (isOneWord(token)) return token;
  }
  if (JOINED_BEARER.test(value)) return badTransport("several_bearers");
  return OTHER_SCHEME.test(value) ? undefined : badTransport(bearerFault(value));
}

/** A header whose whole value is one token. */
export function readTokenHeader(head: RequestHead, name: string): Outcome<string | undefined> {
  const value = readSingle(head, name, "several_id_tokens");
  if (typeof value !== "string" || isOneWord(value)) return value;
  return badTransport(JOINED_BEARER.test(value) ? "several_id_tokens" : idTokenFault(value));
}

/** Nearly all clients spell it as the RFC does. */
function hasScheme(value: string): boolean {
  return value.startsWith(SCHEME) || value.slice(0, SCHEME.length).toLowerCase() === SCHEME.toLowerCase();
}

/** One search for each character costs a tenth of what a regular expression does, and `includes` is slower than this. */
function isOneWord(value: string): boolean {
  for (const character of NOT_IN_A_TOKEN) if (value.indexOf(character) !== -1) return false;
  return value !== "";
}

/** A header as it came; what Node joined of several stands there joined. */
export function headerOf({ headers }: Pick<RequestHead, "headers">, name: string): string | undefined {
  const value = lookUp(headers, name);
  return Array.isArray(value) ? value.join(", ") : value;
}

/** Node keeps the first of two `Authorization` headers and joins others with commas; the raw list shows both. */
function readSingle(
  { headers, rawHeaders }: RequestHead,
  name: string,
  several: TransportFault,
): Outcome<string | undefined> {
  const value = lookUp(headers, name);
  if (value === undefined) return undefined;
  if (Array.isArray(value) || (rawHeaders !== undefined && isRepeated(rawHeaders, name))) return badTransport(several);
  return value;
}

/** Whether several headers have a name. Where only one is as long, that one has it. */
function isRepeated(rawHeaders: readonly string[], name: string): boolean {
  let asLong = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) if (rawHeaders[index]?.length === name.length) asLong += 1;
  if (asLong < 2) return false;
  return rawHeaders.filter((header, index) => index % 2 === 0 && header.toLowerCase() === name).length > 1;
}

function lookUp(headers: RequestHeaders["headers"], name: string): string | string[] | undefined {
  return isFetchHeaders(headers) ? (headers.get(name) ?? undefined) : headers[name];
}

/** A Node request may have a header named `get`, but it is a string. */
function isFetchHeaders(headers: RequestHeaders["headers"]): headers is FetchHeaders {
  return typeof headers.get === "function";
}
