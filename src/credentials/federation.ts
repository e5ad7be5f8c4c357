import { LRUCache } from "lru-cache";
import { Backoff } from "../backoff.js";
import type { Clock } from "../clock.js";
import { evictions } from "../diagnostics/channels.js";
import { type AuthError, again } from "../errors/auth-error.js";
import { fromAwsError } from "../errors/from-aws.js";
import { failed, type Outcome } from "../errors/outcome.js";
import {
  type Exchange,
  type ExchangedCredentials,
  type ExchangeMode,
  isAboutToken,
  refreshFromMs,
} from "./credentials.js";
import type { Owner, Subject } from "./subject.js";

const BACKOFF = { firstMs: 500, longestMs: 10_000 };
/** Renewals ahead of time that may be under way at once, and how many requests may wait beside them. */
const MAX_RENEWALS = 10;
const MAX_WAITING = 10;

/** What federation works with. */
export interface FederationParts {
  readonly clock: Clock;
  readonly exchange: Exchange;
  readonly maxUsers: number;
  /** Told of what came when its user had been forgotten: it may have been shared meanwhile. */
  readonly onOrphan: (key: string) => void;
  /** Told of each user's new credentials. */
  readonly onRenewed?: ((owner: Owner, credentials: ExchangedCredentials) => void) | undefined;
}

/** Without the token: what is kept for an hour must not be one. */
interface Entry {
  readonly owner: Owner | undefined;
  readonly credentials: ExchangedCredentials;
  readonly refreshFromMs: number;
}

interface InFlight {
  readonly owner: Owner | undefined;
  readonly tokenDigest: string;
  readonly mode: ExchangeMode;
  readonly result: Promise<Outcome<ExchangedCredentials>>;
}

interface Failure {
  readonly backoff: Backoff;
  error: AuthError;
  tokenDigest: string;
}

/**
 * The AWS credentials of users: kept per {@link Subject}, exchanged once for all requests that wait for them, renewed
 * ahead of their end. A failure is never an answer to later requests; it only spaces out the attempts.
 */
export class Federation {
  readonly #clock: Clock;
  readonly #exchange: Exchange;
  readonly #onOrphan: FederationParts["onOrphan"];
  readonly #onRenewed: FederationParts["onRenewed"];
  readonly #entries: LRUCache<string, Entry>;
  readonly #failures: LRUCache<string, Failure>;
  readonly #inFlight = new Map<string, InFlight>();
  #renewals = 0;

  constructor({ clock, exchange, maxUsers, onOrphan, onRenewed }: FederationParts) {
    this.#onRenewed = onRenewed;
    this.#clock = clock;
    this.#onOrphan = onOrphan;
    this.#exchange = exchange;
    this.#entries = new LRUCache({ max: maxUsers });
    this.#failures = new LRUCache({ max: maxUsers });
  }

  /** How many users' credentials are kept. */
  get size(): number {
    return this.#entries.size;
  }

  /** Credentials that are at hand and not expired. Starts renewing them when their end is near. */
  peek(subject: Subject): ExchangedCredentials | undefined {
    const entry = this.#entries.get(subject.key);
    if (entry === undefined) return undefined;
    const nowMs = this.#clock();
    if (nowMs >= entry.credentials.expiresAtMs) {
      this.#entries.delete(subject.key);
      return undefined;
    }
    if (nowMs >= entry.refreshFromMs) this.#renewAhead(subject);
    return entry.credentials;
  }

  /** New credentials. Joins an exchange that is under way. */
  async renew(subject: Subject, mode: ExchangeMode): Promise<Outcome<ExchangedCredentials>> {
    const inFlight = this.#inFlight.get(subject.key);
    if (inFlight === undefined) return this.#attempt(subject, mode);
    const outcome = await inFlight.result;
    // What was under way may have looked around first; by force means new.
    const isEnough = mode !== "forced" || inFlight.mode === "forced";
    if (!failed(outcome)) return isEnough ? outcome : this.#attempt(subject, mode);
    // The other token may have been too old where this one is not: worth one attempt of its own.
    const mayDiffer = isAboutToken(outcome) && inFlight.tokenDigest !== subject.tokenDigest;
    return mayDiffer ? this.#attempt(subject, mode) : again(outcome);
  }

