import {
  AdminSetUserPasswordCommand,
  CognitoIdentityProviderClient,
  InitiateAuthCommand,
  UpdateUserPoolClientCommand,
  type UpdateUserPoolClientCommandInput,
} from "@aws-sdk/client-cognito-identity-provider";
import { type AuthSessionOptions, SessionManager } from "cognito-auth-session";
import { Browser, type Page } from "./browser.js";
import { CallRecorder } from "./call-recorder.js";
import { EmulatedPool } from "./emulated-pool.js";
import { type Listening, listen } from "./listen.js";
import { adminOf, present } from "./sdk.js";
import { webApp } from "./web-app.js";

const PASSWORD = "Battery-Staple-8";
const USER = "ada@example.com";

/** What Amplify keeps of a sign-in. */
export interface AmplifyTokens {
  readonly accessToken: string;
  readonly idToken: string;
  readonly refreshToken: string;
}

/** An application that reads Amplify's cookies, and an emulator's user pool that the tokens in them come from. */
export class AmplifyStage {
  /** By which the application's clock is ahead of the emulator's. */
  aheadMs = 0;
  #sessions: SessionManager | undefined;

  private constructor(
    readonly emulator: string,
    readonly clientId: string,
    readonly recorder: CallRecorder,
    private readonly pool: EmulatedPool,
    private readonly admin: CognitoIdentityProviderClient,
    private readonly app: Listening,
  ) {}

  static async start(emulator: string): Promise<AmplifyStage> {
    const pool = await EmulatedPool.create(emulator);
    await pool.addUser(USER);
    const admin = new CognitoIdentityProviderClient(adminOf(emulator));
    const user = { UserPoolId: pool.id, Username: USER };
    await admin.send(new AdminSetUserPasswordCommand({ ...user, Password: PASSWORD, Permanent: true }));
    const recorder = await CallRecorder.start(emulator);
    return new AmplifyStage(emulator, await pool.addClient(), recorder, pool, admin, await listen());
  }

  get poolId(): string {
    return this.pool.id;
  }

  /** Starts the application anew, at the emulator's own time. */
  async restart(options: AuthSessionOptions = {}): Promise<void> {
    await this.#sessions?.close();
    this.aheadMs = 0;
    this.recorder.calls.length = 0;
    this.#sessions = new SessionManager(
      {
        userPoolId: this.poolId,
        clientId: this.clientId,
        userPoolEndpoint: this.recorder.origin,
        identityPoolId: null,
        cookies: "amplify",
        origin: this.app.origin,
        ...options,
      },
      { clock: () => Date.now() + this.aheadMs },
    );
    this.app.serve(webApp(this.#sessions, { hasRoutes: false }));
  }

  async stop(): Promise<void> {
    await this.app.stop();
    await this.#sessions?.close();
    await this.recorder.stop();
    this.admin.destroy();
    this.pool.close();
  }

  /** Changes the app client, for tokens that are issued from now on. */
  async update(settings: Partial<UpdateUserPoolClientCommandInput>): Promise<void> {
    const client = { UserPoolId: this.poolId, ClientId: this.clientId };
    await this.admin.send(new UpdateUserPoolClientCommand({ ...client, ...settings }));
  }

  async signIn(): Promise<AmplifyTokens> {
    const { AuthenticationResult: tokens } = await this.admin.send(
      new InitiateAuthCommand({
        ClientId: this.clientId,
        AuthFlow: "USER_PASSWORD_AUTH",
        AuthParameters: { USERNAME: USER, PASSWORD },
      }),
    );
    return {
      accessToken: present(tokens?.AccessToken, "access token"),
      idToken: present(tokens?.IdToken, "ID token"),
      refreshToken: present(tokens?.RefreshToken, "refresh token"),
    };
  }

  /** A browser with the cookies that Amplify's storage writes of a sign-in. */
  browserWith(tokens: AmplifyTokens): Browser {
    const stem = `CognitoIdentityServiceProvider.${this.clientId}`;
    const username = usernameOf(tokens);
    const own = Object.entries(tokens).map(([field, token]) => [
      `${stem}.${encodeURIComponent(username)}.${field}`,
      token,
    ]);
    const browser = new Browser();
    browser.give(this.app.origin, {
      [`${stem}.LastAuthUser`]: encodeURIComponent(username),
      ...Object.fromEntries(own),
    });
    return browser;
  }

  /** What a browser has of a sign-in, by Amplify's names for it. */
  tokensIn(browser: Browser): Readonly<Record<string, string>> {
    const pairs = browser
      .cookiesFor(this.app.origin)
      .split("; ")
      .filter((pair) => pair !== "");
    return Object.fromEntries(
      pairs.map((pair) => {
        const [name = "", value = ""] = pair.split("=");
        return [name.slice(name.lastIndexOf(".") + 1), decodeURIComponent(value)];
      }),
    );
  }

  ask(browser: Browser, path: string): Promise<Page> {
    return browser.ask(this.app.origin + path, { headers: { Accept: "application/json" } });
  }

  /** The user pool's operations that were called, in their order. */
  get operations(): readonly string[] {
    return this.recorder.calls.map(({ operation, status }) => `${operation} ${status}`);
  }
}

export function usernameOf({ accessToken }: AmplifyTokens): string {
  const claims = JSON.parse(Buffer.from(accessToken.split(".")[1] ?? "", "base64url").toString());
  return String(claims.username);
}
