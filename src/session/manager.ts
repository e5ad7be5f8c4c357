import { refuseCrossSite } from "../browser/same-origin.js";
import { type AnswerHeaders, sinkOf } from "../browser/session-cookie.js";
import type { AWSCredentials } from "../credentials/credentials.js";
import { requestOutcomes } from "../diagnostics/channels.js";
import { AuthError } from "../errors/auth-error.js";
import { type Eventually, failed, type Outcome, orThrow, whenReady } from "../errors/outcome.js";
import type { RequestHeaders } from "../tokens/bearer.js";
import { describeTokens, type TokenAnalyses } from "./analyze-tokens.js";
import { fromCookie } from "./authenticator.js";
import { assemble, type Components, type SessionManagerParts } from "./components.js";
import type { SessionListener } from "./events.js";
import { healthOf, type SessionHealth } from "./health.js";
import { type Identifier, identifierOf } from "./identifier.js";
import { liveComponents } from "./live-components.js";
import { toldOutcome } from "./request-outcome.js";
import { checkTarget, type RevocationTarget } from "./revocation-target.js";
import { Session } from "./session.js";
import type { AuthSession, AuthSessionOptions, UserInfo } from "./types.js";

const managers = new WeakMap<Identifier, SessionManager>();

/** The engine that made a request's session, for `fetchAuthSession()`. */
export function managerOf(request: unknown): SessionManager | undefined {
  const identifier = identifierOf(request);
  return identifier && managers.get(identifier);
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
  readonly #parts: Components;

  /**
   * @param options as for `authSession()`
   * @param parts replacements for tests
   * @throws {ConfigurationError} naming the option and the fix
   */
  constructor(options: AuthSessionOptions = {}, parts: SessionManagerParts = {}) {
    this.#parts = assemble(options, parts);
    managers.set(this.#parts.identifier, this);
    liveComponents.add(this.#parts);
  }

  /**
   * What an engine is made of, for the routes.
   *
   * @internal
   */
  static componentsOf(manager: SessionManager): Components {
    return manager.#parts;
  }

  /**
   * The session of a request, made at the first call. Takes Node's own request, of any framework (Fastify's
   * `request.raw`, Koa's `ctx.req`), and a Fetch `Request`.
   *
   * @param answer Node's response, or the `Headers` of a Fetch answer: where Amplify's cookies are written back when
   *   their tokens were refreshed. Without it they are not refreshed. The Express and Koa middleware see to it.
   * @throws {AuthError} what the middleware would answer with
   */
  async getSession(request: RequestHeaders, answer?: AnswerHeaders): Promise<AuthSession> {
    return orThrow(await this.resolve(request, answer));
  }

  /** The same as {@link getSession}, under the name that reads well where requests are Fetch's. @throws {AuthError} */
  fromRequest(request: RequestHeaders, answer?: AnswerHeaders): Promise<AuthSession> {
    return this.getSession(request, answer);
  }

  /**
   * The session of a request with what it holds renewed: its tokens, where it has a refresh token, and its AWS credentials.
   *
   * @param force renew even what is still good
   * @throws {AuthError} `refresh_failed` where the session is over; `credentials_unavailable` where Cognito cannot be
   *   reached, and the session goes on
   */
  async refreshSession(request: RequestHeaders, force = false): Promise<AuthSession> {
    const session = orThrow(await this.resolve(request));
    const { cookie } = Session.verifiedTokens(session);
    if (cookie !== undefined) {
      const live = (await cookie.session.open(force)) ?? new AuthError("refresh_failed");
      if (failed(live)) throw this.#parts.engine.finish(live);
      orThrow(await this.#parts.identifier.renew(session, fromCookie(cookie.session, live), request));
    }
    if (this.#parts.federator.applies(session)) await session.getCredentials({ forceRefresh: force });
    return session;
  }

  /**
   * Signs the request's user out: the session in its cookies is ended, its refresh token revoked at Cognito; tokens of the
   * sign-in are refused from now on, as by {@link revoke}, and its AWS credentials dropped.
   *
   * @param request whose session it is; one without a session is left alone
   * @param answer Node's response, or the `Headers` of a Fetch answer: the cookie is removed there
   * @throws {AuthError} `store_unavailable`: nothing has ended, try again; `forbidden`: another site sent the request
   * @example
   * ```ts
   * await sessions.clearSession(req, res);
   * ```
   */
  async clearSession(request: RequestHeaders, answer?: AnswerHeaders): Promise<void> {
    const cookie = this.#parts.cookies?.source.find(request, sinkOf(answer));
    if (failed(cookie)) throw this.#parts.engine.finish(cookie);
    const refusal = cookie && refuseCrossSite(request, this.#parts.config.cookies?.origin);
    if (refusal !== undefined) throw this.#parts.engine.finish(refusal);
    const bearer = cookie === undefined ? await this.#parts.identifier.identify(request) : undefined;
    this.#parts.identifier.forget(request);
    if (failed(bearer)) return;
    const fault = await (cookie ? this.#parts.signOut.cookie(cookie) : bearer && this.#parts.signOut.bearer(bearer));
    if (fault !== undefined) throw this.#parts.engine.finish(fault);
  }

  /**
   * Has a function told of what happens to sessions. It is told at once, so let it be quick; what it throws harms nobody.
   *
   * @returns stops it
   * @example
   * ```ts
   * const stop = sessions.onSessionChange(({ type, ...about }) => log.info(about, type));
   * ```
   */
  onSessionChange(listener: SessionListener): () => void {
    return this.#parts.events.subscribe(listener);
  }

  /** Who the request's user is; undefined for nobody. @throws {AuthError} */
  async getUserInfo(request: RequestHeaders): Promise<UserInfo | undefined> {
    return orThrow(await this.resolve(request)).getUserInfo();
  }

  /**
   * What each token of the request says about itself: its purpose, expiry, scopes, app client and groups.
   *
   * @throws {AuthError}
   * @example
   * ```ts
   * const { accessToken } = await sessions.analyzeTokens(req);
   * console.log(accessToken?.scopes, accessToken?.expiresInSeconds);
   * ```
   */
  async analyzeTokens(request: RequestHeaders): Promise<TokenAnalyses> {
    const tokens = Session.verifiedTokens(orThrow(await this.resolve(request)));
    return describeTokens(tokens, tokens.cookie?.live.grant.refreshToken !== undefined, this.#parts.clock);
  }

  /**
   * Whether the request carries a good token. False for none and for a bad one.
   *
   * @throws {AuthError} where it cannot be known: the keys, or the answer of `isRevoked`, cannot be had
   */
  async isAuthenticated(request: RequestHeaders): Promise<boolean> {
    const outcome = await this.#parts.identifier.identify(request);
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
    const { userPools } = this.#parts.config;
    if (userPools.some((pool) => pool.identityPool !== undefined)) await this.#parts.identityPools.warmUp();
    await Promise.all([this.#parts.store?.warmUp(), this.#parts.cookies?.warmUp()]);
    const errors = await Promise.all(this.#parts.verifier.sources.map(({ keySet }) => keySet.warmUp()));
    const error = errors.find((each) => each !== undefined);
    if (error !== undefined) throw error;
  }

  /** How the engine does. Makes no call. */
  health(): SessionHealth {
    return healthOf(
      this.#parts.verifier,
      this.#parts.federation,
      this.#parts.store && [this.#parts.store, this.#parts.cookies ?? this.#parts.store],
    );
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
    if (!(await this.#parts.revocations.revoke(checkTarget(target)))) {
      throw this.#parts.engine.finish(new AuthError("store_unavailable"));
    }
  }

  /** Closes connections that are kept open, the store's among them. */
  async close(): Promise<void> {
    liveComponents.delete(this.#parts);
    this.#parts.identityPools.close();
    this.#parts.clients.close();
    this.#parts.revocations.close();
    this.#parts.events.close();
    await this.#parts.cookies?.close();
    await this.#parts.store?.close();
  }

  /**
   * For adapters: the session of a request or the error to answer with, without a promise when all is at hand.
   *
   * @internal
   */
  resolve(request: RequestHeaders, answer?: AnswerHeaders): Eventually<Outcome<Session>> {
    const { cookies, identifier } = this.#parts;
    const session = identifier.identify(request, cookies && sinkOf(answer), true);
    const outcome = session instanceof Promise ? session.then((late) => this.#enrich(late)) : this.#enrich(session);
    return requestOutcomes.isWatched ? toldOutcome(identifier, request, outcome) : outcome;
  }

  #enrich(session: Outcome<Session>): Eventually<Outcome<Session>> {
    if (failed(session)) return session;
    if (this.#parts.config.credentials === "lazy" || !this.#parts.federator.applies(session)) return session;
    return whenReady(this.#parts.federator.provide(session, false), (outcome) =>
      failed(outcome) ? this.#parts.engine.finish(outcome) : session,
    );
  }
}
