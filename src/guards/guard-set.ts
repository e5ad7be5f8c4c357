import type { AuthSession } from "../session/types.js";
import type { Guard } from "./guard.js";
import {
  anyScopeGuard,
  authGuard,
  authorizeGuard,
  type ClaimCheck,
  claimGuard,
  credentialsGuard,
  everyGroupGuard,
  groupGuard,
  scopeGuard,
} from "./guards.js";

/**
 * All guards, as some framework uses them. Every guard refuses anonymous sessions and guests with 401 `missing_token`,
 * and where no `authSession()` is mounted with 500 `misconfigured`.
 *
 * @typeParam G what a guard is in the framework
 * @typeParam Base what `authorize()` may take for a request
 * @typeParam Request what it takes where nothing is said
 */
export interface GuardSet<G, Base, Request extends Base> {
  /** Lets signed-in users pass. For apps with `required: false`; otherwise `authSession()` has seen to it. */
  requireAuth(...none: never[]): G;
  /**
   * Lets members of any of the groups pass (`cognito:groups`, exact and case-sensitive).
   *
   * @param groups group names; at least one
   * @throws {TypeError} when the route is defined, for an empty list or a name that is not a string
   */
  requireGroup(...groups: readonly string[]): G;
  /** Lets members of all of the groups pass. @throws {TypeError} as `requireGroup()` */
  requireEveryGroup(...groups: readonly string[]): G;
  /** Lets access tokens with all of the scopes pass (RFC 6750 section 3.1). @throws {TypeError} as `requireGroup()` */
  requireScope(...scopes: readonly string[]): G;
  /** Lets access tokens with any of the scopes pass. @throws {TypeError} as `requireGroup()` */
  requireAnyScope(...scopes: readonly string[]): G;
  /**
   * Lets sessions pass whose claim has a value or satisfies a predicate. Where both tokens carry the claim, both must.
   *
   * @param name the claim, as it stands in the token: `email_verified`, `custom:tenant`
   * @param expected the value, compared strictly, or a predicate; only `true` passes
   * @throws {TypeError} when the route is defined, for a name or a value that cannot be compared with
   */
  requireClaim(name: string, expected: ClaimCheck): G;
  /**
   * Sees to it that the session's `credentials` are there. Refuses with 401 `id_token_required`, 403
   * `credentials_denied`, 503 `credentials_unavailable`.
   */
  requireCredentials(...none: never[]): G;
  /**
   * A check of your own on a signed-in session. Anything but `true`, a throw, a rejection, or no answer within
   * `requestTimeout` is 403 `forbidden`.
   */
  authorize<R extends Base = Request>(check: (session: AuthSession, request: R) => boolean | Promise<boolean>): G;
}

/** Makes a framework's guards: one function says how it calls a guard and what it does with a refusal. */
export function guardSet<G, Base, Request extends Base>(adapt: (guard: Guard) => G): GuardSet<G, Base, Request> {
  return {
    requireAuth: (...none) => adapt(authGuard(...none)),
    requireGroup: (...groups) => adapt(groupGuard(...groups)),
    requireEveryGroup: (...groups) => adapt(everyGroupGuard(...groups)),
    requireScope: (...scopes) => adapt(scopeGuard(...scopes)),
    requireAnyScope: (...scopes) => adapt(anyScopeGuard(...scopes)),
    requireClaim: (name, expected) => adapt(claimGuard(name, expected)),
    requireCredentials: (...none) => adapt(credentialsGuard(...none)),
    authorize: (check) => adapt(authorizeGuard(check)),
  };
}
