import type { AppClient } from "./app-client.js";
import type { Operation } from "./service.js";
import { ServiceError } from "./service-error.js";
import type { LocalUserPool } from "./user-pool.js";

/** The operations of a user pool that an app client calls without AWS credentials. */
export function userPoolOperations(
  pool: LocalUserPool,
  client: AppClient,
  rotate: boolean,
): Readonly<Record<string, Operation>> {
  return {
    GetTokensFromRefreshToken({ RefreshToken, ClientId, ClientSecret }) {
      if (ClientId === client.id) client.checkSecret(ClientSecret);
      return refresh(pool, RefreshToken, ClientId, rotate);
    },
    InitiateAuth({ AuthFlow, AuthParameters, ClientId }) {
      const isRefresh = AuthFlow === "REFRESH_TOKEN_AUTH" || AuthFlow === "REFRESH_TOKEN";
      // The older call exists only where rotation is off.
      if (!isRefresh || rotate) {
        throw new ServiceError("InvalidParameterException", "Auth flow not enabled for this client");
      }
      const parameters = new Map<string, unknown>(Object.entries(AuthParameters ?? {}));
      const refreshToken = parameters.get("REFRESH_TOKEN");
      const username = pool.signInOf(String(refreshToken))?.username;
      // The hash of a refresh token that nobody has cannot be checked; such a token is refused for itself.
      const hash = parameters.get("SECRET_HASH");
      if (ClientId === client.id && (username !== undefined || hash === undefined)) {
        client.checkSecretHash(hash, username ?? "");
      }
      return refresh(pool, refreshToken, ClientId, false);
    },
    RevokeToken({ Token, ClientSecret }) {
      client.checkSecret(ClientSecret);
      pool.revoke(String(Token));
      return {};
    },
  };
}

function refresh(pool: LocalUserPool, refreshToken: unknown, clientId: unknown, rotate: boolean): object {
  const tokens = pool.refresh(String(refreshToken), String(clientId), rotate);
  return {
    AuthenticationResult: {
      AccessToken: tokens.accessToken,
      IdToken: tokens.idToken,
      ExpiresIn: pool.tokenLifetimeSeconds,
      TokenType: "Bearer",
      RefreshToken: tokens.refreshToken,
    },
  };
}
