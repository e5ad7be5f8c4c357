import { AuthSessionError, invalidResponse } from "./error.js";
import type { BrowserSession, BrowserUserInfo } from "./types.js";

type Json = Readonly<Record<string, unknown>>;

/** Codes and names end up in logs: they are words or nothing. */
const CODE = /^[a-z][a-z_]{0,63}$/;
const NAME = /^[A-Za-z]{1,64}$/;
const USER_TEXTS = ["username", "email", "name", "givenName", "familyName"] as const;

/**
 * Reads what the session route answered with 200. Only the fields that are known are kept: should a server ever send a
 * token, it would not stay in the page.
 *
 * @param body the JSON, freshly parsed: what is kept of it gets frozen
 * @returns the session; undefined when nobody is signed in
 * @throws {AuthSessionError} `invalid_response`
 */
export function readSession(body: unknown): BrowserSession | undefined {
  if (!isJson(body)) throw invalidResponse(200);
  if (body.isAuthenticated === false) return undefined;
  const { isAuthenticated, userSub, username, groups, scopes, userInfo, claims } = body;
  const { expiresAt, expiresIn, sessionExpiresAt } = body;
  const user = readUserInfo(userInfo);
  const isWhole =
    isAuthenticated === true &&
    isId(userSub) &&
    isTextOrNone(username) &&
    isTexts(groups) &&
    isTexts(scopes) &&
    user?.sub === userSub &&
    isJson(claims) &&
    isTime(expiresAt) &&
    isSeconds(expiresIn) &&
    isTime(sessionExpiresAt);
  if (!isWhole) throw invalidResponse(200);
  const name = username === undefined ? {} : { username };
  const times = { expiresAt, expiresIn, sessionExpiresAt };
  return freezeDeeply({ isAuthenticated, userSub, ...name, groups, scopes, userInfo: user, claims, ...times });
}

/**
 * Reads where the sign-out route sends the browser.
 *
 * @param here the page's own URL, which the location may be relative to
 * @returns an http or https URL: another scheme, as `javascript:`, would run here what somebody else wrote
 * @throws {AuthSessionError} `invalid_response`
 */
export function readLocation(body: unknown, here: string): string {
  const location = isJson(body) ? body.location : undefined;
  const url = typeof location === "string" ? parseUrl(location, here) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) throw invalidResponse(200);
  return url.href;
}

/** Reads an answer that was not 200: the server's problem details (RFC 9457), or what a proxy made of it. */
export function readProblem(status: number, body: unknown, retryAfterSeconds: number | undefined): AuthSessionError {
  const { code, name } = isJson(body) ? body : {};
  const isProblem = typeof code === "string" && CODE.test(code) && typeof name === "string" && NAME.test(name);
  if (!isProblem) return invalidResponse(status, retryAfterSeconds);
  return new AuthSessionError(code, { name, status, retryAfterSeconds });
}

/** `URL.canParse()` is not in every browser that is still in use. */
function parseUrl(url: string, base: string): URL | undefined {
  try {
    return new URL(url, base);
  } catch {
    return undefined;
  }
}

function readUserInfo(given: unknown): BrowserUserInfo | undefined {
  if (!isJson(given)) return undefined;
  const { sub, emailVerified, groups, customAttributes } = given;
  const texts = USER_TEXTS.map((field) => [field, given[field]] as const).filter(([, value]) => value !== undefined);
  const isWhole =
    isId(sub) &&
    isTexts(groups) &&
    isJson(customAttributes) &&
    (emailVerified === undefined || typeof emailVerified === "boolean") &&
    texts.every(([, value]) => typeof value === "string");
  if (!isWhole) return undefined;
  const verified = emailVerified === undefined ? {} : { emailVerified };
  return { sub, ...Object.fromEntries(texts), ...verified, groups, customAttributes };
}

function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isId(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function isTextOrNone(value: unknown): value is string | undefined {
  return value === undefined || typeof value === "string";
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function isSeconds(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function isTime(value: unknown): value is string {
  return typeof value === "string" && !Number.isNaN(Date.parse(value));
}

/** Without recursion, which a deeply nested claim would exhaust. */
function freezeDeeply<T extends object>(root: T): Readonly<T> {
  const found: object[] = [root];
  for (const item of found) {
    for (const value of Object.values(Object.freeze(item))) {
      if (typeof value === "object" && value !== null) found.push(value);
    }
  }
  return root;
}
