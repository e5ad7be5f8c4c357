import { setTimeout as pause } from "node:timers/promises";
import type { Clock } from "../clock.js";
import { failed, type Outcome } from "../errors/outcome.js";
import type { Answer } from "../store/circuit.js";
import type { SealedStore } from "../store/sealed-store.js";
import type { ReleaseLock } from "../store/store.js";
import { isJsonObject } from "../tokens/json.js";
import { type Exchange, type ExchangedCredentials, type ExchangeMode, refreshFromMs } from "./credentials.js";
import { isIdentityId } from "./identity-ids.js";
import type { Owner, Subject } from "./subject.js";

/** Longer than Cognito takes. A process that dies with the lock holds the others up for so long. */
const LOCK_TTL_SECONDS = 3;
/** The others wait for the one that takes over then. */
const TAKE_OVER_SECONDS = 1;
const POLL_MS = 40;
const MAX_POLLS = ((LOCK_TTL_SECONDS + TAKE_OVER_SECONDS) * 1000) / POLL_MS;

/** What the sharing works with. */
export interface SharedExchangeParts {
  readonly clock: Clock;
  readonly store: SealedStore;
  /** Loads what an exchange needs: before there is a lock, which has no time for it. */
  readonly prepare: () => Promise<unknown>;
  /** Whether what was obtained for somebody at a time is not to be used any more. */
  readonly isOutdated: (owner: Owner, obtainedAtMs: number) => boolean;
}

/**
 * An exchange whose results all processes share: one of them asks Cognito, the others wait for what it found. The store
 * saves calls; nothing depends on it. Where it fails, each process asks for itself.
 */
export class SharedExchange {
  readonly #exchange: Exchange;
  readonly #parts: SharedExchangeParts;

  constructor(exchange: Exchange, parts: SharedExchangeParts) {
    this.#exchange = exchange;
    this.#parts = parts;
  }

  readonly exchange: Exchange = async (subject, mode = "foreground") => {
    if (mode === "forced") return this.#ask(subject, mode);
    const kept = (await this.#look(subject))?.value;
    if (this.#isFresh(kept)) return kept;
    const outcome = await this.#inTurn(subject, mode);
    // In an outage a process without any would rather serve old ones; one that renews ahead still has its own.
    const isOutage = failed(outcome) && outcome.code === "credentials_unavailable";
    return isOutage && kept !== undefined && mode === "foreground" ? kept : outcome;
  };

  /** One process at a time; the others look whether it has found something. */
  async #inTurn(subject: Subject, mode: ExchangeMode): Promise<Outcome<ExchangedCredentials>> {
    const { store, prepare } = this.#parts;
    await prepare();
    let misses = 0;
    for (let polls = 0; polls < MAX_POLLS; polls += 1) {
      const lock = await store.lock("exchange", subject.key, LOCK_TTL_SECONDS);
      if (typeof lock === "function") return this.#locked(subject, mode, lock);
      const found = (await this.#look(subject))?.value;
      if (this.#isFresh(found)) return found;
      // An answer or two that did not come say nothing yet about who holds the lock.
      misses = lock === "unavailable" ? misses + 1 : 0;
      if (misses > 2 || lock === "down" || lock === "none") break;
      // Unevenly, or all who wait would come back at once.
      await pause(POLL_MS * (0.5 + Math.random()));
    }
    return this.#ask(subject, mode);
  }

  /** Asks Cognito, unless another did just before: of that the store is asked twice where it does not answer at once. */
  async #locked(subject: Subject, mode: ExchangeMode, release: ReleaseLock): Promise<Outcome<ExchangedCredentials>> {
    try {
      const found = ((await this.#look(subject)) ?? (await this.#look(subject)))?.value;
      return this.#isFresh(found) ? found : await this.#ask(subject, mode);
    } finally {
      void release();
    }
  }

  async #ask(subject: Subject, mode: ExchangeMode): Promise<Outcome<ExchangedCredentials>> {
    const outcome = await this.#exchange(subject, mode);
    if (failed(outcome)) return outcome;
    const { clock, store } = this.#parts;
    await store.set("credentials", subject.key, outcome, (outcome.expiresAtMs - clock()) / 1000);
    return outcome;
  }

  /** What is kept for somebody, if it is any good. No answer where the store gave none. */
  async #look(subject: Subject): Promise<Answer<ExchangedCredentials | undefined>> {
    const { clock, store, isOutdated } = this.#parts;
    const answer = await store.look("credentials", subject.key);
    const credentials = readShared(answer?.value);
    if (credentials === undefined || clock() >= credentials.expiresAtMs) return answer && { value: undefined };
    const isOld = subject.owner !== undefined && isOutdated(subject.owner, credentials.obtainedAtMs);
    return { value: isOld ? undefined : credentials };
  }

  #isFresh(credentials: ExchangedCredentials | undefined): credentials is ExchangedCredentials {
    return credentials !== undefined && this.#parts.clock() < refreshFromMs(credentials);
  }
}

/** What was sealed by us is ours; by which release, nobody knows. */
function readShared(value: unknown): ExchangedCredentials | undefined {
  if (!isJsonObject(value)) return undefined;
  const { identityId, accessKeyId, secretAccessKey, sessionToken, obtainedAtMs, expiresAtMs } = value;
  if (!isIdentityId(identityId) || typeof accessKeyId !== "string" || typeof secretAccessKey !== "string")
    return undefined;
  if (typeof sessionToken !== "string" || typeof obtainedAtMs !== "number" || typeof expiresAtMs !== "number")
    return undefined;
  return Object.freeze({ identityId, accessKeyId, secretAccessKey, sessionToken, obtainedAtMs, expiresAtMs });
}
