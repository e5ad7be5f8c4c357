import {
  AdminAddUserToGroupCommand,
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  CognitoIdentityProviderClient,
  CreateGroupCommand,
  CreateUserPoolClientCommand,
  type CreateUserPoolClientCommandInput,
  CreateUserPoolCommand,
  InitiateAuthCommand,
} from "@aws-sdk/client-cognito-identity-provider";
import { adminOf, present } from "./sdk.js";

const PASSWORD = "Correct-Horse-9";

/** What one sign-in gives. */
export interface Tokens {
  readonly accessToken: string;
  readonly idToken: string;
}

/** A user pool of an emulator, made and used through the AWS SDK. */
export class EmulatedPool {
  private constructor(
    private readonly cognito: CognitoIdentityProviderClient,
    readonly id: string,
  ) {}

  static async create(endpoint: string, groups: readonly string[] = []): Promise<EmulatedPool> {
    const cognito = new CognitoIdentityProviderClient(adminOf(endpoint));
    const { UserPool } = await cognito.send(new CreateUserPoolCommand({ PoolName: "interop" }));
    const pool = new EmulatedPool(cognito, present(UserPool?.Id, "pool id"));
    for (const GroupName of groups) await cognito.send(new CreateGroupCommand({ UserPoolId: pool.id, GroupName }));
    return pool;
  }

  /** Adds an app client and returns its id. */
  async addClient(settings: Partial<CreateUserPoolClientCommandInput> = {}): Promise<string> {
    const { UserPoolClient } = await this.cognito.send(
      new CreateUserPoolClientCommand({
        UserPoolId: this.id,
        ClientName: "interop",
        ExplicitAuthFlows: ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        ...settings,
      }),
    );
    return present(UserPoolClient?.ClientId, "client id");
  }

  async addUser(email: string, ...groups: readonly string[]): Promise<void> {
    const user = { UserPoolId: this.id, Username: email };
    await this.cognito.send(
      new AdminCreateUserCommand({
        ...user,
        MessageAction: "SUPPRESS",
        UserAttributes: [
          { Name: "email", Value: email },
          { Name: "email_verified", Value: "true" },
        ],
      }),
    );
    await this.cognito.send(new AdminSetUserPasswordCommand({ ...user, Password: PASSWORD, Permanent: true }));
    for (const GroupName of groups) await this.cognito.send(new AdminAddUserToGroupCommand({ ...user, GroupName }));
  }

  async signIn(clientId: string, email: string): Promise<Tokens> {
    const { AuthenticationResult } = await this.cognito.send(
      new InitiateAuthCommand({
        ClientId: clientId,
        AuthFlow: "USER_PASSWORD_AUTH",
        AuthParameters: { USERNAME: email, PASSWORD },
      }),
    );
    return {
      accessToken: present(AuthenticationResult?.AccessToken, "access token"),
      idToken: present(AuthenticationResult?.IdToken, "ID token"),
    };
  }

  close(): void {
    this.cognito.destroy();
  }
}
