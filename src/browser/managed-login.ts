import type { Configuration } from "openid-client";
import type { Clock } from "../clock.js";
import { ConfigurationError } from "../errors/auth-error.js";
import { fromOpenIdError } from "../errors/from-openid.js";
import { failed, type Outcome } from "../errors/outcome.js";
import { Discovery, type DiscoverySettings } from "./discovery.js";
import { type CallSettings, loadOpenIdClient, ProviderCall } from "./provider-call.js";

/** In seconds. The times in a token are judged once, by our verifier and its clock; the library has the machine's only. */
const ANY_TIME = Number.MAX_SAFE_INTEGER;

/** Where users sign in, and as which app client. */
export interface ManagedLoginSettings extends DiscoverySettings {
  /** Of a confidential app client, sent as `client_secret_basic`; a public one has none. */
  readonly clientSecret: string | undefined;
  /** Absolute, and as the app client's callback URLs spell it. */
  readonly redirectUri: string;
  /** Absolute: where the hosted sign-out sends the browser. */
  readonly signedOutUri: string;
  readonly scopes: readonly string[];
  /** For each call, from the first to the last byte. */
  readonly timeoutMs: number;
}

/** What ties a callback to the browser that began the sign-in. Belongs to that browser alone. */
export interface SignInSecrets {
  readonly state: string;
  readonly nonce: string;
  readonly codeVerifier: string;
}

/** Parameters of the authorize endpoint that an application may add. */
export interface SignInExtras {
  /** Name of an identity provider of the user pool, to go there at once. */
  readonly identityProvider?: string | undefined;
  /** Fills in the user name. */
  readonly loginHint?: string | undefined;
  readonly prompt?: "none" | "login" | "select_account" | "consent" | undefined;
}

/** What the token endpoint gave. Nobody has verified these yet. */
export interface RawTokens {
  readonly accessToken: string;
  readonly idToken: string;
  readonly refreshToken?: string;
}

/**
 * Sign-in through Cognito's managed login: the authorization code flow (RFC 6749 section 4.1, OpenID Connect Core section
 * 3.1) with `state`, `nonce` and PKCE S256 (RFC 7636) on every sign-in, as RFC 9700 section 2.1.1 wants it.
 */
export class ManagedLogin {
  readonly #settings: ManagedLoginSettings;
  readonly #call: CallSettings;
  readonly #discovery: Discovery;

  /** @throws {ConfigurationError} for settings that no sign-in can succeed with */
  constructor(settings: ManagedLoginSettings, parts: { readonly clock: Clock; readonly fetch?: typeof fetch }) {
    checkSettings(settings);
    this.#settings = settings;
    this.#call = { timeoutMs: settings.timeoutMs, fetch: parts.fetch ?? fetch };
    this.#discovery = new Discovery(settings, this.#call, parts.clock);
  }

  /** Where to send the browser, and what to keep for its return. Fails when the user pool's endpoints cannot be had. */
  async begin(extra: SignInExtras = {}): Promise<Outcome<{ location: string; secrets: SignInSecrets }>> {
    const client = await this.#client();
    if (failed(client)) return client;
    const openId = await loadOpenIdClient();
    const secrets: SignInSecrets = {
      state: openId.randomState(),
      nonce: openId.randomNonce(),
      codeVerifier: openId.randomPKCECodeVerifier(),
    };
    const parameters = new URLSearchParams({
      redirect_uri: this.#settings.redirectUri,
      scope: this.#settings.scopes.join(" "),
      state: secrets.state,
      nonce: secrets.nonce,
      code_challenge: await openId.calculatePKCECodeChallenge(secrets.codeVerifier),
      code_challenge_method: "S256",
    });
    if (extra.identityProvider !== undefined) parameters.set("identity_provider", extra.identityProvider);
    if (extra.loginHint !== undefined) parameters.set("login_hint", extra.loginHint);
    if (extra.prompt !== undefined) parameters.set("prompt", extra.prompt);
    return { location: openId.buildAuthorizationUrl(client, parameters).href, secrets };
  }

