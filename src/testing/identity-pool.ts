import { randomBytes, randomUUID } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { Clock } from "../clock.js";
import { failed } from "../errors/outcome.js";
import { decodeToken } from "../tokens/decode.js";
import { type JsonObject, ownValue } from "../tokens/json.js";
import { isSignedBy, OpenIdTokens } from "./open-id-tokens.js";
import { notAuthorized, ServiceError } from "./service-error.js";
import type { LocalUserPool } from "./user-pool.js";

const CREDENTIALS_LIFETIME_SECONDS = 3600;
const ACCOUNT = "123456789012";
const MAX_ISSUED = 100_000;
const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** Who is behind an access key that the identity pool gave out. */
export interface LocalCallerIdentity {
  /** The user's id in the identity pool. */
  readonly identityId: string;
  /** The IAM role that the credentials are of. */
  readonly roleArn: string;
  /** The session token that belongs to the access key. */
  readonly sessionToken: string;
}

/** Credentials as the service answers them, `Expiration` in seconds since the epoch. */
export interface LocalCredentials {
  readonly AccessKeyId: string;
  readonly SecretKey: string;
  readonly SessionToken: string;
  readonly Expiration: number;
}

/** What the identity pool's calls are asked with. */
export interface IdentityRequest {
  readonly IdentityPoolId?: unknown;
  readonly IdentityId?: unknown;
  readonly Logins?: unknown;
  readonly CustomRoleArn?: unknown;
}

/**
 * An identity pool that trusts one user pool. It checks what the real one checks and refuses in its words: the token in
 * `Logins`, whose identity it is, and whether the role is the user's.
 */
export class LocalIdentityPool {
  /** Identity ids by login: one for each user, the same every time. */
  readonly #identities = new Map<string, string>();
  /** Whose each identity is; a guest's is nobody's. */
  readonly #owners = new Map<string, string | undefined>();
  readonly #issued = new Map<string, LocalCallerIdentity>();
  readonly #openIdTokens: OpenIdTokens;

  constructor(
    readonly id: string,
    private readonly pool: LocalUserPool,
    private readonly guestsAllowed: boolean,
    private readonly clock: Clock,
  ) {
    this.#openIdTokens = new OpenIdTokens(id, clock);
  }

  getId({ IdentityPoolId, Logins }: IdentityRequest): string {
    if (IdentityPoolId !== this.id) {
      throw new ServiceError("ResourceNotFoundException", `IdentityPool '${String(IdentityPoolId)}' not found.`);
    }
    const login = this.#verifyLogins(Logins);
    return login === undefined ? this.#newIdentity(undefined) : this.#identityOf(login);
  }

  getCredentials({ IdentityId, Logins, CustomRoleArn }: IdentityRequest): LocalCredentials {
    const { identityId, login } = this.#identify(IdentityId, Logins);
    return this.#give(identityId, roleOf(login, CustomRoleArn));
  }

  /** The basic flow's token, which STS takes. */
  getOpenIdToken({ IdentityId, Logins }: IdentityRequest): string {
    const { identityId, login } = this.#identify(IdentityId, Logins);
    return this.#openIdTokens.issue(identityId, login !== undefined);
  }

  /** STS' part of the basic flow. All roles of the account trust the identity pool's signed-in users. */
  assumeRole({ RoleArn, WebIdentityToken }: { readonly RoleArn?: unknown; readonly WebIdentityToken?: unknown }) {
    const identityId = this.#openIdTokens.verify(WebIdentityToken);
    const roleArn = String(RoleArn);
    if (!roleArn.startsWith(`arn:aws:iam::${ACCOUNT}:role/`)) {
      throw new ServiceError("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity", 403);
    }
    const { SecretKey: SecretAccessKey, Expiration, ...others } = this.#give(identityId, roleArn);
    return { Credentials: { ...others, SecretAccessKey, Expiration: new Date(Expiration * 1000).toISOString() } };
  }

  /**
   * STS' answer to who signed a request. It knows the access key and its session token; whether the signature itself is
   * right is not looked at.
   *
   * @throws {ServiceError}
   */
  whoCalls({ authorization = "", "x-amz-security-token": sessionToken }: IncomingHttpHeaders) {
    const accessKeyId = /^AWS4-HMAC-SHA256 Credential=(\w+)\//.exec(authorization)?.[1] ?? "";
    const caller = this.#issued.get(accessKeyId);
    if (caller === undefined || caller.sessionToken !== sessionToken) {
      throw new ServiceError("InvalidClientTokenId", "The security token included in the request is invalid", 403);
    }
    const role = caller.roleArn.slice(caller.roleArn.lastIndexOf("/") + 1);
    const arn = `arn:aws:sts::${ACCOUNT}:assumed-role/${role}/CognitoIdentityCredentials`;
    return { Arn: arn, UserId: `AROA:CognitoIdentityCredentials`, Account: ACCOUNT };
  }

