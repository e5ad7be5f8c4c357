import { hash } from "node:crypto";
import { verifyJwtSync } from "aws-jwt-verify/jwt-verifier";
import { LRUCache } from "lru-cache";
import type { Config, UserPoolConfig } from "../config/config.js";
import { AuthError } from "../errors/auth-error.js";
import { fromJwtVerifyError } from "../errors/from-jwt-verify.js";
import { type Eventually, failed, type Outcome, whenReady } from "../errors/outcome.js";
import { findClaimFault, isExpired, type TokenUse } from "./claims.js";
import { type DecodedToken, decodeToken, isTokenSized } from "./decode.js";
import { type JsonObject, ownValue } from "./json.js";
import { KeySet, type KeySetParts } from "./key-set.js";
import { ALGORITHM, type TrustedKey } from "./public-keys.js";
import { describeToken, type VerifiedToken } from "./verified-token.js";

const MAX_KID_LENGTH = 256;

/** Verifies tokens of the configured user pools. What was verified is remembered by the digest of the whole token. */
export class TokenVerifier {
  readonly #config: Config;
  readonly #clock: KeySetParts["clock"];
  readonly #keySets: ReadonlyMap<UserPoolConfig, KeySet>;
  readonly #remembered: LRUCache<string, VerifiedToken> | undefined;

  constructor(config: Config, parts: Omit<KeySetParts, "timeoutMs">) {
    this.#config = config;
    this.#clock = parts.clock;
    const keySetParts = { ...parts, timeoutMs: config.requestTimeoutMs };
    this.#keySets = new Map(config.userPools.map((pool) => [pool, new KeySet(pool.keys, keySetParts)]));
    if (config.tokenCacheSize > 0) this.#remembered = new LRUCache({ max: config.tokenCacheSize });
  }

  /** The key sets, by pool. */
  get keySets(): ReadonlyMap<UserPoolConfig, KeySet> {
    return this.#keySets;
  }

  /**
   * Verifies a token. A remembered one with current keys is answered at once, without a promise.
   *
   * @param raw what stood in the request
   * @param uses which kinds of token are taken here
   */
  verify(raw: unknown, uses: ReadonlySet<TokenUse>): Eventually<Outcome<VerifiedToken>> {
    if (!isTokenSized(raw)) return new AuthError("malformed_token");
    const digest = hash("sha256", raw, "base64url");
    const known = this.#remembered?.get(digest);
    return known === undefined ? this.#verifyNew(raw, digest, uses) : this.#verifyKnown(known, raw, uses);
  }

  /** Whether a token was issued to us, though it may have expired since. */
  async isOurs(raw: unknown, uses: ReadonlySet<TokenUse>): Promise<boolean> {
    const verified = await this.verify(raw, uses);
    if (!failed(verified)) return true;
    const token = verified.code === "token_expired" ? decodeToken(raw) : verified;
    const kid = failed(token) ? token : readHeader(token.header);
    if (failed(token) || failed(kid)) return false;
    // Its issuer is one of the configuration's: else it would not have been found to have expired.
    const pool = this.#config.poolByIssuer.get(String(ownValue(token.payload, "iss")));
    const key = pool && (await this.#keySets.get(pool)?.find(kid));
    if (pool === undefined || key === undefined || failed(key)) return false;
    return findSignatureFault(token, key, pool) === undefined;
  }

  #verifyKnown(known: VerifiedToken, raw: string, uses: ReadonlySet<TokenUse>): Eventually<Outcome<VerifiedToken>> {
    if (!uses.has(known.use)) return wrongUse();
    if (isExpired(known.expSeconds, this.#clock() / 1000, this.#config.clockToleranceSeconds)) {
      this.#remembered?.delete(known.digest);
      return new AuthError("token_expired");
    }
    return whenReady(this.#keySets.get(known.pool)?.ensureCurrent(), (error) => {
      if (error !== undefined) return error;
      if (!known.key.withdrawn) return known;
      this.#remembered?.delete(known.digest);
      return this.#verifyNew(raw, known.digest, uses);
    });
  }

  #verifyNew(raw: string, digest: string, uses: ReadonlySet<TokenUse>): Eventually<Outcome<VerifiedToken>> {
    const token = decodeToken(raw);
    if (failed(token)) return token;
    const kid = readHeader(token.header);
    if (failed(kid)) return kid;
    const claims = this.#judgeClaims(token.payload, uses);
    if (failed(claims)) return claims;
    const { pool, use } = claims;
    // Every pool of the configuration has its key set; a miss cannot happen and would refuse.
    const key = this.#keySets.get(pool)?.find(kid) ?? new AuthError("invalid_signature");
    return whenReady(key, (found) => {
      if (failed(found)) return found;
      const fault = findSignatureFault(token, found, pool);
      if (fault !== undefined) return fault;
      const verified = describeToken({ use, pool, key: found, digest, header: token.header, payload: token.payload });
      this.#remembered?.set(digest, verified);
      return verified;
    });
  }

  /** Before any key is looked up: a token of a foreign issuer must cost no call. */
  #judgeClaims(payload: JsonObject, uses: ReadonlySet<TokenUse>): Outcome<{ pool: UserPoolConfig; use: TokenUse }> {
    const issuer = ownValue(payload, "iss");
    const pool = typeof issuer === "string" ? this.#config.poolByIssuer.get(issuer) : undefined;
    if (pool === undefined) return new AuthError("invalid_claims", { claim: "iss" });
    const use = ownValue(payload, "token_use");
    if ((use !== "access" && use !== "id") || !uses.has(use)) return wrongUse();
    const fault = findClaimFault(payload, use, {
      pool,
      nowSeconds: this.#clock() / 1000,
      toleranceSeconds: this.#config.clockToleranceSeconds,
    });
    return fault ?? { pool, use };
  }
}

/** Judges the JOSE header and returns the name of the key. We understand no extension, so `crit` always refuses. */
function readHeader(header: JsonObject): Outcome<string> {
  if (ownValue(header, "alg") !== ALGORITHM) return new AuthError("invalid_signature");
  if (Object.hasOwn(header, "crit") || Object.hasOwn(header, "b64")) return new AuthError("malformed_token");
  const kid = ownValue(header, "kid");
  return typeof kid === "string" && kid !== "" && kid.length <= MAX_KID_LENGTH
    ? kid
    : new AuthError("invalid_signature");
}

/**
 * aws-jwt-verify does the cryptography and repeats its own checks. It gets the key as a ready object: its own cache
 * of those is keyed by `kid` and would outlive a key. Times were judged by our clock, so its own is given no say.
 */
function findSignatureFault({ raw }: DecodedToken, key: TrustedKey, pool: UserPoolConfig): AuthError | undefined {
  const jwk = { kty: "RSA", use: "sig", alg: ALGORITHM, kid: key.kid, n: key.modulus, e: key.exponent };
  const options = { issuer: [...pool.issuers], audience: null, graceSeconds: Number.POSITIVE_INFINITY };
  try {
    verifyJwtSync(raw, jwk, options, () => key.keyObject);
    return undefined;
  } catch (error) {
    return fromJwtVerifyError(error);
  }
}

function wrongUse(): AuthError {
  return new AuthError("invalid_claims", { claim: "token_use" });
}
