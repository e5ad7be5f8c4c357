import type { IncomingMessage, ServerResponse } from "node:http";
import { type Listening, listen } from "./listen.js";
import { REASON_HEADER, textOf } from "./openid-provider.js";

/** A refresh that was asked for, and what the provider made of it. */
export interface Refresh {
  readonly refreshToken: string;
  /** The refresh token that replaces it; none where it was refused. */
  readonly next: string | undefined;
}

type Fields = Readonly<Record<string, string | undefined>>;
type Answered = readonly [status: number, body: object];

/**
 * Speaks the two operations of Cognito's API that the package makes and passes them on to an OpenID provider's endpoints.
 * What is decided is decided there.
 */
export class CognitoTranslator {
  readonly refreshes: Refresh[] = [];
  revocations = 0;
  readonly #listening: Listening;
  readonly #issuer: string;

  private constructor(listening: Listening, issuer: string) {
    this.#listening = listening;
    this.#issuer = issuer;
    listening.serve((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
  }

  static async start(issuer: string): Promise<CognitoTranslator> {
    return new CognitoTranslator(await listen(), issuer);
  }

  /** The endpoint of the user pool that there seems to be. */
  get origin(): string {
    return this.#listening.origin;
  }

  stop(): Promise<void> {
    return this.#listening.stop();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await textOf(request);
    const [status, body] = request.method === "GET" ? await this.#document() : await this.#operation(request, text);
    const name = "__type" in body ? { "x-amzn-ErrorType": `${body.__type}:` } : {};
    response.writeHead(status, { "Content-Type": "application/x-amz-json-1.1", ...name }).end(JSON.stringify(body));
  }

  async #document(): Promise<Answered> {
    const response = await fetch(`${this.#issuer}/.well-known/openid-configuration`);
    return [response.status, asObject(await response.json())];
  }

  async #operation(request: IncomingMessage, text: string): Promise<Answered> {
    const target = String(request.headers["x-amz-target"]);
    const input: Fields = JSON.parse(text);
    if (target.endsWith(".GetTokensFromRefreshToken")) return this.#refresh(input);
    if (target.endsWith(".RevokeToken")) return this.#revoke(input);
    return refusal("UnknownOperationException", target);
  }

  async #refresh({ RefreshToken = "", ...client }: Fields): Promise<Answered> {
    const response = await this.#post("/token", client, { grant_type: "refresh_token", refresh_token: RefreshToken });
    const answer: Fields = JSON.parse(await response.text());
    this.refreshes.push({ refreshToken: RefreshToken, next: answer.refresh_token });
    if (response.status !== 200) return refusalOf(answer, response.headers.get(REASON_HEADER));
    const { access_token: AccessToken, id_token: IdToken, refresh_token, token_type: TokenType } = answer;
    return [200, { AuthenticationResult: { AccessToken, IdToken, RefreshToken: refresh_token, TokenType } }];
  }

  async #revoke({ Token = "", ...client }: Fields): Promise<Answered> {
    this.revocations += 1;
    const response = await this.#post("/token/revocation", client, { token: Token, token_type_hint: "refresh_token" });
    return response.status === 200 ? [200, {}] : refusalOf(JSON.parse(await response.text()), null);
  }

  /** As the client that the operation names: a public one, or a confidential one by `client_secret_basic`. */
  #post(path: string, { ClientId = "", ClientSecret }: Fields, fields: Record<string, string>): Promise<Response> {
    const basic = `Basic ${Buffer.from(`${ClientId}:${ClientSecret}`).toString("base64")}`;
    return fetch(this.#issuer + path, {
      method: "POST",
      headers: { Accept: "application/json", ...(ClientSecret === undefined ? {} : { Authorization: basic }) },
      body: new URLSearchParams(ClientSecret === undefined ? { client_id: ClientId, ...fields } : fields),
    });
  }
}

function refusalOf({ error }: Fields, reason: string | null): Answered {
  if (error === "invalid_client") return refusal("NotAuthorizedException", "Invalid client secret.");
  if (error !== "invalid_grant") return refusal("InvalidParameterException", String(error));
  return reason === "refresh token already used"
    ? refusal("RefreshTokenReuseException", "Refresh token has been reused")
    : refusal("NotAuthorizedException", "Invalid Refresh Token.");
}

function refusal(type: string, message: string): Answered {
  return [400, { __type: type, message }];
}

function asObject(value: unknown): object {
  if (typeof value === "object" && value !== null) return value;
  throw new Error("The provider's document is no object.");
}
