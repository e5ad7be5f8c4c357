import type { CookieSession, CookieSource } from "../browser/cookie-session.js";
import type { LiveTokens } from "../browser/live-grants.js";
import { refuseCrossSite } from "../browser/same-origin.js";
import type { CookieSink } from "../browser/session-cookie.js";
import type { Config } from "../config/config.js";
import { AuthError } from "../errors/auth-error.js";
import { type Eventually, failed, type Outcome, whenReady } from "../errors/outcome.js";
import { type RequestHead, type RequestHeaders, readBearer, readTokenHeader } from "../tokens/bearer.js";
import type { TokenUse } from "../tokens/claims.js";
import { withIdToken } from "../tokens/pair.js";
import { badTransport } from "../tokens/transport-fault.js";
import type { VerifiedToken } from "../tokens/verified-token.js";
import type { TokenVerifier } from "../tokens/verifier.js";
import type { SessionTokens } from "./session.js";
import type { IncomingAuthRequest, SessionCallbacks } from "./types.js";
import { askUser } from "./user-checks.js";

const USES: Readonly<Record<Config["tokenUse"], ReadonlySet<TokenUse>>> = {
  access: new Set(["access"]),
  id: new Set(["id"]),
  any: new Set(["access", "id"]),
};

const NOT_A_TEXT = { recoverySuggestion: "`getToken` must return the raw token as a string, or nothing." };

/** Reads a request's tokens, verifies and pairs them: the way from a request to who calls. */
export class Authenticator {
  readonly #config: Config;
  readonly #uses: ReadonlySet<TokenUse>;
  readonly #getToken: SessionCallbacks["getToken"];
  readonly #verifier: TokenVerifier;
  readonly #cookies: CookieSource | undefined;

  constructor(config: Config, callbacks: SessionCallbacks, verifier: TokenVerifier, cookies: CookieSource | undefined) {
    this.#config = config;
    this.#uses = USES[config.tokenUse];
    this.#getToken = callbacks.getToken;
    this.#verifier = verifier;
    this.#cookies = cookies;
  }

  /**
   * The request's verified tokens; none of them for an anonymous request.
   *
   * @param head its headers
   * @param sink where cookies of the answer go
   */
  authenticate(
    request: RequestHeaders,
    head: RequestHead,
    sink: CookieSink | undefined,
  ): Eventually<Outcome<SessionTokens>> {
    if (this.#getToken === undefined) return this.#goOn(readBearer(head), request, head, sink);
    return whenReady(this.#askBearer(this.#getToken, request), (bearer) => this.#goOn(bearer, request, head, sink));
  }

  #goOn(
    bearer: Outcome<string | undefined>,
    request: RequestHeaders,
    head: RequestHead,
    sink: CookieSink | undefined,
  ): Eventually<Outcome<SessionTokens>> {
    if (failed(bearer)) return bearer;
    const second = readTokenHeader(head, this.#config.idTokenHeader);
    if (failed(second)) return second;
    const cookie = this.#cookies?.find(head, sink);
    if (failed(cookie)) return cookie;
    if (cookie !== undefined) {
      if (bearer !== undefined || second !== undefined) return badTransport("token_and_cookie");
      return refuseCrossSite(request, this.#config.cookies?.origin) ?? this.#open(cookie);
    }
    if (bearer === undefined) return second === undefined ? this.#anonymous() : badTransport("id_token_alone");
    return this.#verify(bearer, second);
  }

  /** What has become of a request's tokens since. A session in cookies is renewed before it ends. */
  faultOf({ access, id, cookie }: SessionTokens): AuthError | undefined {
    if (cookie !== undefined) return undefined;
    return (access && this.#verifier.faultOf(access)) ?? (id && this.#verifier.faultOf(id));
  }

  #verify(bearer: string, second: string | undefined): Eventually<Outcome<SessionTokens>> {
    const verified = this.#verifier.verify(bearer, this.#uses);
    if (verified instanceof Promise) return verified.then((late) => this.#tokensOf(late, bearer, second));
    return this.#tokensOf(verified, bearer, second);
  }

  #tokensOf(verified: Outcome<VerifiedToken>, bearer: string, second: string | undefined) {
    if (failed(verified)) return verified;
    return second === undefined ? alone(verified, bearer) : this.#withSecond(verified, bearer, second);
  }

  /** A cookie whose session has ended is none: browsers keep theirs for longer. */
  async #open(session: CookieSession): Promise<Outcome<SessionTokens>> {
    const live = await session.open(false);
    if (live === undefined) return this.#anonymous();
    return failed(live) ? live : fromCookie(session, live);
  }

  #withSecond(access: VerifiedToken, rawAccess: string, rawId: string): Eventually<Outcome<SessionTokens>> {
    if (access.use !== "access") return badTransport("id_token_twice");
    return withIdToken(this.#verifier, access, { rawAccess, rawId });
  }

  #anonymous(): Outcome<SessionTokens> {
    return this.#config.required ? new AuthError("missing_token") : {};
  }

  #askBearer(
    getToken: NonNullable<SessionCallbacks["getToken"]>,
    request: RequestHeaders,
  ): Eventually<Outcome<string | undefined>> {
    return askUser(
      { hook: "getToken", timeoutMs: this.#config.requestTimeoutMs, onFailure: "invalid_request" },
      // The user's function gets the request that its framework made.
      () => getToken(request as IncomingAuthRequest),
      (token): Outcome<string | undefined> => {
        if (token === undefined || token === null || token === "") return undefined;
        return typeof token === "string" ? token : new AuthError("malformed_token", NOT_A_TEXT);
      },
    );
  }
}

/** The tokens of a session that came in a cookie. */
export function fromCookie(session: CookieSession, live: LiveTokens): SessionTokens {
  return { ...live.tokens, cookie: { session, live } };
}

function alone(verified: VerifiedToken, raw: string): SessionTokens {
  return verified.use === "access" ? { access: verified, rawAccess: raw } : { id: verified, rawId: raw };
}
