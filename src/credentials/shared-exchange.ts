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
/** Another takes over then, and the others wait for that one. */
const MAX_WAIT_MS = 4000;
const POLL_MS = 40;
/** So many answers in a row that did not come say nothing yet about who holds the lock. */
const MAX_MISSES = 2;

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
    if (kept !== undefined && this.#isFresh(kept)) return kept;
    const outcome = await this.#inTurn(subject, mode);
    // In an outage a process without any would rather serve old ones; one that renews ahead still has its own.
    const isOutage = failed(outcome) && outcome.code === "credentials_unavailable";
    return isOutage && kept !== undefined && mode === "foreground" ? kept : outcome;
  };

  /** One process at a time; the others look whether it has found something. */
  async #inTurn(subject: Subject, mode: ExchangeMode): Promise<Outcome<ExchangedCredentials>> {
    const { store, prepare } = this.#parts;
    await prepare();
    const endMs = performance.now() + MAX_WAIT_MS;
    for (let misses = 0; performance.now() < endMs; ) {
      const lock = await store.lock("exchange", subject.key, LOCK_TTL_SECONDS);
      if (typeof lock === "function") return this.#locked(subject, mode, lock);
      misses = lock === "unavailable" ? misses + 1 : 0;
      if (misses > MAX_MISSES) break;
      const found = misses === 0 ? (await this.#look(subject))?.value : undefined;
      if (found !== undefined && this.#isFresh(found)) return found;
      if (lock === "down" || lock === "none") break;
      // Unevenly, or all who wait would come back at once.
      await pause(POLL_MS * (0.5 + Math.random()));
    }
    return this.#ask(subject, mode);
  }

  /** Asks Cognito, unless another did just before: of that the store is asked twice where it does not answer at once. */
  async #locked(subject: Subject, mode: ExchangeMode, release: ReleaseLock): Promise<Outcome<ExchangedCredentials>> {
    try {
      const found = ((await this.#look(subject)) ?? (await this.#look(subject)))?.value;
      return found !== undefined && this.#isFresh(found) ? found : await this.#ask(subject, mode);
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

  #isFresh(credentials: ExchangedCredentials): boolean {
    return this.#parts.clock() < refreshFromMs(credentials);
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
