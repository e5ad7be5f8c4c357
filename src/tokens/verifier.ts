import type { Config, UserPoolConfig } from "../config/config.js";
import { verifications } from "../diagnostics/channels.js";
import type { VerifyMessage } from "../diagnostics/messages.js";
import type { Facts } from "../diagnostics/operation.js";
import { AuthError } from "../errors/auth-error.js";
import { type Eventually, failed, type Outcome } from "../errors/outcome.js";
import { findClaimFault, isExpired, type TokenUse } from "./claims.js";
import { type DecodedToken, decodeToken, isTokenSized } from "./decode.js";
import { type JsonObject, ownValue } from "./json.js";
import { KeySet, type KeySetParts } from "./key-set.js";
import { KnownHeaders } from "./known-headers.js";
import { ALGORITHM, type TrustedKey } from "./public-keys.js";
import { TokenCache, tailOf } from "./token-cache.js";
import { VerifiedToken } from "./verified-token.js";

const MAX_KID_LENGTH = 256;

/** A user pool, and the keys that it signs with. */
interface Source {
  readonly pool: UserPoolConfig;
  readonly keySet: KeySet;
}

/** Whose token it says it is, and what for. */
interface Judgement extends Source {
  readonly issuer: string;
  readonly use: TokenUse;
}

/** Verifies tokens of the configured user pools. What was verified is remembered. */
export class TokenVerifier {
  readonly #config: Config;
  readonly #clock: KeySetParts["clock"];
  readonly #sources: readonly Source[];
  readonly #sourceByIssuer: ReadonlyMap<string, Source>;
  readonly #remembered: TokenCache | undefined;
  readonly #headers = new KnownHeaders();

