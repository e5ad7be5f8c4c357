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
}

/** Whether something may be a token at all: asked before it is hashed, split or decoded. */
export function isTokenSized(raw: unknown): raw is string {
  return typeof raw === "string" && raw.length <= MAX_TOKEN_LENGTH;
}

/** Takes a JWS in compact form (RFC 7515 section 7.1) apart. Accepts exactly one spelling of each token. */
export function decodeToken(raw: unknown): Outcome<DecodedToken> {
  if (!isTokenSized(raw)) return malformed();
  const first = raw.indexOf(".");
  const second = raw.indexOf(".", first + 1);
  if (first < 1 || second === first + 1 || second === -1 || raw.indexOf(".", second + 1) !== -1) return malformed();
  const header = decodeObject(raw.slice(0, first));
  if (header === undefined) return malformed();
  const payload = decodeObject(raw.slice(first + 1, second));
  if (payload === undefined || decodeBase64Url(raw.slice(second + 1)) === undefined) return malformed();
  return { raw, header, payload };
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
  const bytes = decodeBase64Url(segment);
  return bytes !== undefined && isUtf8(bytes) ? parseStrictObject(bytes.toString("utf8")) : undefined;
}

/**
 * Node's decoder forgives padding, the other alphabet, stray characters and set bits beyond the last byte; only
 * the canonical spelling (RFC 4648 section 3.5) encodes back to itself.
 */
function decodeBase64Url(segment: string): Buffer | undefined {
  if (segment === "") return undefined;
  const bytes = Buffer.from(segment, "base64url");
  return bytes.toString("base64url") === segment ? bytes : undefined;
}

function malformed(): AuthError {
  return new AuthError("malformed_token");
}
