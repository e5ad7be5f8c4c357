import { randomBytes, randomUUID } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { systemClock } from "../clock.js";
import { AppClient } from "./app-client.js";
import { checkFault, type Fault } from "./faults.js";
import { type LocalCallerIdentity, LocalIdentityPool } from "./identity-pool.js";
import { discoveryOf, managedLogin } from "./login/managed-login.js";
import { checkStartOptions, type LocalCognitoConfig, type LocalCognitoOptions } from "./options.js";
import { LocalService } from "./service.js";
import { type LocalTokens, LocalUserPool, type TokenRequest } from "./user-pool.js";
import { userPoolOperations } from "./user-pool-operations.js";
import type { LocalUser } from "./users.js";

const TOKEN_LIFETIME_SECONDS = 3600;

/**
 * A Cognito user pool and identity pool on loopback, for tests and for trying things out. Speaks the real protocol,
 * so the AWS SDK works with it, checks what the real service checks, and refuses with the real error texts. Its managed
 * login signs browsers in, by Authorization Code and PKCE, and asks for no password.
 *
 * @example
 * ```ts
 * const cognito = await LocalCognito.start();
 * app.use(authSession(cognito.options));
 * const { idToken } = cognito.signIn({ username: "ada", groups: ["admin"] });
 * // ... requests with `Authorization: Bearer ${idToken}`
 * await cognito.stop();
 * ```
 */
export class LocalCognito {
  /** Everything `authSession()` needs: ids, issuer, jwksUri, endpoints. */
  readonly options: LocalCognitoConfig;
  readonly #service: LocalService;
  readonly #userPool: LocalUserPool;
  readonly #identityPool: LocalIdentityPool;

