import { failed } from "../../errors/outcome.js";
import { decodeToken } from "../../tokens/decode.js";
import type { AppClient } from "../app-client.js";
import { type Answer, type Endpoint, type EndpointRequest, oauthAnswer, oauthError } from "../endpoint.js";
import { ServiceError } from "../service-error.js";
import type { LocalTokens, LocalUserPool } from "../user-pool.js";
import type { AuthorizationCodes } from "./authorization-codes.js";
import { authenticateClient } from "./client-authentication.js";

/** Grants that the service knows, but that this app client is not allowed. */
const OTHER_GRANTS: readonly string[] = ["client_credentials", "password", "implicit"];

/** What the endpoints that an app calls work with. */
export interface TokenParts {
  readonly pool: LocalUserPool;
  readonly client: AppClient;
  readonly codes: AuthorizationCodes;
  readonly rotate: boolean;
}

/** `/oauth2/token` (RFC 6749) and `/oauth2/revoke` (RFC 7009). */
export class TokenEndpoints {
  constructor(private readonly parts: TokenParts) {}

  get token(): Endpoint {
    return this.#endpoint("Token", (form) => this.#grant(form));
  }

  get revoke(): Endpoint {
    return this.#endpoint("Revoke", (form) => this.#revoke(form));
  }

  #endpoint(operation: string, answer: (form: URLSearchParams) => Answer): Endpoint {
    const post = (request: EndpointRequest) => {
      authenticateClient(this.parts.client, request);
      return answer(request.form);
    };
    return {
      operation,
      isShared: true,
      methods: { POST: post },
      fail: (_request, error, status) => oauthError(error, status),
    };
  }

  #grant(form: URLSearchParams): Answer {
    const type = form.get("grant_type");
    if (type === "authorization_code") return this.#redeem(form);
    if (type === "refresh_token") return this.#refresh(form);
    if (type === null) return oauthError("invalid_request");
    return oauthError(OTHER_GRANTS.includes(type) ? "unauthorized_client" : "unsupported_grant_type");
  }

  #redeem(form: URLSearchParams): Answer {
    const code = form.get("code");
    const redirectUri = form.get("redirect_uri");
    if (code === null || redirectUri === null) return oauthError("invalid_request");
    const { codes, pool } = this.parts;
    const redeemed = codes.redeem(code, { redirectUri, codeVerifier: form.get("code_verifier") });
    if (redeemed === undefined) return oauthError("invalid_grant");
    const { binding, signIn } = redeemed;
    const { idToken, ...tokens } = pool.begin(signIn, binding.nonce);
    return this.#answer(binding.isOpenId ? { ...tokens, idToken } : tokens);
  }

  #refresh(form: URLSearchParams): Answer {
    const { pool, client, rotate } = this.parts;
    const refreshToken = form.get("refresh_token");
    if (refreshToken === null) return oauthError("invalid_request");
    try {
      return this.#answer(pool.refresh(refreshToken, client.id, rotate));
    } catch (error) {
      if (error instanceof ServiceError) return oauthError("invalid_grant");
      throw error;
    }
  }

  #answer({ accessToken, idToken, refreshToken }: Partial<LocalTokens>): Answer {
    return oauthAnswer(200, {
      access_token: accessToken,
      id_token: idToken,
      refresh_token: refreshToken,
      token_type: "Bearer",
      expires_in: this.parts.pool.tokenLifetimeSeconds,
    });
  }

  /** A token that nobody has is revoked already. Only refresh tokens can be: the others end by themselves. */
  #revoke(form: URLSearchParams): Answer {
    const token = form.get("token");
    if (token === null) return oauthError("invalid_request");
    if (!failed(decodeToken(token))) return oauthError("unsupported_token_type");
    this.parts.pool.revoke(token);
    return { status: 200, headers: { "Cache-Control": "no-store" }, body: "" };
  }
}
