import { setTimeout as pause } from "node:timers/promises";
import type { Clock } from "../clock.js";
import { failed, type Outcome } from "../errors/outcome.js";
import type { SealedStore } from "../store/sealed-store.js";
import { isJsonObject } from "../tokens/json.js";
import { type Exchange, type ExchangedCredentials, type ExchangeMode, refreshFromMs } from "./credentials.js";
import { isIdentityId } from "./identity-ids.js";
import type { Owner, Subject } from "./subject.js";

/** Longer than Cognito takes. A process that dies with the lock holds the others up for so long. */
const LOCK_TTL_SECONDS = 3;
const POLL_MS = 40;
const MAX_POLLS = (LOCK_TTL_SECONDS * 1000) / POLL_MS;

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
    const kept = await this.#read(subject);
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
    let misses = 0;
    for (let polls = 0; polls < MAX_POLLS; polls += 1) {
      const lock = await store.lock("exchange", subject.key, LOCK_TTL_SECONDS);
      // A single answer that did not come says nothing yet about who holds the lock.
      misses = lock === "unavailable" ? misses + 1 : 0;
      if (misses > 1) break;
      const found = await this.#read(subject);
      const isFound = found !== undefined && this.#isFresh(found);
      if (typeof lock === "function") {
        try {
          return isFound ? found : await this.#ask(subject, mode);
        } finally {
          void lock();
        }
      }
      if (isFound) return found;
      if (lock === "none") break;
      // Unevenly, or all who wait would come back at once.
      await pause(POLL_MS * (0.5 + Math.random()));
    }
    return this.#ask(subject, mode);
  }

  async #ask(subject: Subject, mode: ExchangeMode): Promise<Outcome<ExchangedCredentials>> {
    const outcome = await this.#exchange(subject, mode);
    if (failed(outcome)) return outcome;
    const { clock, store } = this.#parts;
    await store.set("credentials", subject.key, outcome, (outcome.expiresAtMs - clock()) / 1000);
    return outcome;
  }

  async #read(subject: Subject): Promise<ExchangedCredentials | undefined> {
    const { clock, store, isOutdated } = this.#parts;
    const credentials = readShared(await store.get("credentials", subject.key));
    if (credentials === undefined || clock() >= credentials.expiresAtMs) return undefined;
    return subject.owner !== undefined && isOutdated(subject.owner, credentials.obtainedAtMs) ? undefined : credentials;
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
