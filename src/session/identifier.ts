import type { CookieSession } from "../browser/cookie-session.js";
import type { CookieSink } from "../browser/session-cookie.js";
import type { Config } from "../config/config.js";
import { AuthError } from "../errors/auth-error.js";
import { type Eventually, failed, type Outcome, whenReady } from "../errors/outcome.js";
import type { RequestHeaders } from "../tokens/bearer.js";
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

/** Which identifier made a request's session; of several the last one. */
export function identifierOf(request: object): Identifier | undefined {
  let entry = Requests.entryOf(request);
  while (entry !== undefined && entry.made === undefined) entry = entry.earlier;
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

  constructor({ config, callbacks, authenticator, revocations, engine, endCookie }: IdentifierParts) {
    this.#endCookie = endCookie;
    this.#config = config;
    this.#callbacks = callbacks;
    this.#authenticator = authenticator;
    this.#revocations = revocations;
    this.#engine = engine;
  }

  /**
   * Who calls, checked; without credentials yet.
   *
   * @param sink where cookies of the answer go
   */
  identify(request: RequestHeaders, sink?: CookieSink): Eventually<Outcome<Session>> {
    if (!isRequest(request)) return this.#misused(NO_REQUEST);
    if (isWrapped(request)) return this.#misused(WRAPPED);
    const entry = this.#entryOf(request) ?? Requests.enter(request, this);
    const known = entry.made;
    if (known === UNDER_WAY) return this.#misused(REENTERED);
    if (known !== undefined) return whenReady(known, (outcome) => (failed(outcome) ? outcome : this.#again(outcome)));
    entry.made = UNDER_WAY;
    const made = whenReady(this.#make(request, sink), (outcome) => {
      if (!failed(outcome)) return outcome;
      // A failure may pass (an outage); only a session is kept for the request.
      entry.made = undefined;
      return this.#engine.finish(outcome);
    });
    if (made instanceof Promise || !failed(made)) entry.made = made;
    return made;
  }

  #entryOf(request: object): RequestEntry | undefined {
    let entry = Requests.entryOf(request);
    while (entry !== undefined && entry.identifier !== this) entry = entry.earlier;
    return entry;
  }

  /** A request may go on for hours, and its user be signed out meanwhile. */
  #again(session: Session): Eventually<Outcome<Session>> {
    return whenReady(this.#revocations.check(Session.verifiedTokens(session)), (isRevoked) =>
      isRevoked ? this.#engine.finish(new AuthError("token_revoked")) : session,
    );
  }

  /** The next call makes the request's session anew. */
  forget(request: RequestHeaders): void {
    const entry = this.#entryOf(request);
    if (entry !== undefined) entry.made = undefined;
  }

  /** Whether diagnostics are to be told what a request came to: once for each. */
  tellsOf(request: RequestHeaders): boolean {
    const entry = isRequest(request) ? this.#entryOf(request) : undefined;
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

  #make(request: RequestHeaders, sink: CookieSink | undefined): Eventually<Outcome<Session>> {
    return whenReady(this.#authenticator.authenticate(request, sink), (tokens) => {
      if (failed(tokens)) return tokens;
      const session = new Session(tokens, this.#engine);
      if (!session.isAuthenticated) return session;
      return whenReady(this.#check(session, request), (refusal) => {
        const { cookie } = tokens;
        if (refusal?.code === "token_revoked" && cookie !== undefined) return this.#endRevoked(cookie.session, refusal);
        return refusal ?? session;
      });
    });
  }

  /** What was revoked elsewhere has no use for its cookies any more, nor for its refresh token. */
  async #endRevoked(session: CookieSession, refusal: AuthError): Promise<AuthError> {
    await this.#endCookie(session);
    return refusal;
  }

  /** On every request: what the checks look at may have changed. */
  #check(session: Session, request: RequestHeaders): Eventually<AuthError | undefined> {
    return whenReady(this.#revocations.check(Session.verifiedTokens(session)), (isRevoked) => {
      if (isRevoked) return new AuthError("token_revoked");
      return whenReady(this.#askRevoked(session), (revoked) => revoked ?? this.#askCustom(session, request));
    });
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

/** A request, by what is read of it. */
function isRequest(value: unknown): value is RequestHeaders {
  if (typeof value !== "object" || value === null || !("headers" in value)) return false;
  return typeof value.headers === "object" && value.headers !== null;
}

/** Whether Node's request is inside: a second header of one name shows in that one only. */
function isWrapped(request: RequestHeaders): boolean {
  if (request.rawHeaders !== undefined) return false;
  const inner: unknown = "raw" in request ? request.raw : "req" in request ? request.req : undefined;
  return typeof inner === "object" && inner !== null && "rawHeaders" in inner;
}
