import { type Clock, systemClock } from "../clock.js";
import type { Config } from "../config/config.js";
import { resolveConfig } from "../config/resolve.js";
import type { AWSCredentials } from "../credentials/credentials.js";
import { type Exchange, IdentityPoolExchange } from "../credentials/exchange.js";
import { Federation } from "../credentials/federation.js";
import { SdkClients } from "../credentials/sdk-clients.js";
import { AuthError, inRealm } from "../errors/auth-error.js";
import { type Eventually, failed, type Outcome, orThrow, whenReady } from "../errors/outcome.js";
import type { RequestHeaders } from "../tokens/bearer.js";
import { type FetchJson, fetchKeySet } from "../tokens/fetch-key-set.js";
import { TokenVerifier } from "../tokens/verifier.js";
import { Authenticator } from "./authenticator.js";
import { Federator } from "./federator.js";
import { Identifier } from "./identifier.js";
import type { Session, SessionEngine } from "./session.js";
import type { AuthSession, AuthSessionOptions, SessionCallbacks } from "./types.js";

/** What may be replaced in tests: time, and what reaches out. */
export interface SessionManagerParts {
  readonly clock?: Clock;
  readonly fetchJson?: FetchJson;
  readonly exchange?: Exchange;
}

/** How an engine does, for a health route. */
export interface SessionHealth {
  /** False where no key set can be relied on: tokens cannot be verified. */
  readonly ready: boolean;
  readonly userPools: readonly {
    readonly userPoolId: string;
    readonly keys: number;
    /** Seconds since the keys were fetched; undefined before the first fetch. */
    readonly keysAgeSeconds: number | undefined;
  }[];
  /** How many users' AWS credentials are kept. */
  readonly cachedCredentials: number;
}

/** Which engine answered for a request, for {@link fetchAuthSession}. */
const managersOfRequests = new WeakMap<object, SessionManager>();

/**
 * The engine behind every adapter: one key set cache, one token cache, one credentials cache. Make one and pass it to
 * `authSession()` to share it between apps.
 *
 * @example
 * ```ts
 * const sessions = new SessionManager({ userPoolId: "eu-west-1_AbCdEfGhI", clientId: "1h57kf5cpq17m0eml12EXAMPLE" });
 * await sessions.warmUp();
 * app.use(authSession(sessions));
 * ```
 */
export class SessionManager {
  readonly #config: Config;
  readonly #verifier: TokenVerifier;
  readonly #identifier: Identifier;
  readonly #identityPools: IdentityPoolExchange;
  readonly #federation: Federation;
  readonly #clients: SdkClients;
  readonly #federator: Federator;
  readonly #engine: SessionEngine;

  /**
   * @param options as for `authSession()`
   * @param parts replacements for tests
   * @throws {ConfigurationError} naming the option and the fix
   */
  constructor(options: AuthSessionOptions = {}, parts: SessionManagerParts = {}) {
    const config = resolveConfig(options);
    const { clock = systemClock, fetchJson = fetchKeySet } = parts;
    const { credentialsCacheSize: maxUsers, requestTimeoutMs: timeoutMs, realm } = config;
    this.#config = config;
    const callbacks: SessionCallbacks = Object.freeze({ ...options });
    this.#verifier = new TokenVerifier(config, { clock, fetchJson });
    this.#identityPools = new IdentityPoolExchange({ clock, timeoutMs, maxIdentities: maxUsers });
    this.#federation = new Federation({ clock, exchange: parts.exchange ?? this.#identityPools.exchange, maxUsers });
    this.#clients = new SdkClients(maxUsers);
    this.#federator = new Federator(this.#federation, this.#clients, callbacks);
    this.#engine = {
      checkTimeoutMs: timeoutMs,
      exchange: (session, forceRefresh) => this.#federator.provide(session, forceRefresh),
      awsClient: (session, Client, settings) => this.#federator.awsClient(session, Client, settings),
      finish: (error) => inRealm(error, realm),
    };
    const authenticator = new Authenticator(config, callbacks, this.#verifier);
    this.#identifier = new Identifier(config, callbacks, authenticator, this.#engine);
  }

