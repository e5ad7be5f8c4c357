import { randomBytes } from "node:crypto";
import { type AuthSessionOptions, SessionManager } from "cognito-auth-session";
import { Browser, type Page } from "./browser.js";
import { CognitoTranslator } from "./cognito-translator.js";
import { type Listening, listen } from "./listen.js";
import { OpenIdProvider } from "./openid-provider.js";
import { webApp } from "./web-app.js";

const CLIENT_ID = "interop-client";

/** An application, the OpenID provider that it signs its users in at, and the translator between the two. */
export class OpenIdStage {
  /** By which the application's clock is ahead of the provider's. */
  aheadMs = 0;
  #sessions: SessionManager | undefined;

  private constructor(
    readonly provider: OpenIdProvider,
    readonly translator: CognitoTranslator,
    readonly clientSecret: string | undefined,
    private readonly app: Listening,
  ) {}

  static async start({ isConfidential }: { readonly isConfidential: boolean }): Promise<OpenIdStage> {
    const app = await listen();
    const client = isConfidential ? { clientSecret: randomBytes(24).toString("base64url") } : {};
    const provider = await OpenIdProvider.start([{ clientId: CLIENT_ID, appOrigin: app.origin, ...client }]);
    const translator = await CognitoTranslator.start(provider.issuer);
    const stage = new OpenIdStage(provider, translator, client.clientSecret, app);
    await stage.restart();
    return stage;
  }

  /** Starts the application anew, with other options where they are given. */
  async restart(options: AuthSessionOptions = {}): Promise<void> {
    await this.#sessions?.close();
    this.aheadMs = 0;
    this.provider.lifetimeSeconds = 3600;
    this.#sessions = new SessionManager(
      {
        userPoolId: "local_interop",
        clientId: CLIENT_ID,
        ...(this.clientSecret === undefined ? {} : { clientSecret: this.clientSecret }),
        issuer: this.provider.issuer,
        jwksUri: `${this.provider.issuer}/jwks`,
        userPoolEndpoint: this.translator.origin,
        identityPoolId: null,
        cookies: "session",
        origin: this.origin,
        ...options,
      },
      { clock: () => Date.now() + this.aheadMs },
    );
    this.app.serve(webApp(this.#sessions));
  }

  get origin(): string {
    return this.app.origin;
  }

  async stop(): Promise<void> {
    await this.app.stop();
    await this.#sessions?.close();
    await this.translator.stop();
    await this.provider.stop();
  }

  /** To the provider's login page, or wherever a sign-in leads without one. */
  begin(browser: Browser, query = ""): Promise<Page> {
    return browser.visit(`${this.origin}/auth/sign-in${query}`, this.isCallback);
  }

  /** To the callback, which is not called yet. */
  async beginAndLogIn(browser: Browser, username: string): Promise<string> {
    const { url } = await browser.submit(await this.begin(browser), { username }, this.isCallback);
    return url;
  }

  /** Signs a user in, in a browser of their own. */
  async signIn(username: string): Promise<Browser> {
    const browser = new Browser();
    const { status, text } = await browser.visit(await this.beginAndLogIn(browser, username));
    if (status !== 200) throw new Error(`The sign-in ended with ${status}: ${text}`);
    return browser;
  }

  /** Asks the application for a session's data, as a page's script does. */
  async get(browser: Browser, path: string): Promise<{ readonly status: number; readonly body: unknown }> {
    const { status, text } = await browser.ask(this.origin + path, { headers: { Accept: "application/json" } });
    return { status, body: JSON.parse(text) };
  }

  /** Sends a form of one of the application's own pages. */
  post(browser: Browser, path: string): Promise<Page> {
    return browser.ask(this.origin + path, { method: "POST", headers: { Origin: this.origin } });
  }

  /** Whoever has a refresh token presents it at the provider, as the application would. */
  async present(refreshToken: string): Promise<{ readonly status: number; readonly body: unknown }> {
    const { clientSecret } = this;
    const basic = `Basic ${Buffer.from(`${CLIENT_ID}:${clientSecret}`).toString("base64")}`;
    const form = { grant_type: "refresh_token", refresh_token: refreshToken };
    const response = await fetch(`${this.provider.issuer}/token`, {
      method: "POST",
      headers: clientSecret === undefined ? {} : { Authorization: basic },
      body: new URLSearchParams(clientSecret === undefined ? { client_id: CLIENT_ID, ...form } : form),
    });
    return { status: response.status, body: await response.json() };
  }

  readonly isCallback = (url: string): boolean => url.startsWith(`${this.origin}/auth/callback?`);
}
