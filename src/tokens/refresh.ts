import { createHmac } from "node:crypto";
import type {
  CognitoIdentityProviderClient,
  InitiateAuthCommandOutput,
} from "@aws-sdk/client-cognito-identity-provider";
import { boundAnswers } from "../answer-bound.js";
import type { Config, UserPoolConfig } from "../config/config.js";
import { AuthError } from "../errors/auth-error.js";
import { type CognitoOperation, fromAwsError, isUnclear, isUnknownOperation } from "../errors/from-aws.js";
import { UpstreamFailure } from "../errors/upstream-failure.js";

type Sdk = typeof import("@aws-sdk/client-cognito-identity-provider");
type Flow = NonNullable<Config["refreshFlow"]>;

/**
 * Each call on a connection of its own: one that was kept may just be closing at the other end, and whether what was sent
 * into it arrived nobody could tell.
 */
const CONNECTIONS = { keepAlive: false, maxSockets: 500 };

/** Whose tokens are refreshed. */
export interface RefreshRequest {
  readonly pool: UserPoolConfig;
  readonly clientId: string;
  readonly refreshToken: string;
  /** The older flow needs it beside a client secret. */
  readonly username: string | undefined;
  /** Of a remembered device, which the token is bound to. */
  readonly deviceKey?: string | undefined;
}

/** New tokens. */
export interface RefreshedTokens {
  readonly accessToken: string;
  readonly idToken: string;
  /** Where the app client rotates refresh tokens: the old one is spent. */
  readonly refreshToken: string | undefined;
}

/**
 * A refresh that did not come off. `over`: Cognito refused, and will again. `kept`: it did nothing, and may later.
 * `unclear`: nobody knows whether the refresh token is spent, so it must not be sent again.
 */
export interface RefreshFailure {
  readonly fate: "over" | "kept" | "unclear";
  readonly error: AuthError;
}

/** Whether a refresh failed. */
export function isRefreshFailure(result: RefreshedTokens | RefreshFailure): result is RefreshFailure {
  return "fate" in result;
}

/** The token calls to user pools: each is made once, within a time. (Amazon Cognito, "Refresh tokens".) */
export class TokenCalls {
  readonly #timeoutMs: number;
  readonly #flow: Flow | undefined;
  readonly #clients = new Map<UserPoolConfig, CognitoIdentityProviderClient>();
  /** Pools that said they know the older flow only. */
  readonly #older = new WeakSet<UserPoolConfig>();
  /** Whether app clients rotate, as far as is known. There are as many as are configured. */
  readonly #rotates = new Map<string, boolean>();

  constructor({ timeoutMs, flow }: { readonly timeoutMs: number; readonly flow: Flow | undefined }) {
    this.#timeoutMs = timeoutMs;
    this.#flow = flow;
  }

  /** Loads the SDK, which importing this package does not. */
  async warmUp(): Promise<void> {
    await loadSdk();
  }

