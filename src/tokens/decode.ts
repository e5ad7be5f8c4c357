import { isUtf8 } from "node:buffer";
import { AuthError } from "../errors/auth-error.js";
import { type Outcome, orThrow } from "../errors/outcome.js";
import { deepFreeze, type JsonObject, parseStrictObject } from "./json.js";
import { type JWT, Jwt } from "./jwt.js";

/** Longest token that is looked at, in characters. Node's own limit for all headers together is 16 KiB as well. */
const MAX_TOKEN_LENGTH = 16_384;

/** A token taken apart, nothing about it verified. */
export interface DecodedToken {
  readonly raw: string;
  readonly header: JsonObject;
  readonly payload: JsonObject;
  readonly headerB64: string;
  readonly payloadB64: string;
  readonly signatureB64: string;
}

/** Whether something may be a token at all: asked before it is hashed, split or decoded. */
export function isTokenSized(raw: unknown): raw is string {
  return typeof raw === "string" && raw.length <= MAX_TOKEN_LENGTH;
}

/**
 * Takes a JWS in compact form (RFC 7515 section 7.1) apart. Accepts exactly one spelling of each token.
 *
 * @param headers headers that were decoded before, by their segment: tokens of one key have the same
 */
export function decodeToken(
  raw: unknown,
  headers?: Pick<ReadonlyMap<string, JsonObject>, "get">,
): Outcome<DecodedToken> {
  if (!isTokenSized(raw) || WIDE.test(raw)) return malformed();
  const first = raw.indexOf(".");
  const second = raw.indexOf(".", first + 1);
  if (first < 1 || second === first + 1 || second === -1 || raw.indexOf(".", second + 1) !== -1) return malformed();
  const headerB64 = raw.slice(0, first);
  const header = headers?.get(headerB64) ?? decodeObject(headerB64);
  if (header === undefined) return malformed();
  const payloadB64 = raw.slice(first + 1, second);
  const payload = decodeObject(payloadB64);
  if (payload === undefined) return malformed();
  const signatureB64 = raw.slice(second + 1);
  if (decodeSegment(signatureB64) === undefined) return malformed();
  return { raw, header, payload, headerB64, payloadB64, signatureB64 };
}

/**
 * Decodes a token **without verifying it**: for logs and tools, never for a decision.
 *
 * @param token a JWT; anything else is refused, whatever its type
 * @returns header and payload, deeply frozen
 * @throws {AuthError} code `malformed_token`
 * @example
 * ```ts
 * const { payload } = decodeJWT(token);
 * console.log(payload.exp);
 * ```
 */
export function decodeJWT(token: unknown): JWT {
  const { raw, header, payload } = orThrow(decodeToken(token));
  return new Jwt(deepFreeze(header), deepFreeze(payload), raw);
}

function decodeObject(segment: string): JsonObject | undefined {
  const byteLength = decodeSegment(segment);
  if (byteLength === undefined) return undefined;
  const text = DECODED.toString("utf8", 0, byteLength);
  // As many characters as bytes, and none in place of one that could not be read: plain ASCII, as in nearly all tokens.
  const isAscii = text.length === byteLength && !text.includes(REPLACEMENT);
  return isAscii || isUtf8(DECODED.subarray(0, byteLength)) ? parseStrictObject(text) : undefined;
}

/** What was decoded last, which is done with at once: a buffer of their own for each segment of each token is dear. */
const DECODED = Buffer.allocUnsafeSlow(MAX_TOKEN_LENGTH);

/** Node's decoder takes the lower byte of these for a character. V8 knows at once of most strings that they have none. */
const WIDE = /[\u0100-\uffff]/;
const REPLACEMENT = "\ufffd";

/** Characters that may end a segment whose last byte leaves 4, or 2, bits of its last character unused: those are 0. */
const LAST_OF_TWO = "AQgw";
const LAST_OF_THREE = "AEIMQUYcgkosw048";

/**
 * Decodes a segment that is the canonical spelling of its bytes (RFC 4648 sections 3.5 and 5). Node's decoder forgives
 * padding, the other alphabet, stray characters and set bits beyond the last byte; what it passes over makes the bytes
 * fewer.
 *
 * @returns how many bytes it is; undefined for another spelling
 */
function decodeSegment(segment: string): number | undefined {
  const byteLength = DECODED.write(segment, 0, "base64url");
  const isWhole = segment !== "" && byteLength === Math.floor((segment.length * 3) / 4);
  const isCanonical = isWhole && !segment.includes("+") && !segment.includes("/") && hasCanonicalEnd(segment);
  return isCanonical ? byteLength : undefined;
}

function hasCanonicalEnd(segment: string): boolean {
  const rest = segment.length % 4;
  if (rest === 0) return true;
  const last = segment.charAt(segment.length - 1);
  return rest !== 1 && (rest === 2 ? LAST_OF_TWO : LAST_OF_THREE).includes(last);
}

function malformed(): AuthError {
  return new AuthError("malformed_token");
}
