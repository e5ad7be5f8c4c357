import { hash } from "node:crypto";
import type { Config, IdentityPoolConfig } from "../config/config.js";
import { canonicalJson } from "../tokens/json.js";
import type { VerifiedToken } from "../tokens/verified-token.js";

/** Claims that differ between tokens of one user without changing which role the user gets. */
const VOLATILE_CLAIMS = new Set(["iat", "exp", "auth_time", "jti", "event_id", "at_hash", "nonce", "origin_jti"]);

/** What proves to the identity pool who the user is. */
export interface Login {
  /** The key of `Logins`: the issuer without its scheme (Amazon Cognito, "Getting credentials"). */
  readonly provider: string;
  /** The raw ID token, verified. */
  readonly idToken: string;
}

/** Whose credentials they are; a guest's are nobody's. */
export interface Owner {
  readonly sub: string;
  /** The sign-in that the token came from, where the user pool tells. */
  readonly originJti: string | undefined;
}

/** The role that an application names, and by which flow it gets it. */
export interface WantedRole {
  readonly arn: string;
  readonly authFlow: Config["authFlow"];
}

/** Whose credentials are asked for, under which role, and what proves it. */
export interface Subject {
  /** Equal for requests that may share credentials, and for no others. */
  readonly key: string;
  /** Equal for tokens of one login. */
  readonly identityKey: string;
  readonly identityPool: IdentityPoolConfig;
  /** Absent for guests. */
  readonly login: Login | undefined;
  readonly owner: Owner | undefined;
  /** SHA-256 of the raw ID token; empty for guests. */
  readonly tokenDigest: string;
  readonly roleArn: string | undefined;
}

/** What is there for exchanges is made when they ask: requests whose credentials are at hand have no use for it. */
class UserSubject implements Subject {
  readonly key: string;
  readonly identityPool: IdentityPoolConfig;
  readonly roleArn: string | undefined;
  readonly #idToken: VerifiedToken;
  readonly #raw: string;

  constructor(idToken: VerifiedToken, raw: string, identityPool: IdentityPoolConfig, role: WantedRole | undefined) {
    const key = keyOf(idToken, identityPool);
    this.key = role === undefined ? key : `${key} ${nameOf(role)}`;
    this.identityPool = identityPool;
    this.roleArn = role?.arn;
    this.#idToken = idToken;
    this.#raw = raw;
  }

  get identityKey(): string {
    return `${this.identityPool.id} ${this.#idToken.issuer} ${this.#idToken.sub}`;
  }

  get login(): Login {
    return { provider: this.#idToken.issuer.replace(/^https?:\/\//, ""), idToken: this.#raw };
  }

  get owner(): Owner {
    return { sub: this.#idToken.sub, originJti: this.#idToken.originJti };
  }

  get tokenDigest(): string {
    return hash("sha256", this.#raw, "base64url");
  }
}

/** The enhanced flow narrows what a role may do, so its credentials are other ones than the basic flow's. */
function nameOf({ arn, authFlow }: WantedRole): string {
  return authFlow === "basic" ? `basic ${arn}` : arn;
}

const keysOfTokens = new WeakMap<VerifiedToken, string>();

/**
 * @param idToken a verified ID token
 * @param raw the same, raw
 * @param role the role to ask for, already checked
 */
export function subjectOf(
  idToken: VerifiedToken,
  raw: string,
  identityPool: IdentityPoolConfig,
  role: WantedRole | undefined,
): Subject {
  return new UserSubject(idToken, raw, identityPool, role);
}

/** All guests of an identity pool are one: GetId would make a new identity at every call, and nobody could tell them apart. */
export function guestOf(identityPool: IdentityPoolConfig): Subject {
  const key = `${identityPool.id} guest`;
  return {
    key,
    identityKey: key,
    identityPool,
    login: undefined,
    owner: undefined,
    tokenDigest: "",
    roleArn: undefined,
  };
}

/** Every claim that may decide the role is in the key, so a changed claim is a new key, and a mere refresh is not. */
function keyOf(idToken: VerifiedToken, identityPool: IdentityPoolConfig): string {
  const known = keysOfTokens.get(idToken);
  if (known !== undefined) return known;
  const deciding = Object.fromEntries(Object.entries(idToken.payload).filter(([claim]) => !VOLATILE_CLAIMS.has(claim)));
  const { issuer, sub, clientId } = idToken;
  const key = hash("sha256", canonicalJson([identityPool.id, issuer, sub, clientId, deciding]), "base64url");
  keysOfTokens.set(idToken, key);
  return key;
}