  /**
   * The session of a request, made at the first call. Takes a Node request of any framework.
   *
   * @throws {AuthError} what the middleware would answer with
   */
  async getSession(request: RequestHeaders): Promise<AuthSession> {
    return orThrow(await this.resolve(request));
  }

  /**
   * The session of a request with what it holds renewed. Without a refresh token that is the AWS credentials.
   *
   * @param force renew even what is still good
   * @throws {AuthError}
   */
  async refreshSession(request: RequestHeaders, force = false): Promise<AuthSession> {
    const session = orThrow(await this.resolve(request));
    if (this.#federator.applies(session)) await session.getCredentials({ forceRefresh: force });
    return session;
  }

  /**
   * Whether the request carries a good token. False for none and for a bad one.
   *
   * @throws {AuthError} where it cannot be known: the keys, or the answer of `isRevoked`, cannot be had
   */
  async isAuthenticated(request: RequestHeaders): Promise<boolean> {
    const outcome = await this.#identifier.identify(request);
    if (!failed(outcome)) return outcome.isAuthenticated;
    if (outcome.status >= 500) throw outcome;
    return false;
  }

  /**
   * The AWS credentials of the request's user.
   *
   * @throws {AuthError}
   */
  async getCredentials(request: RequestHeaders): Promise<AWSCredentials> {
    return orThrow(await this.resolve(request)).getCredentials();
  }

  /**
   * Fetches the key sets and loads the AWS SDK, so that the first request need not wait. Call it before `listen()`.
   *
   * @throws {AuthError} `jwks_unavailable`
   */
  async warmUp(): Promise<void> {
    const { userPools } = this.#config;
    if (userPools.some((pool) => pool.identityPool !== undefined)) await this.#identityPools.warmUp();
    const errors = await Promise.all([...this.#verifier.keySets.values()].map((keySet) => keySet.warmUp()));
    const error = errors.find((each) => each !== undefined);
    if (error !== undefined) throw error;
  }

  /** How the engine does. Makes no call. */
  health(): SessionHealth {
    const userPools = [...this.#verifier.keySets].map(([pool, keySet]) => ({
      userPoolId: pool.userPoolId,
      keys: keySet.size,
      keysAgeSeconds: Number.isFinite(keySet.ageMs) ? Math.round(keySet.ageMs / 1000) : undefined,
    }));
    const ready = [...this.#verifier.keySets.values()].every((keySet) => keySet.isUsable);
    return { ready, userPools, cachedCredentials: this.#federation.size };
  }

  /** Closes connections that are kept open. */
  async close(): Promise<void> {
    this.#identityPools.close();
    this.#clients.close();
  }

  /**
   * For adapters: the session of a request or the error to answer with, without a promise when all is at hand.
   *
   * @internal
   */
  resolve(request: RequestHeaders): Eventually<Outcome<Session>> {
    return whenReady(this.#identifier.identify(request), (session) => {
      if (failed(session)) return session;
      managersOfRequests.set(request, this);
      return this.#enrich(session);
    });
  }

  #enrich(session: Session): Eventually<Outcome<Session>> {
    if (this.#config.credentials === "lazy" || !this.#federator.applies(session)) return session;
    return whenReady(this.#federator.provide(session, false), (outcome) =>
      failed(outcome) ? this.#engine.finish(outcome) : session,
    );
  }
}

/**
 * The session of a request that the middleware has seen: Amplify's `fetchAuthSession()` for servers.
 *
 * @param request the Node request
 * @param options `forceRefresh` renews the AWS credentials
 * @throws {AuthError} `misconfigured` where no middleware saw the request; else what the middleware answers with
 * @example
 * ```ts
 * const { credentials } = await fetchAuthSession(req, { forceRefresh: true });
 * ```
 */
export async function fetchAuthSession(
  request: RequestHeaders,
  { forceRefresh = false }: { readonly forceRefresh?: boolean } = {},
): Promise<AuthSession> {
  const manager = managersOfRequests.get(request);
  if (manager === undefined) throw new AuthError("misconfigured");
  return forceRefresh ? manager.refreshSession(request, true) : manager.getSession(request);
}
