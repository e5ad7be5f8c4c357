import { type Clock, systemClock } from "../clock.js";
import type { Config } from "../config/config.js";
import { resolveConfig } from "../config/resolve.js";
import type { AWSCredentials, Exchange } from "../credentials/credentials.js";
import { IdentityPoolExchange } from "../credentials/exchange.js";
import { Federation } from "../credentials/federation.js";
import { SdkClients } from "../credentials/sdk-clients.js";
import { SharedExchange } from "../credentials/shared-exchange.js";
import type { Owner } from "../credentials/subject.js";
import { AuthError, inRealm } from "../errors/auth-error.js";
import { type Eventually, failed, type Outcome, orThrow, whenReady } from "../errors/outcome.js";
import { SealedStore } from "../store/sealed-store.js";
import type { RequestHeaders } from "../tokens/bearer.js";
import { type FetchJson, fetchKeySet } from "../tokens/fetch-key-set.js";
import { TokenVerifier } from "../tokens/verifier.js";
import { Authenticator } from "./authenticator.js";
import { Federator } from "./federator.js";
import { healthOf, type SessionHealth } from "./health.js";
import { Identifier } from "./identifier.js";
import { checkTarget, type RevocationTarget } from "./revocation-target.js";
import { Revocations } from "./revocations.js";
import type { Session, SessionEngine } from "./session.js";
import type { AuthSession, AuthSessionOptions, SessionCallbacks } from "./types.js";

/** What may be replaced in tests: time, and what reaches out. */
export interface SessionManagerParts {
  readonly clock?: Clock;
  readonly fetchJson?: FetchJson;
  readonly exchange?: Exchange;
}

/** Which engine answered for a request, for `fetchAuthSession()`. */
const managersOfRequests = new WeakMap<object, SessionManager>();

/** The engine that made a request's session. */
export function managerOf(request: object): SessionManager | undefined {
  return managersOfRequests.get(request);
}

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
  readonly #store: SealedStore | undefined;
  readonly #verifier: TokenVerifier;
  readonly #identifier: Identifier;
  readonly #identityPools: IdentityPoolExchange;
  readonly #federation: Federation;
  readonly #clients: SdkClients;
  readonly #revocations: Revocations;
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
    const { credentialsCacheSize: maxUsers, requestTimeoutMs: timeoutMs, authFlow, realm } = config;
    const callbacks: SessionCallbacks = Object.freeze({ ...options });
    this.#config = config;
    this.#store = sealedStoreOf(config, clock);
    const store = this.#store;
    this.#verifier = new TokenVerifier(config, { clock, fetchJson });
    this.#identityPools = new IdentityPoolExchange({ clock, timeoutMs, maxIdentities: maxUsers, authFlow, store });
    const isOutdated = ({ sub }: Owner, obtainedAtMs: number) => this.#revocations.isAfter(sub, obtainedAtMs);
    const own = parts.exchange ?? this.#identityPools.exchange;
    const exchange = store === undefined ? own : new SharedExchange(own, { clock, store, isOutdated }).exchange;
    const onOrphan = (key: string) => void store?.delete("credentials", key);
    this.#federation = new Federation({ clock, exchange, maxUsers, onOrphan });
    this.#clients = new SdkClients(maxUsers);
    this.#revocations = new Revocations({
      clock,
      store,
      bareStore: config.store,
      onRevoked: (target) => this.#forget(target),
    });
    this.#federator = new Federator({
      config,
      federation: this.#federation,
      clients: this.#clients,
      revocations: this.#revocations,
      roleArn: callbacks.roleArn,
    });
    this.#engine = {
      checkTimeoutMs: timeoutMs,
      exchange: (session, forceRefresh) => this.#federator.provide(session, forceRefresh),
      awsClient: (session, Client, settings) => this.#federator.awsClient(session, Client, settings),
      finish: (error) => inRealm(error, realm),
    };
    const authenticator = new Authenticator(config, callbacks, this.#verifier);
    this.#identifier = new Identifier({
      config,
      callbacks,
      authenticator,
      revocations: this.#revocations,
      engine: this.#engine,
    });
  }

  /**
   * The session of a request, made at the first call. Takes Node's own request, of any framework (Fastify's
   * `request.raw`, Koa's `ctx.req`), and a Fetch `Request`.
   *
   * @throws {AuthError} what the middleware would answer with
   */
  async getSession(request: RequestHeaders): Promise<AuthSession> {
    return orThrow(await this.resolve(request));
  }

  /** The same as {@link getSession}, under the name that reads well where requests are Fetch's. @throws {AuthError} */
  fromRequest(request: RequestHeaders): Promise<AuthSession> {
    return this.getSession(request);
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
    await this.#store?.warmUp();
    const errors = await Promise.all([...this.#verifier.keySets.values()].map((keySet) => keySet.warmUp()));
    const error = errors.find((each) => each !== undefined);
    if (error !== undefined) throw error;
  }

  /** How the engine does. Makes no call. */
  health(): SessionHealth {
    return healthOf(this.#verifier, this.#federation, this.#store);
  }

  /**
   * Ends the sessions of a user, or of one sign-in: their cached credentials are dropped, and their tokens are refused as
   * `token_revoked` until they would have expired anyway. With a store, in all processes within a second; without one, in this engine.
   *
   * Tokens of the second in which a user is revoked are refused too, even where the user signed in after it. This cannot
   * reach Cognito: revoke the refresh token there as well (`GlobalSignOut`, `AdminUserGlobalSignOut` or `RevokeToken`).
   *
   * @param target `userSub`, the user's `sub`, or `originJti`, the `origin_jti` of the sign-in's tokens
   * @throws {AuthError} `store_unavailable`: revoked in this process, but the others could not be told; try again
   * @throws {TypeError} for anything else than one of the two
   * @example
   * ```ts
   * await sessions.revoke({ userSub: req.authSession.userSub });
   * ```
   */
  async revoke(target: RevocationTarget): Promise<void> {
    if (!(await this.#revocations.revoke(checkTarget(target)))) {
      throw this.#engine.finish(new AuthError("store_unavailable"));
    }
  }

  /** Closes connections that are kept open, the store's among them. */
  async close(): Promise<void> {
    this.#identityPools.close();
    this.#clients.close();
    this.#revocations.close();
    await this.#store?.close();
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

  #forget(target: RevocationTarget): void {
    const keys = this.#federation.forget(({ sub, originJti }) =>
      "userSub" in target ? sub === target.userSub : originJti === target.originJti,
    );
    for (const key of keys) {
      this.#clients.forget(key);
      void this.#store?.delete("credentials", key);
    }
  }

  #enrich(session: Session): Eventually<Outcome<Session>> {
    if (this.#config.credentials === "lazy" || !this.#federator.applies(session)) return session;
    return whenReady(this.#federator.provide(session, false), (outcome) =>
      failed(outcome) ? this.#engine.finish(outcome) : session,
    );
  }
}

function sealedStoreOf({ store, encryptionKeys }: Config, clock: Clock): SealedStore | undefined {
  const [newest, ...older] = encryptionKeys;
  return store === undefined || newest === undefined ? undefined : new SealedStore(store, [newest, ...older], clock);
}
