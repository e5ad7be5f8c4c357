import type { UserPoolConfig } from "../config/config.js";
import type { TokenUse } from "./claims.js";
import { deepFreeze, type JsonObject, ownValue } from "./json.js";
import type { TrustedKey } from "./public-keys.js";

const NONE: readonly string[] = Object.freeze([]);

/** What was judged. */
interface Judged {
  readonly use: TokenUse;
  readonly pool: UserPoolConfig;
  readonly key: TrustedKey;
  readonly digest: string;
  readonly header: JsonObject;
  readonly payload: JsonObject;
}

/**
 * A token that passed every check, without the raw token, and what sessions need of it. Shared by all requests that bring
 * it: what applications see of it is deeply frozen.
 */
export class VerifiedToken {
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
  /** From when on it is good: the later of `nbf` and `iat`. */
  readonly fromSeconds: number;
  /** When the user signed in; a refresh keeps it. */
  readonly signedInAtSeconds: number;
  /** The sign-in itself; a refresh keeps it. Older pools and emulators have none. */
  readonly originJti: string | undefined;

  /** @param judged a token whose claims and signature are good */
  constructor({ use, pool, key, digest, header, payload }: Judged) {
    this.use = use;
    this.pool = pool;
    this.key = key;
    this.digest = digest;
    this.header = deepFreeze(header);
    this.payload = deepFreeze(payload);
    this.issuer = textOf(payload, "iss") ?? "";
    this.sub = textOf(payload, "sub") ?? "";
    this.clientId = textOf(payload, use === "access" ? "client_id" : "aud") ?? "";
    this.username = textOf(payload, use === "access" ? "username" : "cognito:username");
    this.groups = readGroups(payload);
    this.scopes = use === "access" ? Object.freeze(textOf(payload, "scope")?.split(" ").filter(Boolean) ?? []) : NONE;
    this.expSeconds = Number(ownValue(payload, "exp"));
    this.fromSeconds = Math.max(secondsOf(payload, "nbf") ?? 0, secondsOf(payload, "iat") ?? 0);
    this.signedInAtSeconds = secondsOf(payload, "auth_time") ?? secondsOf(payload, "iat") ?? 0;
    this.originJti = textOf(payload, "origin_jti");
  }
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
