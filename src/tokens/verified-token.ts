import type { UserPoolConfig } from "../config/config.js";
import type { TokenUse } from "./claims.js";
import { deepFreeze, type JsonObject, ownValue } from "./json.js";
import type { TrustedKey } from "./public-keys.js";

/** A token that passed every check, without the raw token. Shared by all requests that bring it, so deeply frozen. */
export interface VerifiedToken {
  readonly use: TokenUse;
  readonly pool: UserPoolConfig;
  /** The key that signed it; asked again at each use whether it is still trusted. */
  readonly key: TrustedKey;
  /** SHA-256 of the whole raw token. */
  readonly digest: string;
  readonly header: JsonObject;
  readonly payload: JsonObject;
  readonly issuer: string;
  readonly sub: string;
  readonly clientId: string;
  readonly username: string | undefined;
  readonly groups: readonly string[];
  /** Of an access token; none for an ID token. */
  readonly scopes: readonly string[];
  readonly expSeconds: number;
  /** When the user signed in; a refresh keeps it. */
  readonly signedInAtSeconds: number;
  /** The sign-in itself; a refresh keeps it. Older pools and emulators have none. */
  readonly originJti: string | undefined;
}

const NONE: readonly string[] = Object.freeze([]);

/** Reads what sessions need out of a token whose claims were judged. */
export function describeToken(
  verified: Pick<VerifiedToken, "use" | "pool" | "key" | "digest" | "header" | "payload">,
): VerifiedToken {
  const { use, payload } = verified;
  return Object.freeze({
    ...verified,
    header: deepFreeze(verified.header),
    payload: deepFreeze(payload),
    issuer: textOf(payload, "iss") ?? "",
    sub: textOf(payload, "sub") ?? "",
    clientId: textOf(payload, use === "access" ? "client_id" : "aud") ?? "",
    username: textOf(payload, use === "access" ? "username" : "cognito:username"),
    groups: readGroups(payload),
    scopes: use === "access" ? Object.freeze(textOf(payload, "scope")?.split(" ").filter(Boolean) ?? []) : NONE,
    expSeconds: Number(ownValue(payload, "exp")),
    signedInAtSeconds: secondsOf(payload, "auth_time") ?? secondsOf(payload, "iat") ?? 0,
    originJti: textOf(payload, "origin_jti"),
  });
}

/** `cognito:groups` counts only as a list of strings; anything else is no group at all. */
function readGroups(payload: JsonObject): readonly string[] {
  const groups = ownValue(payload, "cognito:groups");
  const isList = Array.isArray(groups) && groups.every((group) => typeof group === "string");
  return isList ? Object.freeze([...groups]) : NONE;
}

function textOf(payload: JsonObject, claim: string): string | undefined {
  const value = ownValue(payload, claim);
  return typeof value === "string" ? value : undefined;
}

function secondsOf(payload: JsonObject, claim: string): number | undefined {
  const value = ownValue(payload, claim);
  return typeof value === "number" ? value : undefined;
}
