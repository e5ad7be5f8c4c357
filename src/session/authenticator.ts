import type { Config } from "../config/config.js";
import { AuthError } from "../errors/auth-error.js";
import { type Eventually, failed, type Outcome, whenReady } from "../errors/outcome.js";
import { type RequestHeaders, readBearer, readTokenHeader } from "../tokens/bearer.js";
import type { TokenUse } from "../tokens/claims.js";
import { pairTokens } from "../tokens/pair.js";
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
  readonly #getToken: SessionCallbacks["getToken"];
  readonly #verifier: TokenVerifier;

  constructor(config: Config, callbacks: SessionCallbacks, verifier: TokenVerifier) {
    this.#config = config;
    this.#getToken = callbacks.getToken;
    this.#verifier = verifier;
  }

  /** The request's verified tokens; none of them for an anonymous request. */
  authenticate(request: RequestHeaders): Eventually<Outcome<SessionTokens>> {
    return whenReady(this.#readBearer(request), (bearer) => {
      if (failed(bearer)) return bearer;
      const second = readTokenHeader(request, this.#config.idTokenHeader);
      if (failed(second)) return second;
      if (bearer === undefined) return second === undefined ? this.#anonymous() : badTransport("id_token_alone");
      return whenReady(this.#verifier.verify(bearer, USES[this.#config.tokenUse]), (verified) => {
        if (failed(verified)) return verified;
        return second === undefined ? alone(verified, bearer) : this.#withSecond(verified, bearer, second);
      });
    });
  }

  /** A second token that is bad fails the request: a session is never half of what was sent. */
  #withSecond(access: VerifiedToken, rawAccess: string, rawId: string): Eventually<Outcome<SessionTokens>> {
    if (access.use !== "access") return badTransport("id_token_twice");
    return whenReady(this.#verifier.verify(rawId, USES.id), (id) => {
      if (failed(id)) return id;
      const pair = pairTokens(access, id);
      return failed(pair) ? pair : { ...pair, rawAccess, rawId };
    });
  }

  #anonymous(): Outcome<SessionTokens> {
    return this.#config.required ? new AuthError("missing_token") : {};
  }

  #readBearer(request: RequestHeaders): Eventually<Outcome<string | undefined>> {
    const getToken = this.#getToken;
    if (getToken === undefined) return readBearer(request);
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

function alone(verified: VerifiedToken, raw: string): SessionTokens {
  return verified.use === "access" ? { access: verified, rawAccess: raw } : { id: verified, rawId: raw };
}