  constructor(config: Config, parts: Omit<KeySetParts, "timeoutMs">) {
    this.#config = config;
    this.#clock = parts.clock;
    const keySetParts = { ...parts, timeoutMs: config.requestTimeoutMs };
    this.#sources = config.userPools.map((pool) => ({ pool, keySet: new KeySet(pool, keySetParts) }));
    this.#sourceByIssuer = new Map(
      this.#sources.flatMap((source) => source.pool.issuers.map((issuer) => [issuer, source] as const)),
    );
    if (config.tokenCacheSize > 0) this.#remembered = new TokenCache(config.tokenCacheSize);
  }

  /** How many tokens are remembered. */
  get remembered(): number {
    return this.#remembered?.size ?? 0;
  }

  /** The user pools, each with its keys. */
  get sources(): readonly Source[] {
    return this.#sources;
  }

  /**
   * Verifies a token. A remembered one with current keys is answered at once, without a promise.
   *
   * @param raw what stood in the request
   * @param uses which kinds of token are taken here
   */
  verify(raw: unknown, uses: ReadonlySet<TokenUse>): Eventually<Outcome<VerifiedToken>> {
    if (verifications.isWatched) return this.#verifyWatched(raw, uses);
    if (!isTokenSized(raw)) return new AuthError("malformed_token");
    const known = this.#remembered?.get(raw);
    return known === undefined ? this.#verifyNew(raw, uses) : this.#verifyKnown(known, raw, uses);
  }

  /** The same, and whoever listens is told. */
  #verifyWatched(raw: unknown, uses: ReadonlySet<TokenUse>): Eventually<Outcome<VerifiedToken>> {
    if (!isTokenSized(raw)) {
      return verifications.run({ cached: false }, () => new AuthError("malformed_token"), factsOf);
    }
    const known = this.#remembered?.get(raw);
    return verifications.run(
      { cached: known !== undefined },
      () => (known === undefined ? this.#verifyNew(raw, uses) : this.#verifyKnown(known, raw, uses)),
      factsOf,
    );
  }

  /** What has become of a token since it was verified. */
  faultOf({ expSeconds, key }: VerifiedToken): AuthError | undefined {
    if (isExpired(expSeconds, this.#clock() / 1000, this.#config.clockToleranceSeconds))
      return new AuthError("token_expired");
    return key.withdrawn ? new AuthError("invalid_signature") : undefined;
  }

  /** Whether a token was issued to us, though it may have expired since. */
  async isOurs(raw: unknown, uses: ReadonlySet<TokenUse>): Promise<boolean> {
    const verified = await this.verify(raw, uses);
    if (!failed(verified)) return true;
    const token = verified.code === "token_expired" ? decodeToken(raw) : verified;
    const kid = failed(token) ? token : readHeader(token.header);
    if (failed(token) || failed(kid)) return false;
    // Its issuer is one of the configuration's: else it would not have been found to have expired.
    const issuer = String(ownValue(token.payload, "iss"));
    const key = await this.#sourceByIssuer.get(issuer)?.keySet.find(kid);
    return key !== undefined && !failed(key) && key.judge.judge(token, issuer) === undefined;
  }

  #verifyKnown(known: VerifiedToken, raw: string, uses: ReadonlySet<TokenUse>): Eventually<Outcome<VerifiedToken>> {
    if (!uses.has(known.use)) return wrongUse();
    const { clockToleranceSeconds } = this.#config;
    const nowMs = this.#clock();
    const nowSeconds = nowMs / 1000;
    if (isExpired(known.expSeconds, nowSeconds, clockToleranceSeconds)) {
      this.#remembered?.delete(known);
      return new AuthError("token_expired");
    }
    // A clock that was set back: the claims are judged anew, and say which of them it is.
    if (known.fromSeconds > nowSeconds + clockToleranceSeconds) return this.#verifyNew(raw, uses);
    const waiting = known.keySet.ensureCurrent(nowMs);
    return waiting === undefined
      ? this.#unlessWithdrawn(known, raw, uses)
      : waiting.then((error) => error ?? this.#unlessWithdrawn(known, raw, uses));
  }

  #unlessWithdrawn(known: VerifiedToken, raw: string, uses: ReadonlySet<TokenUse>): Eventually<Outcome<VerifiedToken>> {
    if (!known.key.withdrawn) return known;
    this.#remembered?.delete(known);
    return this.#verifyNew(raw, uses);
  }

  #verifyNew(raw: string, uses: ReadonlySet<TokenUse>): Eventually<Outcome<VerifiedToken>> {
    const token = decodeToken(raw, this.#headers);
    if (failed(token)) return token;
    const kid = this.#headers.kidOf(token.header) ?? readHeader(token.header);
    if (failed(kid)) return kid;
    const claims = this.#judgeClaims(token.payload, uses);
    if (failed(claims)) return claims;
    const key = claims.keySet.find(kid);
    return key instanceof Promise
      ? key.then((late) => this.#judgeSignature(token, claims, late))
      : this.#judgeSignature(token, claims, key);
  }

  #judgeSignature(token: DecodedToken, claims: Judgement, key: Outcome<TrustedKey>): Outcome<VerifiedToken> {
    if (failed(key)) return key;
    const fault = key.judge.judge(token, claims.issuer);
    if (fault !== undefined) return fault;
    const { raw, header, headerB64, payload } = token;
    const { pool, keySet, use } = claims;
    this.#headers.keep(headerB64, header, key.kid);
    const verified = new VerifiedToken({ use, pool, keySet, key, tail: tailOf(raw), header, payload });
    this.#remembered?.offer(raw, verified);
    return verified;
  }

  /** Before any key is looked up: a token of a foreign issuer must cost no call. */
  #judgeClaims(payload: JsonObject, uses: ReadonlySet<TokenUse>): Outcome<Judgement> {
    const issuer = ownValue(payload, "iss");
    if (typeof issuer !== "string") return new AuthError("invalid_claims", { claim: "iss" });
    const source = this.#sourceByIssuer.get(issuer);
    if (source === undefined) return new AuthError("invalid_claims", { claim: "iss" });
    const { pool, keySet } = source;
    const use = ownValue(payload, "token_use");
    if ((use !== "access" && use !== "id") || !uses.has(use)) return wrongUse();
    const fault = findClaimFault(payload, use, {
      pool,
      nowSeconds: this.#clock() / 1000,
      toleranceSeconds: this.#config.clockToleranceSeconds,
    });
    return fault ?? { pool, keySet, use, issuer };
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

function factsOf(verified: Outcome<VerifiedToken>): Facts<VerifyMessage> {
  if (failed(verified)) return { outcome: verified.code };
  return { outcome: "ok", userPoolId: verified.pool.userPoolId, tokenUse: verified.use };
}

function wrongUse(): AuthError {
  return new AuthError("invalid_claims", { claim: "token_use" });
}
