import { Backoff } from "../backoff.js";
import { MAX_ANSWER_BYTES } from "../bounded-answer.js";
import type { Clock } from "../clock.js";
import type { UserPoolConfig } from "../config/config.js";
import { keySetFetches } from "../diagnostics/channels.js";
import { AuthError, ConfigurationError } from "../errors/auth-error.js";
import type { Eventually, Outcome } from "../errors/outcome.js";
import { UpstreamFailure } from "../errors/upstream-failure.js";
import type { FetchJson } from "./fetch-key-set.js";
import { readKeySet, type TrustedKey } from "./public-keys.js";
import { TokenBucket } from "./token-bucket.js";

const MINUTE_MS = 60_000;
/** Age at which a key set is fetched anew before it is used: how long a withdrawn key may still work. */
const MAX_AGE_MS = 10 * MINUTE_MS;
/** Age from which it is fetched anew in the background. */
const REFRESH_AGE_MS = 8 * MINUTE_MS;
/** How long a key set serves while no new one can be had. */
const MAX_STALE_MS = 24 * 60 * MINUTE_MS;
/** An unknown `kid` may be a rotated key or an invention: five fetches at once, then one in five seconds. */
const UNKNOWN_KID = { burst: 5, everyMs: 5000 };
const BACKOFF = { firstMs: 250, longestMs: 5000 };

/** What a key set works with. */
export interface KeySetParts {
  readonly clock: Clock;
  readonly fetchJson: FetchJson;
  readonly timeoutMs: number;
}

/** A user pool's keys: fetched once for all who wait, kept while young, renewed when old or when a new key turns up. */
export class KeySet {
  readonly #userPoolId: string;
  readonly #source: UserPoolConfig["keys"];
  readonly #parts: KeySetParts;
  readonly #bucket: TokenBucket;
  readonly #backoff: Backoff;
  #keys: ReadonlyMap<string, TrustedKey> = new Map();
  #fetchedAtMs = Number.NEGATIVE_INFINITY;
  #inFlight: Promise<UpstreamFailure | undefined> | undefined;
  /** Of the last fetch: what those who come while nothing is fetched are told. */
  #failure: UpstreamFailure | undefined;

  constructor({ userPoolId, keys: source }: Pick<UserPoolConfig, "userPoolId" | "keys">, parts: KeySetParts) {
    this.#userPoolId = userPoolId;
    this.#source = source;
    this.#parts = parts;
    this.#bucket = new TokenBucket(parts.clock, UNKNOWN_KID);
    this.#backoff = new Backoff(parts.clock, BACKOFF);
    if ("fixed" in source) this.#keys = readFixed(source.fixed);
  }

  /**
   * How old the keys are, in milliseconds; 0 for a fixed set, Infinity before the first fetch. Where the clock was set
   * back nobody knows; taking the step for age has them fetched anew.
   */
  get ageMs(): number {
    return this.#ageAt(this.#parts.clock());
  }