  private constructor(service: LocalService, options: LocalCognitoConfig, settings: LocalCognitoOptions) {
    const { unauthenticatedIdentities = false, refreshTokenRotation: rotate = true, clock = systemClock } = settings;
    const { tokenLifetime = TOKEN_LIFETIME_SECONDS, callbackUrls, logoutUrls, users = [] } = settings;
    const { issuer, clientId, identityPoolId, userPoolEndpoint: origin } = options;
    this.options = Object.freeze(options);
    this.#service = service;
    const client = new AppClient(clientId, settings.clientSecret);
    const pool = new LocalUserPool(issuer, clientId, clock, tokenLifetime);
    this.#userPool = pool;
    this.#identityPool = new LocalIdentityPool(identityPoolId, pool, unauthenticatedIdentities, clock);
    for (const user of users) pool.users.put("LocalCognito.start()", user);
    service.serve({
      documents: this.#documents(discoveryOf(origin, client)),
      operations: { ...this.#identityOperations(), ...userPoolOperations(pool, client, rotate) },
      endpoints: managedLogin({ origin, pool, client, rotate, callbackUrls, logoutUrls, clock }),
    });
  }

  /** Starts one on 127.0.0.1. @throws {TypeError} for an option that there is not, or that cannot be used */
  static async start(options: LocalCognitoOptions = {}): Promise<LocalCognito> {
    checkStartOptions(options);
    const service = new LocalService();
    const origin = await service.listen(options.port ?? 0);
    const userPoolId = options.userPoolId ?? `eu-west-1_${randomBytes(5).toString("hex").slice(0, 9)}`;
    const issuer = `${origin}/${userPoolId}`;
    const config = {
      userPoolId,
      clientId: options.clientId ?? randomBytes(13).toString("hex"),
      ...(options.clientSecret === undefined ? {} : { clientSecret: options.clientSecret }),
      identityPoolId: options.identityPoolId ?? `eu-west-1:${randomUUID()}`,
      issuer,
      jwksUri: `${issuer}/.well-known/jwks.json`,
      userPoolEndpoint: origin,
      identityPoolEndpoint: origin,
      stsEndpoint: origin,
    };
    return new LocalCognito(service, config, options);
  }

  /**
   * Signs a user in. The same user name is the same user, with the same `sub` and identity id.
   *
   * @throws {TypeError} naming the field that is missing or unknown
   */
  signIn(user: LocalUser): LocalTokens {
    return this.#userPool.signIn(user);
  }

  /**
   * What the user does on the login page, for tests without a browser.
   *
   * @param location where the application's sign-in route sent the browser
   * @param user who signs in; with other groups or attributes than before, that user was changed in between
   * @returns the application's callback, with the code: where the browser goes next
   * @throws {TypeError} for a field of the user that is missing or unknown
   * @throws {Error} where there is no login page, or it leads to none: what it says on its page stands there
   * @example
   * ```ts
   * const { headers } = await agent.get("/auth/sign-in");
   * const callback = new URL(await cognito.completeSignIn(headers.location, { username: "ada" }));
   * await agent.get(callback.pathname + callback.search).expect(303);
   * ```
   */
  async completeSignIn(location: string, user: LocalUser): Promise<string> {
    this.#userPool.users.put("completeSignIn()", user);
    const { searchParams: form } = new URL(location);
    form.set("username", user.username);
    const headers = { "Content-Type": "application/x-www-form-urlencoded" };
    const url = `${this.options.userPoolEndpoint}/login`;
    const answer = await fetch(url, { method: "POST", redirect: "manual", headers, body: form.toString() });
    const page = await answer.text();
    const callback = answer.headers.get("location");
    if (callback !== null) return callback;
    throw new Error(
      `The login page answered ${answer.status}: ${page.replace(/<style[^>]*>[^<]*<\/style>|<[^>]*>|\s+/g, " ").slice(0, 500)}`,
    );
  }

  /**
   * Any token, signed with the pool's key.
   *
   * @example
   * ```ts
   * const expired = cognito.signToken({ tokenUse: "access", claims: { exp: 1 } });
   * ```
   */
  signToken(token: TokenRequest): string {
    return this.#userPool.signToken(token);
  }

  /** New signing keys. `keepOld` leaves the old ones in the key set, so tokens that they signed stay good. */
  rotateKeys({ keepOld = false }: { readonly keepOld?: boolean } = {}): void {
    this.#userPool.keys.rotate(keepOld);
  }

  /**
   * Makes an operation fail from now on: `"JWKS"`, `"GetId"`, `"GetCredentialsForIdentity"`, `"GetOpenIdToken"`,
   * `"AssumeRoleWithWebIdentity"`, `"GetCallerIdentity"`, `"GetTokensFromRefreshToken"`, `"InitiateAuth"`, `"RevokeToken"`; of the managed login
   * `"Authorize"`, `"Login"`, `"Token"`, `"Revoke"`, `"Logout"`, whose `error` is one of OAuth's, like `"invalid_grant"`.
   * `times` bounds how often; 0 ends it.
   *
   * @example
   * ```ts
   * cognito.fail("GetId", { error: "TooManyRequestsException", times: 3 });
   * ```
   */
  fail(operation: string, fault: Fault): void {
    if (!this.#service.operations.includes(operation)) {
      throw new RangeError(`There is no operation ${operation}. There are: ${this.#service.operations.join(", ")}.`);
    }
    checkFault(fault);
    this.#service.faults.set(operation, fault);
  }

  /** How often an operation was called. */
  requests(operation: string): number {
    return this.#service.faults.count(operation);
  }

  /** Deletes an identity of the identity pool, as an administrator would. */
  deleteIdentity(identityId: string): void {
    this.#identityPool.deleteIdentity(identityId);
  }

  /** Whose access key this is, for stand-ins of AWS services. */
  callerIdentity(accessKeyId: string): LocalCallerIdentity | undefined {
    return this.#identityPool.callerIdentity(accessKeyId);
  }

  /** Stops the service and cuts its connections. */
  async stop(): Promise<void> {
    await this.#service.close();
  }

  #documents(discovery: object) {
    const { issuer, jwksUri, userPoolId } = this.options;
    return {
      [`/${userPoolId}/.well-known/jwks.json`]: { operation: "JWKS", read: () => this.#userPool.keys.keySet },
      [`/${userPoolId}/.well-known/openid-configuration`]: {
        operation: "OpenIdConfiguration",
        read: () => ({
          issuer,
          jwks_uri: jwksUri,
          id_token_signing_alg_values_supported: ["RS256"],
          subject_types_supported: ["public"],
          ...discovery,
        }),
      },
    };
  }

  #identityOperations() {
    const identityPool = this.#identityPool;
    return {
      GetId: (input: object) => ({ IdentityId: identityPool.getId(input) }),
      GetCredentialsForIdentity: (input: { IdentityId?: unknown }) => ({
        Credentials: identityPool.getCredentials(input),
        IdentityId: input.IdentityId,
      }),
      GetOpenIdToken: (input: { IdentityId?: unknown }) => ({
        IdentityId: input.IdentityId,
        Token: identityPool.getOpenIdToken(input),
      }),
      AssumeRoleWithWebIdentity: (input: object) => identityPool.assumeRole(input),
      GetCallerIdentity: (_input: object, headers: IncomingHttpHeaders) => identityPool.whoCalls(headers),
    };
  }
}