  /**
   * Judges the callback and exchanges its code, once: a code works only once, and whether an exchange that failed has
   * used it up cannot be known (RFC 6749 section 4.1.2). The library compares `state`, the callback's `iss` (RFC 9207),
   * and the ID token's issuer, audience and nonce; the tokens' signatures and times are left to the verifier.
   *
   * @param query the callback's. Its address is the configured one: `Host` is the client's to write.
   * @param secrets of the sign-in that this browser began
   */
  async finish(query: URLSearchParams, secrets: SignInSecrets): Promise<Outcome<RawTokens>> {
    const call = new ProviderCall("Token", this.#call);
    const client = await this.#client(call);
    if (failed(client)) return client;
    const { authorizationCodeGrant } = await loadOpenIdClient();
    const callback = new URL(this.#settings.redirectUri);
    callback.search = query.toString();
    try {
      const tokens = await authorizationCodeGrant(client, callback, {
        expectedState: secrets.state,
        expectedNonce: secrets.nonce,
        pkceCodeVerifier: secrets.codeVerifier,
        idTokenExpected: true,
      });
      const { access_token: accessToken, id_token: idToken = "", refresh_token: refreshToken } = tokens;
      return refreshToken === undefined ? { accessToken, idToken } : { accessToken, idToken, refreshToken };
    } catch (error) {
      return fromOpenIdError(error, call.wasMade ? "Token" : "Authorize", call.httpStatusCode);
    }
  }

  /**
   * Where to send the browser to end its session at managed login too; undefined where no such place is known. Cognito's
   * logout endpoint wants `client_id` and `logout_uri`, OpenID Connect RP-Initiated Logout 1.0 `post_logout_redirect_uri`.
   */
  async signOutLocation(): Promise<string | undefined> {
    const client = await this.#client();
    if (failed(client) || client.serverMetadata().end_session_endpoint === undefined) return undefined;
    const { clientId, signedOutUri } = this.#settings;
    const { buildEndSessionUrl } = await loadOpenIdClient();
    return buildEndSessionUrl(client, {
      client_id: clientId,
      logout_uri: signedOutUri,
      post_logout_redirect_uri: signedOutUri,
    }).href;
  }

  /** The library's client, made for each use: one call, one record of what became of it. */
  async #client(call?: ProviderCall): Promise<Outcome<Configuration>> {
    const metadata = await this.#discovery.metadata();
    if (failed(metadata)) return metadata;
    const openId = await loadOpenIdClient();
    const { clientId, clientSecret } = this.#settings;
    const client = new openId.Configuration(
      metadata,
      clientId,
      { [openId.clockTolerance]: ANY_TIME },
      clientSecret === undefined ? openId.None() : openId.ClientSecretBasic(clientSecret),
    );
    // Which http endpoints are accepted was decided when the document was read: the library knows no loopback.
    openId.allowInsecureRequests(client);
    if (call !== undefined) client[openId.customFetch] = call.fetch;
    return client;
  }
}

function checkSettings({ redirectUri, signedOutUri, scopes, clientSecret }: ManagedLoginSettings): void {
  // The library sends it as a URL parser spells it and without a query; the user pool compares to the letter.
  if (!URL.canParse(redirectUri) || new URL(redirectUri).href !== redirectUri || /[?#]/.test(redirectUri)) {
    throw new ConfigurationError(
      "`redirectUri` must be an absolute URL with a path, as a browser shows it, without query and fragment.",
      "redirectUri",
    );
  }
  if (!URL.canParse(signedOutUri))
    throw new ConfigurationError("`signedOutUri` must be an absolute URL.", "signedOutUri");
  if (!scopes.includes("openid")) {
    throw new ConfigurationError("`scopes` must hold `openid`: without it there is no ID token.", "scopes");
  }
  if (clientSecret === "") throw new ConfigurationError("`clientSecret` must not be empty.", "clientSecret");
}
