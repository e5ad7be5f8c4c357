import type { CookieSession } from "../browser/cookie-session.js";
import type { CookieSink } from "../browser/session-cookie.js";
import type { Config } from "../config/config.js";
import { AuthError } from "../errors/auth-error.js";
import { type Eventually, failed, type Outcome, whenReady } from "../errors/outcome.js";
import type { RequestHead, RequestHeaders } from "../tokens/bearer.js";
import type { Authenticator } from "./authenticator.js";
import { hookFailure } from "./hook-failure.js";
import { type RequestEntry, Requests, UNDER_WAY } from "./request-entry.js";
import type { Revocations } from "./revocations.js";
import { Session, type SessionEngine, type SessionTokens } from "./session.js";
import type { IncomingAuthRequest, SessionCallbacks } from "./types.js";
import { askUser, askWhether } from "./user-checks.js";

const REENTERED = "A check of the session asked for the session of the same request: use the one that it is given.";
const NO_REQUEST = "What was given is no request, neither Node's nor Fetch's: it has no `headers` object.";

/** What the identifier works with. */
export interface IdentifierParts {
  readonly config: Config;
  readonly callbacks: SessionCallbacks;
  readonly authenticator: Authenticator;
  readonly revocations: Revocations;
  readonly engine: SessionEngine;
  /** Ends a session in cookies that was revoked. */
  readonly endCookie: (session: CookieSession) => Promise<unknown>;
}

const WRAPPED = "A framework's own request was given: hand over Node's, Fastify's `request.raw` or Koa's `ctx.req`.";

/** Which identifier made a request's session; of several the last one that began. */
export function identifierOf(request: unknown): Identifier | undefined {
  if (typeof request !== "object" || request === null) return undefined;
  let entry = Requests.entryOf(request, holderOf(request));
  while (entry !== undefined && !(entry.isServed && entry.made instanceof Session)) entry = entry.earlier;
  return entry?.identifier;
}

/** Makes each request's session, once, and has the application's own checks look at it. */
export class Identifier {
  readonly #config: Config;
  readonly #callbacks: SessionCallbacks;
  readonly #authenticator: Authenticator;
  readonly #revocations: Revocations;
  readonly #engine: SessionEngine;
  readonly #endCookie: IdentifierParts["endCookie"];
  /** Whether the application has checks of its own. */
  readonly #asks: boolean;

  constructor({ config, callbacks, authenticator, revocations, engine, endCookie }: IdentifierParts) {
    this.#endCookie = endCookie;
    this.#config = config;
    this.#callbacks = callbacks;
    this.#asks = callbacks.isRevoked !== undefined || callbacks.customCheck !== undefined;
    this.#authenticator = authenticator;
    this.#revocations = revocations;
    this.#engine = engine;
  }

  /**
   * Who calls, checked; without credentials yet.
   *
   * @param sink where cookies of the answer go
   * @param isServing whether the session is asked for, and not only who calls
   */
  identify(request: RequestHeaders, sink?: CookieSink, isServing = false): Eventually<Outcome<Session>> {
    const head = headOf(request);
    if (head === undefined) return this.#misused(NO_REQUEST);
    if (head.rawHeaders === undefined && isWrapped(request)) return this.#misused(WRAPPED);
    const holder = head.rawHeaders ?? request;
    const newest = Requests.entryOf(request, holder);
    const entry = this.#ownOf(newest) ?? Requests.enter(request, holder, this, newest);
    if (isServing) entry.isServed = true;
    const known = entry.made;
    if (known === UNDER_WAY) return this.#misused(REENTERED);
    if (known !== undefined) return whenReady(known, (outcome) => (failed(outcome) ? outcome : this.#again(outcome)));
    entry.made = UNDER_WAY;
    const made = this.#make(request, head, sink);
    if (!(made instanceof Promise)) return this.#keep(entry, UNDER_WAY, made);
    const making: Promise<Outcome<Session>> = made.then((outcome) => this.#keep(entry, making, outcome));
    entry.made = making;
    return making;
  }

  /**
   * A failure may pass (an outage); only a session is kept for the request. Not one that was signed out meanwhile.
   *
   * @param making what the entry holds if nothing came between
   */
  #keep(entry: RequestEntry, making: RequestEntry["made"], outcome: Outcome<Session>): Outcome<Session> {
    if (entry.made === making) entry.made = failed(outcome) ? undefined : outcome;
    return failed(outcome) ? this.#engine.finish(outcome) : outcome;
  }

  #ownOf(newest: RequestEntry | undefined): RequestEntry | undefined {
    let entry = newest;
    while (entry !== undefined && entry.identifier !== this) entry = entry.earlier;
    return entry;
  }

  /** A request may go on for hours, its tokens expire and its user be signed out meanwhile. */
  #again(session: Session): Eventually<Outcome<Session>> {
    const fault = this.#authenticator.faultOf(Session.verifiedTokens(session));
    if (fault !== undefined) return this.#engine.finish(fault);
    return whenReady(this.#revocations.check(Session.verifiedTokens(session)), (isRevoked) =>
      isRevoked ? this.#engine.finish(new AuthError("token_revoked")) : session,
    );
  }