  /** Closes the connections. */
  close(): void {
    for (const client of this.#clients.values()) client.destroy();
    this.#clients.clear();
  }

  /**
   * Whether a refresh may spend the refresh token. What an app client did last tells; of one that was never asked
   * nobody knows. The older flow does not work with rotation.
   *
   * @param known what the sign-in's own last refresh did
   */
  mayRotate(pool: UserPoolConfig, clientId: string, known: boolean | undefined): boolean {
    if (this.#flowOf(pool) === "InitiateAuth") return false;
    return known ?? this.#rotates.get(rotationKey(pool, clientId)) ?? true;
  }

  /** Makes the call once. */
  async refresh(request: RefreshRequest): Promise<RefreshedTokens | RefreshFailure> {
    const { pool, clientId } = request;
    const flow = this.#flowOf(pool);
    try {
      const result = readTokens(await this.#send(flow, request), flow);
      if (!isRefreshFailure(result)) this.#rotates.set(rotationKey(pool, clientId), result.refreshToken !== undefined);
      return result;
    } catch (error) {
      if (flow === "GetTokensFromRefreshToken" && this.#flow === undefined && isUnknownOperation(error)) {
        this.#older.add(request.pool);
        return this.refresh(request);
      }
      return failureOf(error, flow);
    }
  }

  /** Revokes a refresh token, and with it all tokens of its sign-in. @returns what went wrong, if anything */
  async revoke({ pool, clientId, refreshToken }: RefreshRequest): Promise<AuthError | undefined> {
    try {
      const sdk = await loadSdk();
      const command = new sdk.RevokeTokenCommand({
        ClientId: clientId,
        Token: refreshToken,
        ...(secretOf(pool, clientId) === undefined ? {} : { ClientSecret: secretOf(pool, clientId) }),
      });
      await this.#clientOf(sdk, pool).send(command, { abortSignal: AbortSignal.timeout(this.#timeoutMs) });
      return undefined;
    } catch (error) {
      return fromAwsError(error, "RevokeToken");
    }
  }

  #flowOf(pool: UserPoolConfig): Flow {
    return this.#flow ?? (this.#older.has(pool) ? "InitiateAuth" : "GetTokensFromRefreshToken");
  }

  async #send(flow: Flow, request: RefreshRequest) {
    const sdk = await loadSdk();
    const client = this.#clientOf(sdk, request.pool);
    const abortSignal = AbortSignal.timeout(this.#timeoutMs);
    const { pool, clientId, refreshToken, deviceKey } = request;
    if (flow === "GetTokensFromRefreshToken") {
      const command = new sdk.GetTokensFromRefreshTokenCommand({
        ClientId: clientId,
        RefreshToken: refreshToken,
        ...(deviceKey === undefined ? {} : { DeviceKey: deviceKey }),
        ...(secretOf(pool, clientId) === undefined ? {} : { ClientSecret: secretOf(pool, clientId) }),
      });
      return client.send(command, { abortSignal });
    }
    const command = new sdk.InitiateAuthCommand({
      AuthFlow: "REFRESH_TOKEN_AUTH",
      ClientId: clientId,
      AuthParameters: {
        REFRESH_TOKEN: refreshToken,
        ...(deviceKey === undefined ? {} : { DEVICE_KEY: deviceKey }),
        ...secretHash(request),
      },
    });
    return client.send(command, { abortSignal });
  }

  #clientOf(sdk: Sdk, pool: UserPoolConfig): CognitoIdentityProviderClient {
    const known = this.#clients.get(pool);
    if (known !== undefined) return known;
    const endpoint = pool.userPoolEndpoint;
    const client = new sdk.CognitoIdentityProviderClient({
      region: pool.userPoolId.slice(0, pool.userPoolId.indexOf("_")) || "local",
      // Ours was checked; what the SDK finds by itself would get refresh tokens unchecked.
      ...(endpoint === undefined ? { ignoreConfiguredEndpointUrls: true } : { endpoint }),
      // A refresh token that rotates must not be sent twice.
      maxAttempts: 1,
      // Whoever has no connection by then has sent nothing: that is told apart from an answer that does not come.
      requestHandler: {
        httpAgent: CONNECTIONS,
        httpsAgent: CONNECTIONS,
        connectionTimeout: Math.ceil(this.#timeoutMs / 2),
      },
    });
    boundAnswers(client);
    this.#clients.set(pool, client);
    return client;
  }
}

/** A 200 may still hold nothing, and what it did with the refresh token is unknown then. */
function readTokens(
  { AuthenticationResult: given }: Pick<InitiateAuthCommandOutput, "AuthenticationResult">,
  operation: Flow,
): RefreshedTokens | RefreshFailure {
  const { AccessToken: accessToken, IdToken: idToken, RefreshToken: refreshToken } = given ?? {};
  if (accessToken && idToken) return { accessToken, idToken, refreshToken: refreshToken || undefined };
  const cause = new UpstreamFailure(operation, "UnreadableAnswer", { httpStatusCode: 200 });
  return { fate: "unclear", error: unavailable(cause) };
}

function failureOf(error: unknown, operation: CognitoOperation): RefreshFailure {
  const mapped = fromAwsError(error, operation);
  if (mapped.code === "refresh_failed") return { fate: "over", error: mapped };
  const { cause, name } = mapped;
  return {
    fate: isUnclear(error) ? "unclear" : "kept",
    error: mapped.code === "credentials_unavailable" && cause !== undefined ? unavailable(cause, name) : mapped,
  };
}

function unavailable(cause: UpstreamFailure, name?: string): AuthError {
  return new AuthError("credentials_unavailable", {
    name,
    cause,
    recoverySuggestion:
      "The tokens of a session could not be refreshed. If it lasts, check that the server reaches the user pool's endpoint.",
  });
}

function rotationKey({ userPoolId }: UserPoolConfig, clientId: string): string {
  return `${userPoolId} ${clientId}`;
}

/** Only the app client that signs users in may have one here. */
function secretOf({ signInClient }: UserPoolConfig, clientId: string): string | undefined {
  return signInClient?.id === clientId ? signInClient.secret : undefined;
}

/** Amazon Cognito, "Computing secret hash values". */
function secretHash({ pool, clientId, username = "" }: RefreshRequest): { readonly SECRET_HASH?: string } {
  const secret = secretOf(pool, clientId);
  if (secret === undefined) return {};
  return { SECRET_HASH: createHmac("sha256", secret).update(`${username}${clientId}`).digest("base64") };
}

let sdk: Promise<Sdk> | undefined;

/** Only who refreshes needs it, so it is loaded at the first time. */
function loadSdk(): Promise<Sdk> {
  sdk ??= import("@aws-sdk/client-cognito-identity-provider").catch((error: unknown) => {
    sdk = undefined;
    throw error;
  });
  return sdk;
}