  #identify(wanted: unknown, logins: unknown): { readonly identityId: string; readonly login: JsonObject | undefined } {
    const identityId = String(wanted);
    const login = this.#verifyLogins(logins);
    if (!this.#owners.has(identityId)) {
      throw new ServiceError("ResourceNotFoundException", `Identity '${identityId}' not found.`);
    }
    const isTheirs = this.#owners.get(identityId) === (login && keyOf(login));
    if (!isTheirs) throw notAuthorized(`Access to Identity '${identityId}' is forbidden.`);
    return { identityId, login };
  }

  /** Deletes a user's identity, as DeleteIdentities does: the next GetId makes a new one. */
  deleteIdentity(identityId: string): void {
    const owner = this.#owners.get(identityId);
    if (owner !== undefined) this.#identities.delete(owner);
    this.#owners.delete(identityId);
  }

  callerIdentity(accessKeyId: string): LocalCallerIdentity | undefined {
    return this.#issued.get(accessKeyId);
  }

  /** The payload of the login's token; undefined for a guest. */
  #verifyLogins(logins: unknown): JsonObject | undefined {
    const [login, ...others] = Object.entries(typeof logins === "object" && logins !== null ? logins : {});
    if (login === undefined) {
      if (this.guestsAllowed) return undefined;
      throw notAuthorized("Unauthenticated access is not supported for this identity pool.");
    }
    const [provider, token] = login;
    if (others.length > 0 || provider !== this.pool.issuer.replace(/^https?:\/\//, "")) {
      throw notAuthorized("Token is not from a supported provider of this identity pool.");
    }
    return this.#verifyToken(token);
  }

  #verifyToken(token: unknown): JsonObject {
    const decoded = decodeToken(token);
    if (failed(decoded)) throw notAuthorized("Invalid login token. Not a Cognito token.");
    const { header, payload } = decoded;
    if (ownValue(payload, "iss") !== this.pool.issuer)
      throw notAuthorized("Invalid login token. Issuer doesn't match providerName");
    const audience = ownValue(payload, "aud");
    if (audience === undefined) throw notAuthorized("Invalid login token. Missing a required claim: aud");
    if (!isSignedBy(decoded, this.pool.keys.find(ownValue(header, "kid")))) {
      throw notAuthorized("Invalid login token. Couldn't verify signed token.");
    }
    if (audience !== this.pool.clientId)
      throw notAuthorized("Token is not from a supported provider of this identity pool.");
    const nowSeconds = Math.floor(this.clock() / 1000);
    const exp = Number(ownValue(payload, "exp"));
    if (!(nowSeconds < exp)) throw notAuthorized(`Invalid login token. Token expired: ${exp} >= ${nowSeconds}`);
    return payload;
  }

  #identityOf(login: JsonObject): string {
    const key = keyOf(login);
    const known = this.#identities.get(key);
    if (known !== undefined) return known;
    const identityId = this.#newIdentity(key);
    this.#identities.set(key, identityId);
    return identityId;
  }

  #newIdentity(owner: string | undefined): string {
    const identityId = `${this.id.slice(0, this.id.indexOf(":"))}:${randomUUID()}`;
    this.#owners.set(identityId, owner);
    return identityId;
  }

  #give(identityId: string, roleArn: string): LocalCredentials {
    const credentials = {
      AccessKeyId: `ASIA${[...randomBytes(16)].map((byte) => BASE32[byte % 32]).join("")}`,
      SecretKey: randomBytes(30).toString("base64"),
      SessionToken: randomBytes(192).toString("base64"),
      Expiration: Math.floor(this.clock() / 1000) + CREDENTIALS_LIFETIME_SECONDS,
    };
    const [oldest] = this.#issued.keys();
    if (this.#issued.size >= MAX_ISSUED && oldest !== undefined) this.#issued.delete(oldest);
    this.#issued.set(credentials.AccessKeyId, { identityId, roleArn, sessionToken: credentials.SessionToken });
    return credentials;
  }
}

function keyOf(login: JsonObject): string {
  return String(ownValue(login, "sub"));
}

/** "Choose role from token" of an identity pool: the role asked for must be in the token, else the preferred one. */
function roleOf(login: JsonObject | undefined, customRoleArn: unknown): string {
  if (login === undefined) return `arn:aws:iam::${ACCOUNT}:role/local-cognito-guest`;
  const roles = ownValue(login, "cognito:roles");
  if (customRoleArn !== undefined) {
    const isTheirs = Array.isArray(roles) && roles.includes(customRoleArn);
    if (!isTheirs) throw notAuthorized(`Access to Role '${String(customRoleArn)}' is forbidden.`);
    return String(customRoleArn);
  }
  const preferred = ownValue(login, "cognito:preferred_role");
  return typeof preferred === "string" ? preferred : `arn:aws:iam::${ACCOUNT}:role/local-cognito-user`;
}
