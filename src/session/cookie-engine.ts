import { randomBytes } from "node:crypto";
import { AmplifySessions } from "../browser/amplify-sessions.js";
import { BrowserSessions } from "../browser/browser-sessions.js";
import type { CookieSource, EndedSession } from "../browser/cookie-session.js";
import type { GrantOwner } from "../browser/grant.js";
import { GrantRenewal } from "../browser/grant-renewal.js";
import { LiveGrants } from "../browser/live-grants.js";
import { type CookieStyle, cookieStyle } from "../browser/session-cookie.js";
import { SessionRecords } from "../browser/session-records.js";
import type { Clock } from "../clock.js";
import type { Config, CookieConfig } from "../config/config.js";
import { warnOnce } from "../errors/warn-once.js";
import { memoryStore } from "../store/memory-store.js";
import { SealedStore } from "../store/sealed-store.js";
import { Sealing } from "../store/sealing.js";
import { TokenCalls } from "../tokens/refresh.js";
import type { TokenVerifier } from "../tokens/verifier.js";
import type { SessionEvents, SessionEventUser } from "./events.js";

/** A session cannot do without its store, so the store is given the time that it gives itself. */
const PATIENCE_MS = 2500;
const NOT_REVOKED = "A refresh token could not be revoked at Cognito when its session was ended.";

/** What sessions in cookies are made with. */
export interface CookieEngineParts {
  readonly config: Config;
  readonly cookies: CookieConfig;
  readonly clock: Clock;
  readonly verifier: TokenVerifier;
  readonly events: SessionEvents;
}

/** Everything about sessions in cookies, put together. */
export class CookieEngine {
  readonly source: CookieSource;
  /** Where sign-ins begin sessions; undefined where somebody else's cookies are read. */
  readonly sessions: BrowserSessions | undefined;
  readonly grants: LiveGrants;
  readonly style: CookieStyle;
  /** Seal what a sign-in under way keeps in its own browser: the first seals, all open. */
  readonly sealings: readonly [Sealing, ...Sealing[]];
  readonly #calls: TokenCalls;
  readonly #renewal: GrantRenewal;
  readonly #store: SealedStore;

  constructor({ config, cookies, clock, verifier, events }: CookieEngineParts) {
    const { requestTimeoutMs: timeoutMs, refreshFlow: flow } = config;
    const [newest, ...older]: readonly [Uint8Array, ...Uint8Array[]] = keysOf(config);
    this.sealings = [new Sealing(newest), ...older.map((key) => new Sealing(key))];
    // Without a store: within this process, sealed with a key that ends with it.
    const store = config.store ?? memoryStore({ clock });
    this.#store = new SealedStore(store, [newest, ...older], { clock, budgetMs: PATIENCE_MS });
    this.style = cookieStyle(cookies);
    this.#calls = new TokenCalls({ timeoutMs, flow });
    this.#renewal = new GrantRenewal({
      clock,
      timeoutMs,
      calls: this.#calls,
      onRenewed: (owner) => events.emit({ type: "tokenRefresh", ...userOf(owner) }),
      onFailed: (owner, error) => events.emit({ type: "tokenRefresh_failure", error, ...userOf(owner) }),
    });
    this.grants = new LiveGrants({ clock, verifier, renewal: this.#renewal });
    const shared = { config, grants: this.grants, renewal: this.#renewal };
    if (cookies.kind === "session") {
      const records = new SessionRecords(this.#store, clock, cookies);
      this.sessions = new BrowserSessions({ ...shared, records, style: this.style });
      this.source = this.sessions;
    } else {
      this.source = new AmplifySessions({ ...shared, cookies, verifier, store: this.#store });
    }
  }

  /** Whether the store of the sessions is being asked. */
  get isUp(): boolean {
    return this.#store.isUp;
  }

  /** Revokes the refresh token of a session that was ended. Cognito may be down: the session has ended all the same. */
  async revokeTokens({ owner, refreshToken }: EndedSession): Promise<void> {
    if (refreshToken === undefined) return;
    const { pool, clientId, username } = owner;
    const error = await this.#calls.revoke({ pool, clientId, username, refreshToken });
    if (error !== undefined) warnOnce("not_revoked", `${error.cause?.message ?? error.name}. ${NOT_REVOKED}`);
  }

  async warmUp(): Promise<void> {
    await Promise.all([this.#calls.warmUp(), this.#store.warmUp()]);
  }

  async close(): Promise<void> {
    await this.#renewal.close();
    this.#calls.close();
    await this.#store.close();
  }
}

/** Whom an event about a sign-in's tokens is about. */
export function userOf({ sub, username, clientId, pool }: GrantOwner): SessionEventUser {
  return { userSub: sub, username, clientId, userPoolId: pool.userPoolId };
}

function keysOf({ encryptionKeys: [newest, ...older] }: Config): readonly [Uint8Array, ...Uint8Array[]] {
  return newest === undefined ? [randomBytes(32)] : [newest, ...older];
}