  #ageAt(nowMs: number): number {
    return "fixed" in this.#source ? 0 : Math.abs(nowMs - this.#fetchedAtMs);
  }

  /** Whether there are keys that may be relied on. */
  get isUsable(): boolean {
    return this.ageMs < MAX_STALE_MS;
  }

  /** How many keys are trusted. */
  get size(): number {
    return this.#keys.size;
  }

  /**
   * Sees to it that the keys are young enough to be relied on. Undefined when they are; otherwise what there is to wait
   * for, and that comes to an error when no keys can be had.
   *
   * @param nowMs what the clock says
   */
  ensureCurrent(nowMs: number): undefined | Promise<AuthError | undefined> {
    const ageMs = this.#ageAt(nowMs);
    if (ageMs < REFRESH_AGE_MS) return undefined;
    const mayFetch = this.#backoff.waitMs === 0;
    // While the upstream fails, nobody waits for it who can be served with what is there.
    if (ageMs < MAX_AGE_MS || (ageMs < MAX_STALE_MS && this.#backoff.failures > 0)) {
      if (mayFetch) void this.#refresh();
      return undefined;
    }
    return this.#renew(mayFetch);
  }

  /** The key named `kid`; an unknown one is looked for upstream, within bounds. */
  find(kid: string): Eventually<Outcome<TrustedKey>> {
    const waiting = this.ensureCurrent(this.#parts.clock());
    if (waiting === undefined) return this.#keys.get(kid) ?? this.#lookUpstream(kid);
    return waiting.then((error) => error ?? this.#keys.get(kid) ?? this.#unknownAfterFetch());
  }

  /** Fetches the keys, unless they are at hand. */
  async warmUp(): Promise<AuthError | undefined> {
    if (this.#keys.size > 0) return undefined;
    const failure = await this.#refresh();
    return failure && this.#unavailable(failure);
  }

  async #renew(mayFetch: boolean): Promise<AuthError | undefined> {
    const failure = mayFetch || this.#inFlight ? await this.#refresh() : undefined;
    return this.isUsable ? undefined : this.#unavailable(failure);
  }

  #lookUpstream(kid: string): Eventually<Outcome<TrustedKey>> {
    if ("fixed" in this.#source) return new AuthError("invalid_signature");
    if (this.#inFlight === undefined) {
      // While it fails, whether the key exists cannot be known: that is an outage, not the token's fault.
      if (this.#backoff.waitMs > 0) return this.#unavailable();
      if (!this.#bucket.take()) return this.#unknownAfterFetch();
    }
    return this.#refresh().then(() => this.#keys.get(kid) ?? this.#unknownAfterFetch());
  }

  /** A key that the newest key set does not hold; where that could not be fetched, nobody can say. */
  #unknownAfterFetch(): AuthError {
    return this.#backoff.failures > 0 ? this.#unavailable() : new AuthError("invalid_signature");
  }

  /** One fetch at a time, shared by all who need it. */
  #refresh(): Promise<UpstreamFailure | undefined> {
    this.#inFlight ??= this.#fetchTold().finally(() => {
      this.#inFlight = undefined;
    });
    return this.#inFlight;
  }

  #fetchTold(): Promise<UpstreamFailure | undefined> {
    if (!keySetFetches.isWatched) return this.#fetch();
    return keySetFetches.run(
      { userPoolId: this.#userPoolId },
      () => this.#fetch(),
      (failure) =>
        failure === undefined
          ? { outcome: "ok", keys: this.#keys.size }
          : { outcome: "jwks_unavailable", errorName: failure.name },
    );
  }

  async #fetch(): Promise<UpstreamFailure | undefined> {
    if ("fixed" in this.#source) return undefined;
    const { clock, fetchJson, timeoutMs } = this.#parts;
    const keys = await fetchJson(this.#source.uri, { timeoutMs, maxBytes: MAX_ANSWER_BYTES }).then(
      (document) => readKeySet(document) ?? new UpstreamFailure("JWKS", "NoUsableKey"),
      (error: unknown) => (error instanceof UpstreamFailure ? error : new UpstreamFailure("JWKS", "NetworkError")),
    );
    this.#failure = keys instanceof UpstreamFailure ? keys : undefined;
    if (keys instanceof UpstreamFailure) {
      this.#backoff.failed();
      return keys;
    }
    this.#backoff.succeeded();
    this.#fetchedAtMs = clock();
    this.#keys = keepIdentity(this.#keys, keys);
    return undefined;
  }

  /** Made for each who waits: whoever handles an error may write on it. */
  #unavailable(cause = this.#failure): AuthError {
    return new AuthError("jwks_unavailable", { cause, retryAfterSeconds: this.#backoff.waitMs / 1000 });
  }
}

/** A key that stays is the same object; one that went or changed is marked, for tokens that remember it. */
function keepIdentity(old: ReadonlyMap<string, TrustedKey>, fresh: Map<string, TrustedKey>): Map<string, TrustedKey> {
  for (const [kid, key] of old) {
    const same = fresh.get(kid);
    if (same?.modulus === key.modulus && same.exponent === key.exponent) fresh.set(kid, key);
    else key.withdrawn = true;
  }
  return fresh;
}

function readFixed(document: unknown): Map<string, TrustedKey> {
  const keys = readKeySet(document);
  if (keys !== undefined) return keys;
  throw new ConfigurationError(
    "Option `jwks` holds no usable key: RSA signature keys of 2048 bits or more, with a `kid`.",
    "jwks",
  );
}