  /**
   * Drops what is kept of some users, and what is under way for them is not kept when it comes.
   *
   * @returns the keys of the subjects that were dropped
   */
  forget(isMeant: (owner: Owner) => boolean): string[] {
    const isTheirs = ([, { owner }]: readonly [string, Entry | InFlight]) => owner !== undefined && isMeant(owner);
    const keys = [...this.#entries.entries(), ...this.#inFlight].filter(isTheirs).map(([key]) => key);
    for (const key of keys) {
      this.#entries.delete(key);
      this.#inFlight.delete(key);
    }
    return keys;
  }

  /** Nobody waits for this one, so requests go first. Its failure is noted where the next attempt looks. */
  #renewAhead(subject: Subject): void {
    const waiting = this.#inFlight.size - this.#renewals;
    if (this.#inFlight.has(subject.key) || this.#renewals >= MAX_RENEWALS || waiting >= MAX_WAITING) return;
    this.#renewals += 1;
    void this.#attempt(subject, "background").finally(() => {
      this.#renewals -= 1;
    });
  }

  async #attempt(subject: Subject, mode: ExchangeMode): Promise<Outcome<ExchangedCredentials>> {
    const heldBack = this.#heldBack(subject);
    if (heldBack !== undefined) return heldBack;
    const outcome = await (this.#inFlight.get(subject.key)?.result ?? this.#start(subject, mode));
    // Each who waited gets an error of their own.
    return failed(outcome) ? again(outcome) : outcome;
  }

  #start(subject: Subject, mode: ExchangeMode): Promise<Outcome<ExchangedCredentials>> {
    const { key } = subject;
    const exchanged = this.#exchange(subject, mode).catch((error: unknown) => fromAwsError(error, "GetId"));
    const result = exchanged.then((outcome) => {
      // Forgotten meanwhile, it is nobody's any more.
      if (this.#inFlight.get(key)?.result !== result) {
        this.#onOrphan(key);
        return outcome;
      }
      this.#inFlight.delete(key);
      if (failed(outcome)) this.#noteFailure(subject, outcome);
      else this.#keep(subject, outcome);
      return outcome;
    });
    this.#inFlight.set(key, { owner: subject.owner, tokenDigest: subject.tokenDigest, mode, result });
    return result;
  }

  #keep({ key, owner }: Subject, credentials: ExchangedCredentials): void {
    const { size, max } = this.#entries;
    if (size >= max && evictions.isWatched && !this.#entries.has(key)) evictions.publish({ cache: "credentials" });
    this.#entries.set(key, { owner, credentials, refreshFromMs: refreshFromMs(credentials) });
    this.#failures.delete(key);
    if (owner !== undefined) this.#onRenewed?.(owner, credentials);
  }

  #noteFailure({ key, tokenDigest }: Subject, error: AuthError): void {
    const failure = this.#failures.get(key) ?? { backoff: new Backoff(this.#clock, BACKOFF), error, tokenDigest };
    if (isAboutToken(error) && failure.tokenDigest !== tokenDigest) failure.backoff.succeeded();
    failure.backoff.failed();
    failure.error = error;
    failure.tokenDigest = tokenDigest;
    this.#failures.set(key, failure);
  }

  /** While a user's attempts are being spaced out: the last refusal, made anew. */
  #heldBack({ key, tokenDigest }: Subject): AuthError | undefined {
    const failure = this.#failures.get(key);
    if (failure === undefined || failure.backoff.waitMs === 0) return undefined;
    if (isAboutToken(failure.error) && failure.tokenDigest !== tokenDigest) return undefined;
    return again(failure.error, failure.backoff.waitMs / 1000);
  }
}
