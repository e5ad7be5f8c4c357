import type { UserPoolConfig } from "../config/config.js";
import type { TokenUse } from "./claims.js";
import { deepFreeze, type JsonObject, ownValue } from "./json.js";
import type { KeySet } from "./key-set.js";
import type { TrustedKey } from "./public-keys.js";

const NONE: readonly string[] = Object.freeze([]);

/** What was judged. */
interface Judged {
  readonly use: TokenUse;
  readonly pool: UserPoolConfig;
  readonly keySet: KeySet;
  readonly key: TrustedKey;
  readonly tail: string;
  readonly header: JsonObject;
  readonly payload: JsonObject;
}

/**
 * A token that passed every check, without the raw token, and what sessions need of it. Shared by all requests that bring
 * it: what applications see of it is deeply frozen. Most handlers read little of it, so it is read out when it is asked.
 */
export class VerifiedToken {
  readonly use: TokenUse;
  readonly pool: UserPoolConfig;
  /** The pool's keys. */
  readonly keySet: KeySet;
  /** The key that signed it; asked again at each use whether it is still trusted. */
  readonly key: TrustedKey;
  /** The end of its signature, by which verified tokens are told apart. */
  readonly tail: string;
  readonly expSeconds: number;
  /** From when on it is good: the later of `nbf` and `iat`. */
  readonly fromSeconds: number;
  readonly #header: JsonObject;
  readonly #payload: JsonObject;
  #isFrozen = false;
  #groups: readonly string[] | undefined;
  #scopes: readonly string[] | undefined;

  /** @param judged a token whose claims and signature are good */
  constructor({ use, pool, keySet, key, tail, header, payload }: Judged) {
    this.use = use;
    this.pool = pool;
    this.keySet = keySet;
    this.key = key;
    this.tail = tail;
    this.expSeconds = Number(ownValue(payload, "exp"));
    this.fromSeconds = Math.max(secondsOf(payload, "nbf") ?? 0, secondsOf(payload, "iat") ?? 0);
    this.#header = header;
    this.#payload = payload;
  }

  get header(): JsonObject {
    return deepFreeze(this.#header);
  }

  get payload(): JsonObject {
    if (!this.#isFrozen) deepFreeze(this.#payload);
    this.#isFrozen = true;
    return this.#payload;
  }

  get issuer(): string {
    return textOf(this.#payload, "iss") ?? "";
  }

  get sub(): string {
    return textOf(this.#payload, "sub") ?? "";
  }

  get clientId(): string {
    return textOf(this.#payload, this.use === "access" ? "client_id" : "aud") ?? "";
  }

  get username(): string | undefined {
    return textOf(this.#payload, this.use === "access" ? "username" : "cognito:username");
  }

  get groups(): readonly string[] {
    this.#groups ??= readGroups(this.#payload);
    return this.#groups;
  }

  /** Of an access token; none for an ID token. */
  get scopes(): readonly string[] {
    this.#scopes ??= this.use === "access" ? readScopes(this.#payload) : NONE;
    return this.#scopes;
  }

  /** When the user signed in; a refresh keeps it. */
  get signedInAtSeconds(): number {
    return secondsOf(this.#payload, "auth_time") ?? secondsOf(this.#payload, "iat") ?? 0;
  }

  /** The sign-in itself; a refresh keeps it. Older pools and emulators have none. */
  get originJti(): string | undefined {
    return textOf(this.#payload, "origin_jti");
  }
}

/** `cognito:groups` counts only as a list of strings; anything else is no group at all. */
function readGroups(payload: JsonObject): readonly string[] {
  const groups = ownValue(payload, "cognito:groups");
  const isList = Array.isArray(groups) && groups.every((group) => typeof group === "string");
  return isList ? Object.freeze([...groups]) : NONE;
}

function readScopes(payload: JsonObject): readonly string[] {
  return Object.freeze(textOf(payload, "scope")?.split(" ").filter(Boolean) ?? []);
}

function textOf(payload: JsonObject, claim: string): string | undefined {
  const value = ownValue(payload, claim);
  return typeof value === "string" ? value : undefined;
}

function secondsOf(payload: JsonObject, claim: string): number | undefined {
  const value = ownValue(payload, claim);
  return typeof value === "number" ? value : undefined;
}
