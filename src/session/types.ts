import type { IncomingMessage } from "node:http";
import type { ConfigOptions } from "../config/options.js";
import type { AWSCredentials } from "../credentials/credentials.js";
import type { AwsClientClass } from "../credentials/sdk-clients.js";
import type { JWT } from "../tokens/jwt.js";

/** The tokens of a session. */
export interface AuthTokens {
  /** The access token: groups and scopes. Undefined where only an ID token was sent. */
  readonly accessToken?: JWT;
  /** The ID token: the profile, and what AWS credentials are exchanged for. Undefined where only an access token was sent. */
  readonly idToken?: JWT;
  /** Of sessions in cookies only. Not enumerable, so that logging the tokens does not show it. */
  readonly refreshToken?: string;
}

/** Who the user is, from the ID token, else from what the access token knows. */
export interface UserInfo {
  /** The user's id in the pool; it never changes. */
  readonly sub: string;
  /** The user name in the pool. */
  readonly username?: string;
  /** Of the ID token. */
  readonly email?: string;
  /** Whether Cognito has verified the address. */
  readonly emailVerified?: boolean;
  /** The full name, of the ID token. */
  readonly name?: string;
  /** `given_name` of the ID token. */
  readonly givenName?: string;
  /** `family_name` of the ID token. */
  readonly familyName?: string;
  /** `cognito:groups`, as the session has them. */
  readonly groups: readonly string[];
  /** `custom:tenant` of the ID token stands here as `tenant`. */
  readonly customAttributes: Readonly<Record<string, unknown>>;
}

/**
 * Who calls, and the caller's own AWS credentials. Made once for each request; what it shares with other requests
 * (claims, groups) is deeply frozen. Logging one shows no token and no secret.
 */
export interface AuthSession {
  /** False for anonymous requests and guests, which there are with `required: false` only. */
  readonly isAuthenticated: boolean;
  /** The verified tokens; undefined for anonymous sessions. */
  readonly tokens?: AuthTokens | undefined;
  /** The user's `sub`: with `userPoolId`, the key to keep your own data under. */
  readonly userSub?: string | undefined;
  /** The user name in the pool. */
  readonly username?: string | undefined;
  /** The app client that the token was issued to. */
  readonly clientId?: string | undefined;
  /** The user pool that issued the token: which tenant, where there are several. */
  readonly userPoolId?: string | undefined;
  /** `cognito:groups`: the access token's when there is one, else the ID token's. */
  readonly groups: readonly string[];
  /** Scopes of the access token. */
  readonly scopes: readonly string[];
  /** The user's id in the identity pool, once exchanged. */
  readonly identityId?: string | undefined;
  /** The user's AWS credentials, once exchanged: in eager mode, after `requireCredentials()` or `getCredentials()`. */
  readonly credentials?: AWSCredentials | undefined;
  /**
   * The user's AWS credentials, exchanged when needed. Bound: pass it to any AWS SDK client as `credentials`.
   *
   * @throws {AuthError} `missing_token`, `id_token_required`, `credentials_denied`, `credentials_unavailable`, `misconfigured`
   * @example
   * ```ts
   * const s3 = new S3Client({ region: "eu-west-1", credentials: req.authSession.getCredentials });
   * ```
   */
  readonly getCredentials: (options?: { readonly forceRefresh?: boolean }) => Promise<AWSCredentials>;
  /**
   * An AWS SDK client that signs as the user. Clients are kept per user and share one keep-alive connection pool.
   *
   * @param Client a client class of AWS SDK v3
   * @param config its configuration, without `credentials`
   * @throws {AuthError} `missing_token`, `id_token_required`, `misconfigured`
   * @example
   * ```ts
   * const s3 = req.authSession.awsClient(S3Client, { region: "eu-west-1" });
   * ```
   */
  awsClient<C, Settings extends object>(Client: AwsClientClass<C, Settings>, config?: NoInfer<Settings>): C;
  /** Runs an operation with the user's AWS credentials and gives back its result. */
  withAWSCredentials<T>(operation: (credentials: AWSCredentials) => T | Promise<T>): Promise<T>;
  /** Who the user is; undefined for anonymous sessions. */
  getUserInfo(): UserInfo | undefined;
  /** For logs: no token, no secret. */
  toJSON(): object;
}

/**
 * The request as callbacks see it before there is a session: Node's own, with what Express adds to it. Name your own
 * type in the callback's parameter to get that one instead.
 */
export interface IncomingAuthRequest extends IncomingMessage {
  /** Parameters of Express' route; empty before one is matched. */
  params: Record<string, string | string[]>;
  /** The path, without the query, from where Express mounted the handler. */
  path: string;
  /** Path and query, as the client sent them. */
  originalUrl: string;
  /** What a body parser made of the body, where one ran before. */
  body?: unknown;
}

/** The request as handlers see it, for those who avoid the global `Express.Request`. */
export interface AuthSessionRequest extends IncomingAuthRequest {
  /** The session that `authSession()` made. */
  authSession: AuthSession;
}

/** The parts of the configuration that are functions. */
export interface SessionCallbacks {
  /**
   * Reads the bearer token in place of the `Authorization` header: the raw token, without `Bearer `. Nothing, or
   * `undefined`, means no token.
   */
  getToken?(request: IncomingAuthRequest): string | null | undefined | Promise<string | null | undefined>;
  /** A check of your own on every signed-in session: anything but `true` is 403 `forbidden`. */
  customCheck?(session: AuthSession, request: IncomingAuthRequest): boolean | Promise<boolean>;
  /**
   * Whether the session was revoked: `true` is 401 `token_revoked`, `false` lets pass. Anything else, failing and hanging
   * are 503 `store_unavailable`.
   */
  isRevoked?(session: AuthSession): boolean | Promise<boolean>;
  /** IAM role to ask for (`CustomRoleArn`), or a function of the session that names it. */
  readonly roleArn?: string | ((session: AuthSession) => string | undefined) | undefined;
}

/** Options of `authSession()` and `SessionManager`. All are optional. */
export interface AuthSessionOptions extends ConfigOptions, SessionCallbacks {}
