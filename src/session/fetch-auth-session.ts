import { AuthError } from "../errors/auth-error.js";
import type { RequestHeaders } from "../tokens/bearer.js";
import { managerOf } from "./manager.js";
import type { AuthSession } from "./types.js";

/**
 * The session of a request that the middleware has seen: Amplify's `fetchAuthSession()` for servers.
 *
 * @param request the Node request
 * @param options `forceRefresh` renews the tokens, where there is a refresh token, and the AWS credentials
 * @throws {AuthError} `misconfigured` where no middleware saw the request; else what the middleware answers with
 * @example
 * ```ts
 * const { credentials } = await fetchAuthSession(req, { forceRefresh: true });
 * ```
 */
export async function fetchAuthSession(
  request: RequestHeaders,
  { forceRefresh = false }: { readonly forceRefresh?: boolean } = {},
): Promise<AuthSession> {
  const manager = managerOf(request);
  if (manager === undefined) throw new AuthError("misconfigured");
  return forceRefresh ? manager.refreshSession(request, true) : manager.getSession(request);
}
