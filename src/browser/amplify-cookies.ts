import { stringifySetCookie } from "cookie";
import { failed, type Outcome } from "../errors/outcome.js";
import { badTransport } from "../tokens/transport-fault.js";
import { type RequestCookies, SEVERAL } from "./cookie-header.js";

/** Whose sign-in a set of Amplify cookies is: the app client's, and the user's that `LastAuthUser` names. */
export interface AmplifySession {
  readonly clientId: string;
  readonly username: string;
}

/** What the cookies of one sign-in hold. Nothing of it is verified: the client can write all of it. */
export interface AmplifyTokens extends AmplifySession {
  readonly accessToken?: string;
  readonly idToken?: string;
  readonly refreshToken?: string;
  readonly deviceKey?: string;
}

/** The tokens of a refresh. What is absent keeps its cookie. */
export interface FreshTokens {
  readonly accessToken: string;
  readonly idToken?: string | undefined;
  readonly refreshToken?: string | undefined;
}

/** How to write the cookies: as the app's Amplify adapter does, or the next of them to write changes them back. */
export interface AmplifyCookieAttributes {
  /** Whether browsers reach the app by https; over plain http they drop `Secure` cookies. */
  readonly isSecure: boolean;
  /** Whole seconds; Amplify's default is 365 days. */
  readonly maxAgeSeconds: number;
  /** True only where Amplify runs on servers alone (the Next adapter's server-side auth): scripts cannot read these. */
  readonly httpOnly: boolean;
  /** Default: as Amplify's own, `strict` with `httpOnly` and `lax` without. */
  readonly sameSite?: "lax" | "strict" | undefined;
}

const PREFIX = "CognitoIdentityServiceProvider";
const MAX_TOKEN_LENGTH = 16 * 1024;
const MAX_NAME_LENGTH = 256;
const TOKENS = ["accessToken", "idToken", "refreshToken"] as const;
/** What a sign-out of Amplify removes; the keys of a remembered device outlive it. */
const SIGN_IN = [...TOKENS, "clockDrift", "signInDetails", "oauthMetadata"] as const;

/**
 * The tokens in the cookies of Amplify v6 (`CookieStorage` and the server adapters), of the first client that has any:
 * in the order of `clientIds`, so that a request cannot choose. A value that is badly encoded, empty or too long (tokens
 * 16 KiB, names 256 characters) is none; one that came in two versions is refused. `clockDrift` and the identity id
 * are the client's to write and never read.
 */
export function readAmplifyCookies(
  cookies: RequestCookies,
  clientIds: Iterable<string>,
): Outcome<AmplifyTokens | undefined> {
  if (cookies.size === 0) return undefined;
  for (const clientId of clientIds) {
    const username = readValue(cookies, lastAuthUser(clientId), MAX_NAME_LENGTH);
    if (failed(username)) return username;
    const tokens = username === undefined ? undefined : readSession(cookies, { clientId, username });
    if (tokens !== undefined) return tokens;
  }
  return undefined;
}

/** The `Set-Cookie` values that store a refresh, under Amplify's names and never with a `Domain`. */
export function writeAmplifyCookies(
  session: AmplifySession,
  tokens: FreshTokens,
  attributes: AmplifyCookieAttributes,
): string[] {
  const [stem, ...otherStems] = stems(session);
  const written = [setCookie(lastAuthUser(session.clientId), session.username, attributes)];
  for (const field of TOKENS) {
    const token = tokens[field];
    if (token === undefined) continue;
    written.push(setCookie(stem + field, token, attributes));
    // Else the browser may go on with the token before this one, which it finds first.
    written.push(...otherStems.map((other) => expiredCookie(other + field)));
  }
  return written;
}

/**
 * The `Set-Cookie` values that end a sign-in: one for each of its cookies that the request carried. Names are made of
 * the arguments, encoded, and never taken from the request. Cookies with a `Domain` or a `Path` of their own stay.
 */
export function clearAmplifyCookies(cookies: RequestCookies, clientId: string, username: string): string[] {
  const names = stems({ clientId, username }).flatMap((stem) => SIGN_IN.map((field) => stem + field));
  return [...names, lastAuthUser(clientId)].filter((name) => cookies.has(name)).map(expiredCookie);
}

/** The sign-in's tokens in the first spelling that has any: the two are never mixed. */
function readSession(cookies: RequestCookies, session: AmplifySession): Outcome<AmplifyTokens | undefined> {
  for (const stem of stems(session)) {
    const tokens = readTokens(cookies, stem);
    if (failed(tokens)) return tokens;
    if (tokens === undefined) continue;
    const deviceKey = readValue(cookies, `${stem}deviceKey`, MAX_NAME_LENGTH);
    if (failed(deviceKey)) return deviceKey;
    return { ...session, ...tokens, ...(deviceKey !== undefined && { deviceKey }) };
  }
  return undefined;
}

function readTokens(
  cookies: RequestCookies,
  stem: string,
): Outcome<{ [field in (typeof TOKENS)[number]]?: string } | undefined> {
  const tokens: { [field in (typeof TOKENS)[number]]?: string } = {};
  for (const field of TOKENS) {
    const token = readValue(cookies, stem + field, MAX_TOKEN_LENGTH);
    if (failed(token)) return token;
    if (token !== undefined) tokens[field] = token;
  }
  return Object.keys(tokens).length === 0 ? undefined : tokens;
}

function readValue(cookies: RequestCookies, name: string, maxLength: number): Outcome<string | undefined> {
  const raw = cookies.get(name);
  if (raw === SEVERAL) return badTransport("several_cookies");
  const value = raw === undefined ? "" : decoded(raw);
  return value === "" || value.length > maxLength ? undefined : value;
}

/** Next and js-cookie percent-encode more or less of a value, other adapters nothing: one decoding fits them all. */
function decoded(raw: string): string {
  try {
    return decodeURIComponent(raw);
  } catch {
    return "";
  }
}

function lastAuthUser(clientId: string): string {
  return cookieName(`${PREFIX}.${clientId}.LastAuthUser`);
}

/**
 * How the names of a sign-in's cookies begin, as servers spell it and, where that differs, as browsers do: js-cookie
 * encodes parentheses, Amplify's adapters leave them.
 */
function stems({ clientId, username }: AmplifySession): [string, ...string[]] {
  const stem = cookieName(`${PREFIX}.${clientId}.${username}.`);
  const inBrowsers = stem.replaceAll("(", "%28").replaceAll(")", "%29");
  return inBrowsers === stem ? [stem] : [stem, inBrowsers];
}

/** js-cookie's encoding of names: percent-encoded, except for what RFC 6265 allows in them. */
function cookieName(name: string): string {
  return name.replace(/[^#$&+^`|]+/g, percentEncoded);
}

/** Never throws: half of a surrogate pair, which no URI can hold, becomes U+FFFD. */
function percentEncoded(text: string): string {
  return encodeURIComponent(text.replace(/\p{Surrogate}/gu, "\uFFFD"));
}

function setCookie(name: string, value: string, attributes: AmplifyCookieAttributes): string {
  const { isSecure: secure, maxAgeSeconds: maxAge, httpOnly, sameSite = httpOnly ? "strict" : "lax" } = attributes;
  return stringifySetCookie({ name, value, path: "/", maxAge, secure, httpOnly, sameSite }, { encode: percentEncoded });
}

function expiredCookie(name: string): string {
  return stringifySetCookie({ name, value: "", path: "/", maxAge: 0, expires: new Date(0), sameSite: "lax" });
}
