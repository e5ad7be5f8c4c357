import { randomBytes, randomUUID } from "node:crypto";
import { systemClock } from "../clock.js";
import type { JsonWebKeySet } from "../config/options.js";
import { SessionManager } from "../session/manager.js";
import type { AuthSessionOptions } from "../session/types.js";
import { type LocalCallerIdentity, LocalIdentityPool } from "./identity-pool.js";
import { InProcessExchange, type InProcessFault } from "./in-process-exchange.js";
import { checkTestKeysOptions, type TestKeysOptions } from "./options.js";
import { type LocalTokens, LocalUserPool, type TokenRequest } from "./user-pool.js";
import type { LocalUser } from "./users.js";

/** No Region of AWS is called so. */
const REGION = "test-keys-0";
/** RFC 6761 section 6.4: no name below `.invalid` ever exists. So no real pool has this issuer, and it leads nowhere. */
const ORIGIN = "https://test-keys.invalid";
const TOKEN_LIFETIME_SECONDS = 3600;

/** What `authSession()` needs to take the tokens of {@link testKeys}. */
export interface TestKeysConfig {
  /** The user pool that tokens name. */
  readonly userPoolId: string;
  /** The app client that tokens are issued to. */
  readonly clientId: string;
  /** What tokens have as `iss`. It leads nowhere. */
  readonly issuer: string;
  /** The public keys. */
  readonly jwks: JsonWebKeySet;
  /** No AWS credentials, whatever the environment says. {@link TestKeys.sessions} has them. */
  readonly identityPoolId: null;
}

/** A signer of tokens, and an identity pool that trusts it. See {@link testKeys}. */
export class TestKeys {
  /** Everything `authSession()` needs: ids, issuer and public keys. Nothing is fetched. */
  readonly options: TestKeysConfig;
  readonly #settings: TestKeysOptions;
  readonly #userPool: LocalUserPool;
  readonly #identityPool: LocalIdentityPool;
  readonly #exchange: InProcessExchange;

  /** {@link testKeys} makes one. */
  constructor(settings: TestKeysOptions) {
    const { clock = systemClock, tokenLifetime = TOKEN_LIFETIME_SECONDS, unauthenticatedIdentities = false } = settings;
    const userPoolId = settings.userPoolId ?? `${REGION}_${randomBytes(5).toString("hex").slice(0, 9)}`;
    const clientId = settings.clientId ?? randomBytes(13).toString("hex");
    const identityPoolId = settings.identityPoolId ?? `${REGION}:${randomUUID()}`;
    const issuer = `${ORIGIN}/${userPoolId}`;
    this.#settings = settings;
    this.#userPool = new LocalUserPool(issuer, clientId, clock, tokenLifetime);
    this.#identityPool = new LocalIdentityPool(identityPoolId, this.#userPool, unauthenticatedIdentities, clock);
    this.#exchange = new InProcessExchange(this.#identityPool, clock);
    const jwks = Object.freeze(this.#userPool.keys.keySet);
    this.options = Object.freeze({ userPoolId, clientId, issuer, jwks, identityPoolId: null });
  }

  /**
   * Signs a user in. The same user name is the same user, with the same `sub` and identity id.
   *
   * @throws {TypeError} naming the field that is missing or unknown
   */
  signIn(user: LocalUser): Pick<LocalTokens, "accessToken" | "idToken"> {
    const { accessToken, idToken } = this.#userPool.signIn(user);
    return { accessToken, idToken };
  }

  /**
   * Any token, signed with these keys.
   *
   * @throws {TypeError} naming the field that is missing or unknown
   * @example
   * ```ts
   * const expired = keys.signToken({ tokenUse: "access", claims: { exp: 1 } });
   * ```
   */
  signToken(token: TokenRequest): string {
    return this.#userPool.signToken(token);
  }

  /**
   * An engine that takes these tokens and exchanges ID tokens for AWS credentials in this process: for routes with
   * `requireCredentials()`. The credentials are in the form of real ones, and no service of AWS knows them.
   *
   * @param options any of `authSession()`'s, for example `{ required: false, guest: true }`
   * @throws {ConfigurationError} naming the option and the fix
   * @example
   * ```ts
   * const app = createApp(keys.sessions()); // which says app.use(authSession(options))
   * ```
   */
  sessions(options: AuthSessionOptions = {}): SessionManager {
    const { clock = systemClock } = this.#settings;
    const identityPoolId = this.#identityPool.id;
    const exchange = this.#exchange.by(options.authFlow ?? "enhanced");
    return new SessionManager({ ...this.options, identityPoolId, ...options }, { clock, exchange });
  }

  /**
   * Makes a step of the exchange in {@link sessions} fail from now on: `"GetId"`, `"GetCredentialsForIdentity"`,
   * `"GetOpenIdToken"` or `"AssumeRoleWithWebIdentity"`.
   *
   * @param fault `error`, an exception's name, and `times`, for how many calls it holds: by default all, and 0 ends it
   * @throws {RangeError} for an operation that there is not
   * @throws {TypeError} for a fault that says nothing, or a field that there is not
   * @example
   * ```ts
   * keys.fail("GetId", { error: "TooManyRequestsException", times: 1 }); // 503
   * ```
   */
  fail(operation: string, fault: InProcessFault): void {
    this.#exchange.fail(operation, fault);
  }

  /** How often a step of the exchange was taken. @throws {RangeError} for an operation that there is not */
  requests(operation: string): number {
    return this.#exchange.requests(operation);
  }

  /** Whose access key this is, for stand-ins of AWS services. */
  callerIdentity(accessKeyId: string): LocalCallerIdentity | undefined {
    return this.#identityPool.callerIdentity(accessKeyId);
  }
}

/**
 * Tokens for tests of your own routes, without a server and without a network: signed in this process with keys that
 * nobody else has, and verified for real. Each call makes keys and ids of its own, and refuses the tokens of every other.
 * For key sets that fail, refresh tokens and sign-in there is `LocalCognito`.
 *
 * @param options ids to have instead of fresh ones; the clock, in milliseconds since the epoch, and how long tokens live,
 *   in seconds
 * @throws {TypeError} for an option that there is not, or that cannot be used
 * @example
 * ```ts
 * const keys = testKeys();
 * const app = express().use(authSession(keys.options)).get("/admin", requireGroup("admin"), handler);
 * const { accessToken } = keys.signIn({ username: "ada", groups: ["admin"] });
 * await request(app).get("/admin").auth(accessToken, { type: "bearer" }).expect(200);
 * ```
 */
export function testKeys(options: TestKeysOptions = {}): TestKeys {
  checkTestKeysOptions(options);
  return new TestKeys(options);
}