  /** The next call makes the request's session anew. */
  forget(request: RequestHeaders): void {
    const entry = this.#ownOf(Requests.entryOf(request, holderOf(request)));
    if (entry !== undefined) entry.made = undefined;
  }

  /** Whether diagnostics are to be told what a request came to: once for each. */
  tellsOf(request: RequestHeaders): boolean {
    const entry = this.#ownOf(Requests.entryOf(request, holderOf(request)));
    if (entry === undefined) return true;
    const isFirst = !entry.isTold;
    entry.isTold = true;
    return isFirst;
  }

  /** Gives a session new tokens, once the checks have looked at them. */
  async renew(session: Session, tokens: SessionTokens, request: RequestHeaders): Promise<Outcome<Session>> {
    const refusal = await this.#check(new Session(tokens, this.#engine), request);
    if (refusal !== undefined) return this.#engine.finish(refusal);
    Session.renew(session, tokens);
    return session;
  }

  #make(request: RequestHeaders, head: RequestHead, sink: CookieSink | undefined): Eventually<Outcome<Session>> {
    const tokens = this.#authenticator.authenticate(request, head, sink);
    if (tokens instanceof Promise) return tokens.then((late) => this.#goOn(late, request));
    return this.#goOn(tokens, request);
  }

  #goOn(tokens: Outcome<SessionTokens>, request: RequestHeaders): Eventually<Outcome<Session>> {
    if (failed(tokens)) return tokens;
    const session = new Session(tokens, this.#engine);
    if (!session.isAuthenticated) return session;
    const refusal = this.#check(session, request);
    return refusal === undefined
      ? session
      : whenReady(refusal, (late) => (late === undefined ? session : this.#refuse(tokens, late)));
  }

  /** What was revoked elsewhere has no use for its cookies any more, nor for its refresh token. */
  #refuse({ cookie }: SessionTokens, refusal: AuthError): Eventually<AuthError> {
    if (refusal.code !== "token_revoked" || cookie === undefined) return refusal;
    return this.#endCookie(cookie.session).then(() => refusal);
  }

  /** On every request: what the checks look at may have changed. */
  #check(session: Session, request: RequestHeaders): Eventually<AuthError | undefined> {
    const isRevoked = this.#revocations.check(Session.verifiedTokens(session));
    if (isRevoked === false && !this.#asks) return undefined;
    return whenReady(isRevoked, (late) => (late ? new AuthError("token_revoked") : this.#ask(session, request)));
  }

  /** The application's own checks. */
  #ask(session: Session, request: RequestHeaders): Eventually<AuthError | undefined> {
    return whenReady(this.#askRevoked(session), (revoked) => revoked ?? this.#askCustom(session, request));
  }

  #askRevoked(session: Session): Eventually<AuthError | undefined> {
    const { isRevoked } = this.#callbacks;
    if (isRevoked === undefined) return undefined;
    const onFailure = "store_unavailable";
    return askUser(
      { hook: "isRevoked", timeoutMs: this.#config.requestTimeoutMs, onFailure },
      () => isRevoked(session),
      (answer) => {
        if (answer === false) return undefined;
        return answer === true ? new AuthError("token_revoked") : hookFailure(onFailure, "isRevoked", "undecided");
      },
    );
  }

  #askCustom(session: Session, request: RequestHeaders): Eventually<AuthError | undefined> {
    const { customCheck } = this.#callbacks;
    if (customCheck === undefined) return undefined;
    // The user's function gets the request that its framework made.
    const ask = () => customCheck(session, request as IncomingAuthRequest);
    return askWhether("customCheck", this.#config.requestTimeoutMs, ask);
  }

  #misused(recoverySuggestion: string): AuthError {
    return this.#engine.finish(new AuthError("misconfigured", { recoverySuggestion }));
  }
}

/**
 * What tokens are read from; undefined where something else than a request was given. Read once: on Node 20 and 22
 * Express gives each request a hidden class of its own, and each look at one costs a microsecond.
 */
function headOf(request: RequestHeaders): RequestHead | undefined {
  if (typeof request !== "object" || request === null) return undefined;
  const { headers, rawHeaders } = request;
  if (typeof headers !== "object" || headers === null) return undefined;
  return Array.isArray(rawHeaders) ? { headers, rawHeaders } : { headers };
}

/** What holds a request's entry, for those who have not read its headers. */
function holderOf(request: object): object {
  return "rawHeaders" in request && Array.isArray(request.rawHeaders) ? request.rawHeaders : request;
}

/** Whether Node's request is inside a request without `rawHeaders`: a second header of one name shows in those only. */
function isWrapped(request: RequestHeaders): boolean {
  const inner: unknown = "raw" in request ? request.raw : "req" in request ? request.req : undefined;
  return typeof inner === "object" && inner !== null && "rawHeaders" in inner;
}
