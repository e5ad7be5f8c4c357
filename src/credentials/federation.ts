import { LRUCache } from "lru-cache";
import { Backoff } from "../backoff.js";
import type { Clock } from "../clock.js";
import { type AuthError, again } from "../errors/auth-error.js";
import { fromAwsError } from "../errors/from-aws.js";
import { failed, type Outcome } from "../errors/outcome.js";
import type { ExchangedCredentials } from "./credentials.js";
import type { Exchange } from "./exchange.js";
import type { Subject } from "./subject.js";

/** From this long before they expire, credentials in use are renewed in the background. The SDK's own threshold. */
const REFRESH_AHEAD_MS = 5 * 60_000;
const BACKOFF = { firstMs: 500, longestMs: 10_000 };

/** What federation works with. */
export interface FederationParts {
  readonly clock: Clock;
  readonly exchange: Exchange;
  readonly maxUsers: number;
}

interface Entry {
  readonly credentials: ExchangedCredentials;
  readonly refreshFromMs: number;
}

interface InFlight {
  readonly tokenDigest: string;
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
  readonly #entries: LRUCache<string, Entry>;
  readonly #failures: LRUCache<string, Failure>;
  readonly #inFlight = new Map<string, InFlight>();

  constructor({ clock, exchange, maxUsers }: FederationParts) {
    this.#clock = clock;
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
    // Nobody waits for this one; its failure is noted where the next attempt looks.
    if (nowMs >= entry.refreshFromMs) void this.renew(subject);
    return entry.credentials;
  }

  /** New credentials, whatever is at hand. Joins an exchange that is under way. */
  async renew(subject: Subject): Promise<Outcome<ExchangedCredentials>> {
    const inFlight = this.#inFlight.get(subject.key);
    if (inFlight === undefined) return this.#attempt(subject);
    const outcome = await inFlight.result;
    if (!failed(outcome)) return outcome;
    // The other token may have been too old where this one is not: worth one attempt of its own.
    const mayDiffer = isAboutToken(outcome) && inFlight.tokenDigest !== subject.tokenDigest;
    return mayDiffer ? this.#attempt(subject) : again(outcome);
  }

  async #attempt(subject: Subject): Promise<Outcome<ExchangedCredentials>> {
    const heldBack = this.#heldBack(subject);
    if (heldBack !== undefined) return heldBack;
    const inFlight = this.#inFlight.get(subject.key)?.result ?? this.#start(subject);
    const outcome = await inFlight;
    // Each who waited gets an error of their own.
    return failed(outcome) ? again(outcome) : outcome;
  }

  #start(subject: Subject): Promise<Outcome<ExchangedCredentials>> {
    const { key, tokenDigest } = subject;
    const exchanged = this.#exchange(subject).catch((error: unknown) => fromAwsError(error, "GetId"));
    const result = exchanged.then((outcome) => {
      this.#inFlight.delete(key);
      if (failed(outcome)) this.#noteFailure(subject, outcome);
      else this.#keep(key, outcome);
      return outcome;
    });
    this.#inFlight.set(key, { tokenDigest, result });
    return result;
  }

  #keep(key: string, credentials: ExchangedCredentials): void {
    const lifetimeMs = credentials.expiresAtMs - this.#clock();
    // Credentials that live for minutes only (emulators') would otherwise be renewed at every use.
    const aheadMs = Math.min(REFRESH_AHEAD_MS, lifetimeMs / 2);
    this.#entries.set(key, { credentials, refreshFromMs: credentials.expiresAtMs - aheadMs });
    this.#failures.delete(key);
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

/** Everything that decides about a user but the token's age is in the subject's key. */
function isAboutToken({ code }: AuthError): boolean {
  return code === "token_expired";
}
