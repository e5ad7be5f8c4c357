import { randomBytes } from "node:crypto";
import type { Clock } from "../clock.js";
import type { CookieConfig } from "../config/config.js";
import { AuthError } from "../errors/auth-error.js";
import type { Outcome } from "../errors/outcome.js";
import type { Lock, SealedStore } from "../store/sealed-store.js";
import type { Grant, Kept } from "./grant.js";
import { readSessionRecord } from "./kept-shapes.js";

const ID_BYTES = 32;
const ID = /^[\w-]{43}$/;
/** For so long it is known that a session was ended: longer than anything may still be under way for it. */
const ENDED_SECONDS = 300;
/** A session's use is written down so many times in its idle time; but not more often than that, unless it is short. */
const TOUCHES = 24;
const MIN_TOUCH_MS = 60_000;
const MIN_TOUCHES = 4;

/** What is kept of a browser session. */
export interface SessionRecord {
  readonly issuer: string;
  readonly clientId: string;
  readonly sub: string;
  readonly username?: string | undefined;
  readonly startedAtMs: number;
  readonly usedAtMs: number;
  readonly grant: Grant;
}

/** Browser sessions in the store, sealed, under the digest of an id that only the browser has. */
export class SessionRecords {
  readonly #store: SealedStore;
  readonly #clock: Clock;
  readonly #config: Pick<CookieConfig, "idleMs" | "lifetimeMs">;

  constructor(store: SealedStore, clock: Clock, config: Pick<CookieConfig, "idleMs" | "lifetimeMs">) {
    this.#store = store;
    this.#clock = clock;
    this.#config = config;
  }

  /** Whether something may be an id of ours at all. */
  static isId(text: string): boolean {
    return ID.test(text);
  }

  /** Keeps a new session. @returns its id, which nobody could have chosen */
  async create(start: Omit<SessionRecord, "startedAtMs" | "usedAtMs">): Promise<Outcome<string>> {
    const id = randomBytes(ID_BYTES).toString("base64url");
    const nowMs = this.#clock();
    const isKept = await this.#put(id, { ...start, startedAtMs: nowMs, usedAtMs: nowMs });
    return isKept ? id : new AuthError("store_unavailable");
  }

  /** A session that has not ended; undefined where there is none. */
  async read(id: string): Promise<Outcome<SessionRecord | undefined>> {
    const values = await this.#store.getAll("session", id);
    if (values === undefined) return new AuthError("store_unavailable");
    const found = values.flatMap((value) => readSessionRecord(value) ?? []);
    // While keys are changed there may be two: an older one is of before a refresh, or of before the session was used.
    const newest = found.sort((a, b) => b.grant.revision - a.grant.revision || b.usedAtMs - a.usedAtMs)[0];
    return newest === undefined || this.#leftMs(newest) <= 0 ? undefined : newest;
  }

  /** Keeps the tokens of a session, unless it was ended meanwhile. */
  async save(id: string, session: SessionRecord, grant: Grant): Promise<Kept> {
    const kept = { ...session, usedAtMs: this.#clock(), grant };
    if (this.#leftMs(kept) <= 0) return "ended";
    if (!(await this.#put(id, kept))) return "failed";
    // Ending writes first that it is so, then removes. So either that is seen here, or what was put here is removed there.
    const ended = await this.#store.getAll("session", endedKey(id));
    if (ended === undefined) return "failed";
    if (ended.length === 0) return "saved";
    await this.#store.delete("session", id);
    return "ended";
  }

  /** Ends a session for good. @returns whether the store knows it */
  async end(id: string): Promise<boolean> {
    const isMarked = await this.#store.setForAll("session", endedKey(id), true, ENDED_SECONDS);
    return (await this.#store.delete("session", id)) && isMarked;
  }

  lock(id: string, ttlSeconds: number): Promise<Lock> {
    return this.#store.lock("session", id, ttlSeconds);
  }

  /** Whether it is time to write down that a session is being used. */
  isStale({ usedAtMs }: SessionRecord): boolean {
    const { idleMs } = this.#config;
    return this.#clock() - usedAtMs > Math.max(idleMs / TOUCHES, Math.min(MIN_TOUCH_MS, idleMs / MIN_TOUCHES));
  }

  /** How long a session lasts at the longest, in seconds. */
  get lifetimeSeconds(): number {
    return this.#config.lifetimeMs / 1000;
  }

  /** When a session ends at the latest. */
  endsAtMs({ startedAtMs }: SessionRecord): number {
    return startedAtMs + this.#config.lifetimeMs;
  }

  async #put(id: string, session: SessionRecord): Promise<boolean> {
    const leftMs = this.#leftMs(session);
    return leftMs > 0 && this.#store.set("session", id, session, leftMs / 1000);
  }

  #leftMs(session: SessionRecord): number {
    const nowMs = this.#clock();
    return Math.min(session.usedAtMs + this.#config.idleMs, this.endsAtMs(session)) - nowMs;
  }
}

function endedKey(id: string): string {
  return `${id} ended`;
}
