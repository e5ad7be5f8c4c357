import { inspect } from "node:util";
import type { CookieSession } from "../browser/cookie-session.js";
import type { LiveTokens } from "../browser/live-grants.js";
import { type AWSCredentials, type ExchangedCredentials, RequestCredentials } from "../credentials/credentials.js";
import type { AwsClientClass } from "../credentials/sdk-clients.js";
import type { Subject } from "../credentials/subject.js";
import { AuthError } from "../errors/auth-error.js";
import { type Eventually, failed, type Outcome, orThrow } from "../errors/outcome.js";
import { Jwt } from "../tokens/jwt.js";
import type { HeldTokens } from "../tokens/pair.js";
import type { AuthSession, AuthTokens, UserInfo } from "./types.js";
import { readUserInfo } from "./user-info.js";

/** The verified tokens of a session, and where it came from, where that was a cookie. */
export interface SessionTokens extends HeldTokens {
  readonly cookie?: CookieOrigin;
}

/** What a session in cookies can do beside. */
export interface CookieOrigin {
  readonly session: CookieSession;
  readonly live: LiveTokens;
}

/** What a session asks of the engine that made it. */
export interface SessionEngine {
  /** Milliseconds that a guard's own check may take. */
  readonly checkTimeoutMs: number;
  exchange(session: Session, forceRefresh: boolean): Eventually<Outcome<ExchangedCredentials>>;
  awsClient<C, Settings extends object>(
    session: Session,
    Client: AwsClientClass<C, Settings>,
    config: Settings | undefined,
  ): Outcome<C>;
  /** Fits an error to this engine's configuration. */
  finish(error: AuthError): AuthError;
}

const NONE: readonly string[] = Object.freeze([]);

/** The session of one request. */
export class Session implements AuthSession {
  #tokens: SessionTokens;
  readonly #engine: SessionEngine;
  #subject: Outcome<Subject> | undefined;
  #exchanged: ExchangedCredentials | undefined;
  #credentials: AWSCredentials | undefined;
  #jwts: AuthTokens | undefined;
  #getCredentials: AuthSession["getCredentials"] | undefined;

  constructor(tokens: SessionTokens, engine: SessionEngine) {
    this.#tokens = tokens;
    this.#engine = engine;
    Object.freeze(this);
  }

  /** The session in `value`, if it is one that this package made: nothing else passes a guard. */
  static of(value: unknown): Session | undefined {
    return typeof value === "object" && value !== null && #engine in value ? value : undefined;
  }

  /** The verified tokens behind a session, for the engine and the guards. */
  static verifiedTokens(session: Session): SessionTokens {
    return session.#tokens;
  }

  static engineOf(session: Session): SessionEngine {
    return session.#engine;
  }

  /** Gives a session its credentials. */
  static adopt(session: Session, exchanged: ExchangedCredentials): void {
    if (session.#exchanged === exchanged) return;
    session.#exchanged = exchanged;
    session.#credentials = undefined;
  }

  /** Gives a session the new tokens of its sign-in. */
  static renew(session: Session, tokens: SessionTokens): void {
    session.#tokens = tokens;
    session.#jwts = undefined;
    session.#subject = undefined;
  }

  /** Whose credentials a session gets: as long as its tokens are the same, so is the subject, and the role is asked once. */
  static subjectOf(session: Session, make: () => Outcome<Subject>): Outcome<Subject> {
    session.#subject ??= make();
    return session.#subject;
  }

  get isAuthenticated(): boolean {
    return this.#known !== undefined;
  }

  get tokens(): AuthTokens | undefined {
    if (this.#known === undefined) return undefined;
    this.#jwts ??= showTokens(this.#tokens);
    return this.#jwts;
  }

  get userSub(): string | undefined {
    return this.#known?.sub;
  }

  get username(): string | undefined {
    return this.#tokens.access?.username ?? this.#tokens.id?.username;
  }

  get clientId(): string | undefined {
    return this.#known?.clientId;
  }

  get userPoolId(): string | undefined {
    return this.#known?.pool.userPoolId;
  }

  get groups(): readonly string[] {
    return this.#known?.groups ?? NONE;
  }

  get scopes(): readonly string[] {
    return this.#tokens.access?.scopes ?? NONE;
  }

  get identityId(): string | undefined {
    return this.#exchanged?.identityId;
  }

  get credentials(): AWSCredentials | undefined {
    if (this.#exchanged === undefined) return undefined;
    this.#credentials ??= new RequestCredentials(this.#exchanged);
    return this.#credentials;
  }

  get getCredentials(): AuthSession["getCredentials"] {
    this.#getCredentials ??= async (options) => {
      const exchanged = await this.#engine.exchange(this, options?.forceRefresh === true);
      if (failed(exchanged)) throw this.#engine.finish(exchanged);
      return new RequestCredentials(exchanged);
    };
    return this.#getCredentials;
  }

  awsClient<C, Settings extends object>(Client: AwsClientClass<C, Settings>, config?: NoInfer<Settings>): C {
    const client = this.#engine.awsClient(this, Client, config);
    return orThrow(client instanceof AuthError ? this.#engine.finish(client) : client);
  }

  async withAWSCredentials<T>(operation: (credentials: AWSCredentials) => T | Promise<T>): Promise<T> {
    return operation(await this.getCredentials());
  }

  getUserInfo(): UserInfo | undefined {
    return readUserInfo(this.#tokens);
  }

  toJSON(): object {
    const { isAuthenticated, userSub, username, clientId, userPoolId, groups, scopes, identityId } = this;
    const { access, id } = this.#tokens;
    const expiresAtMs = this.#exchanged?.expiresAtMs;
    return {
      isAuthenticated,
      userSub,
      username,
      clientId,
      userPoolId,
      groups,
      scopes,
      identityId,
      accessTokenExpires: access && new Date(access.expSeconds * 1000).toISOString(),
      idTokenExpires: id && new Date(id.expSeconds * 1000).toISOString(),
      credentialsExpire: expiresAtMs === undefined ? undefined : new Date(expiresAtMs).toISOString(),
    };
  }

  [inspect.custom](_depth: number, options: object): string {
    return `AuthSession ${inspect(this.toJSON(), options)}`;
  }

  /** The token that says who the user is: the access token where there is one. */
  get #known() {
    return this.#tokens.access ?? this.#tokens.id;
  }
}

function showTokens({ access, id, rawAccess, rawId, cookie }: SessionTokens): AuthTokens {
  const tokens = {
    ...(access && rawAccess !== undefined ? { accessToken: new Jwt(access.header, access.payload, rawAccess) } : {}),
    ...(id && rawId !== undefined ? { idToken: new Jwt(id.header, id.payload, rawId) } : {}),
  };
  const { refreshToken } = cookie?.live.grant ?? {};
  return Object.freeze(refreshToken === undefined ? tokens : Object.assign(new CookieTokens(refreshToken), tokens));
}

/** Tokens of a session in cookies. Logging them, however thoroughly, does not show the one that makes others. */
class CookieTokens implements AuthTokens {
  readonly #refreshToken: string;

  constructor(refreshToken: string) {
    this.#refreshToken = refreshToken;
  }

  get refreshToken(): string {
    return this.#refreshToken;
  }

  [inspect.custom](): object {
    return { ...this };
  }
}
