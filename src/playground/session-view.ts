import type { AWSCredentials } from "../credentials/credentials.js";
import type { AuthSession } from "../session/types.js";
import type { LocalCognito } from "../testing/local-cognito.js";

/** A session for reading: no token in it, and of the credentials what nobody can use. */
export interface SessionView {
  readonly username?: string;
  readonly userSub?: string;
  readonly groups: readonly string[];
  readonly scopes: readonly string[];
  readonly tokens: readonly { readonly use: string; readonly expiresAtMs: number }[];
  readonly credentials?: CredentialsView;
}

export interface CredentialsView {
  readonly identityId?: string;
  readonly roleArn?: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiresAtMs?: number;
}

/** What a request's session knew when the request had been answered. */
export function viewSession(session: AuthSession, cognito: LocalCognito): SessionView {
  const { username, userSub, groups, scopes, tokens, credentials, identityId } = session;
  const expiries = [
    { use: "ID token", exp: tokens?.idToken?.payload.exp },
    { use: "Access token", exp: tokens?.accessToken?.payload.exp },
  ];
  return {
    ...(username !== undefined && { username }),
    ...(userSub !== undefined && { userSub }),
    groups,
    scopes,
    tokens: expiries.flatMap(({ use, exp }) => (exp === undefined ? [] : [{ use, expiresAtMs: exp * 1000 }])),
    ...(credentials && { credentials: viewCredentials(credentials, identityId, cognito) }),
  };
}

function viewCredentials(
  { accessKeyId, secretAccessKey, sessionToken = "", expiration }: AWSCredentials,
  identityId: string | undefined,
  cognito: LocalCognito,
): CredentialsView {
  const roleArn = cognito.callerIdentity(accessKeyId)?.roleArn;
  return {
    ...(identityId !== undefined && { identityId }),
    ...(roleArn !== undefined && { roleArn }),
    accessKeyId: `${accessKeyId.slice(0, 4)}…${accessKeyId.slice(-4)}`,
    secretAccessKey: hidden(secretAccessKey),
    sessionToken: hidden(sessionToken),
    ...(expiration && { expiresAtMs: expiration.getTime() }),
  };
}

function hidden(secret: string): string {
  return `hidden (${secret.length} characters)`;
}
