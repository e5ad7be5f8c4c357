import { generateKeyPairSync, randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import Provider, { type ClientMetadata, type Configuration, type KoaContextWithOIDC } from "oidc-provider";
import { type Listening, listen } from "./listen.js";

/** What an app client is at the provider. Without a secret it is a public one. */
export interface AppClientPlan {
  readonly clientId: string;
  readonly clientSecret?: string;
  /** Of the application: its callback is `/auth/callback`, and it is left for `/`. */
  readonly appOrigin: string;
}

/** Header of an error answer that says what the provider keeps to itself. The tests' translator reads it. */
export const REASON_HEADER = "x-tests-reason";
export const GROUPS: readonly string[] = ["editors", "readers"];

const API = "urn:interop:api";
const SCOPES = "openid email profile";

/**
 * oidc-provider on loopback: authorization code with PKCE and nothing else, refresh tokens that rotate, RS256, tokens
 * with the claims that a user pool puts into its own. What signs in is a form that asks for a name.
 */
export class OpenIdProvider {
  /** Of access and ID tokens that are issued from now on. */
  lifetimeSeconds = 3600;
  readonly #listening: Listening;
  readonly #provider: Provider;

  private constructor(listening: Listening, clients: readonly AppClientPlan[]) {
    this.#listening = listening;
    this.#provider = new Provider(listening.origin, this.#configuration(clients));
    this.#provider.on("grant.error", tellReason);
    const answer = this.#provider.callback();
    listening.serve((request, response) => {
      if (!request.url?.startsWith("/interaction/")) return void answer(request, response);
      this.#interact(request, response).catch(() => response.destroy());
    });
  }

  static async start(clients: readonly AppClientPlan[]): Promise<OpenIdProvider> {
    return new OpenIdProvider(await listen(), clients);
  }

  get issuer(): string {
    return this.#listening.origin;
  }

  stop(): Promise<void> {
    return this.#listening.stop();
  }

  #configuration(clients: readonly AppClientPlan[]): Configuration {
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    return {
      clients: clients.map(clientOf),
      jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256", kid: "interop" }] },
      cookies: { keys: [randomBytes(32).toString("hex")] },
      scopes: SCOPES.split(" "),
      responseTypes: ["code"],
      pkce: { required: () => true },
      rotateRefreshToken: true,
      // As a user pool does; OpenID Connect would have the client ask for offline access.
      issueRefreshToken: async () => true,
      conformIdTokenClaims: false,
      claims: {
        openid: ["sub", "token_use", "cognito:username", "cognito:groups", "origin_jti"],
        email: ["email", "email_verified"],
      },
      findAccount: (_ctx, accountId, token) => {
        const signIn = token && "grantId" in token ? { origin_jti: token.grantId } : {};
        return { accountId, claims: () => ({ sub: accountId, ...idClaims(accountId), ...signIn }) };
      },
      extraTokenClaims: (_ctx, token) => {
        if (token.kind !== "AccessToken") return undefined;
        const { accountId, grantId } = token;
        return { token_use: "access", username: userOf(accountId), "cognito:groups": GROUPS, origin_jti: grantId };
      },
      features: {
        devInteractions: { enabled: false },
        revocation: { enabled: true, allowedPolicy: async (_ctx, client, token) => token.clientId === client.clientId },
        rpInitiatedLogout: { enabled: true, logoutSource: askWhetherToSignOut },
        resourceIndicators: {
          enabled: true,
          defaultResource: () => API,
          useGrantedResource: () => true,
          getResourceServerInfo: () => ({
            scope: SCOPES,
            audience: API,
            accessTokenFormat: "jwt",
            accessTokenTTL: this.lifetimeSeconds,
            jwt: { sign: { alg: "RS256" } },
          }),
        },
      },
      ttl: {
        AccessToken: () => this.lifetimeSeconds,
        IdToken: () => this.lifetimeSeconds,
        Session: 3600,
        Grant: 7200,
        RefreshToken: 7200,
        Interaction: 600,
      },
      renderError: (ctx, { error, error_description: description }) => {
        ctx.body = `<h1>${error}</h1>${description}`;
      },
      interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
      loadExistingGrant: (ctx) => this.#grant(ctx),
    };
  }

  /** The application is the pool's own: users are not asked for their consent. Each sign-in is a grant of its own. */
  async #grant({ oidc }: KoaContextWithOIDC) {
    const { client, session } = oidc;
    if (client === undefined || session?.accountId === undefined) return undefined;
    const grant = new this.#provider.Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope(SCOPES);
    grant.addResourceScope(API, SCOPES);
    await grant.save();
    return grant;
  }

  /** The login page, and what its form sends. */
  async #interact(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { prompt, uid } = await this.#provider.interactionDetails(request, response);
    if (request.method !== "POST") {
      const page = `<h1>${prompt.name}</h1><form method="post" action="/interaction/${uid}"></form>`;
      return void response.setHeader("Content-Type", "text/html").end(page);
    }
    const form = new URLSearchParams(await textOf(request));
    const username = form.get("username");
    const result =
      username === null
        ? { error: "access_denied", error_description: "The user cancelled." }
        : { login: { accountId: `sub-of-${username}` } };
    await this.#provider.interactionFinished(request, response, result);
  }
}

function clientOf({ clientId, clientSecret, appOrigin }: AppClientPlan): ClientMetadata {
  return {
    client_id: clientId,
    ...(clientSecret === undefined
      ? { token_endpoint_auth_method: "none" }
      : { client_secret: clientSecret, token_endpoint_auth_method: "client_secret_basic" }),
    redirect_uris: [`${appOrigin}/auth/callback`],
    post_logout_redirect_uris: [`${appOrigin}/`],
    grant_types: ["authorization_code", "refresh_token"],
    response_types: ["code"],
    scope: SCOPES,
  };
}

function idClaims(accountId: string): Record<string, unknown> {
  const username = userOf(accountId);
  return {
    token_use: "id",
    "cognito:username": username,
    "cognito:groups": GROUPS,
    email: `${username}@example.com`,
    email_verified: true,
  };
}

function userOf(accountId: string): string {
  return accountId.replace("sub-of-", "");
}

function askWhetherToSignOut(ctx: KoaContextWithOIDC, form: string): void {
  ctx.body = `<h1>Sign out?</h1>${form}`;
}

function tellReason(ctx: KoaContextWithOIDC, error: Error): void {
  if ("error_detail" in error) ctx.set(REASON_HEADER, String(error.error_detail));
}

export async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += chunk;
  return text;
}
