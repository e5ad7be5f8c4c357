import type { Clock } from "../../clock.js";
import type { AppClient } from "../app-client.js";
import type { Endpoint } from "../endpoint.js";
import type { LocalUserPool } from "../user-pool.js";
import { AuthorizationCodes } from "./authorization-codes.js";
import { AuthorizeRequests, SCOPES } from "./authorize-request.js";
import { authenticationMethods } from "./client-authentication.js";
import { HostedSessions } from "./hosted-sessions.js";
import { logoutEndpoint } from "./logout-endpoint.js";
import { RedirectUrls } from "./redirect-urls.js";
import { SignInEndpoints } from "./sign-in-endpoints.js";
import { TokenEndpoints } from "./token-endpoints.js";

/** What a managed login belongs to and is set to. */
export interface ManagedLoginSettings {
  readonly origin: string;
  readonly pool: LocalUserPool;
  readonly client: AppClient;
  readonly rotate: boolean;
  readonly callbackUrls: readonly string[] | undefined;
  readonly logoutUrls: readonly string[] | undefined;
  readonly clock: Clock;
}

/**
 * A user pool's managed login: its endpoints by path.
 *
 * @see https://docs.aws.amazon.com/cognito/latest/developerguide/federation-endpoints.html
 */
export function managedLogin(settings: ManagedLoginSettings): Readonly<Record<string, Endpoint>> {
  const { origin, pool, client, rotate, callbackUrls, logoutUrls, clock } = settings;
  const { users } = pool;
  const sessions = new HostedSessions(clock);
  const codes = new AuthorizationCodes(clock, (originJti) => pool.endSignIn(originJti));
  const requests = new AuthorizeRequests(client, new RedirectUrls(callbackUrls), users);
  const signIn = new SignInEndpoints({ origin, users, requests, sessions, codes });
  const tokens = new TokenEndpoints({ pool, client, codes, rotate });
  return {
    "/oauth2/authorize": signIn.authorize,
    "/login": signIn.login,
    "/oauth2/token": tokens.token,
    "/oauth2/revoke": tokens.revoke,
    "/logout": logoutEndpoint(client, new RedirectUrls(logoutUrls), sessions),
  };
}

/** What OpenID Connect discovery says of it. There is no userinfo endpoint. */
export function discoveryOf(origin: string, client: AppClient): object {
  return {
    authorization_endpoint: `${origin}/oauth2/authorize`,
    token_endpoint: `${origin}/oauth2/token`,
    revocation_endpoint: `${origin}/oauth2/revoke`,
    end_session_endpoint: `${origin}/logout`,
    response_types_supported: ["code"],
    grant_types_supported: ["authorization_code", "refresh_token"],
    code_challenge_methods_supported: ["S256"],
    token_endpoint_auth_methods_supported: authenticationMethods(client),
    revocation_endpoint_auth_methods_supported: authenticationMethods(client),
    scopes_supported: SCOPES,
    prompt_values_supported: ["login", "none", "select_account"],
  };
}
