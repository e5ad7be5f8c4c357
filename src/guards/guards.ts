import { AuthError } from "../errors/auth-error.js";
import { type Eventually, failed, whenReady } from "../errors/outcome.js";
import { Session } from "../session/session.js";
import type { AuthSession } from "../session/types.js";
import { askWhether } from "../session/user-checks.js";
import { ownValue } from "../tokens/json.js";
import { checkNames, checkNoArguments, checkScopes } from "./definitions.js";
import { type Guard, guardBy } from "./guard.js";

/** What a claim may be compared with. */
export type ClaimCheck = string | number | boolean | ((value: unknown) => boolean | Promise<boolean>);

/** A signed-in user. */
export function authGuard(...none: readonly unknown[]): Guard {
  checkNoArguments("requireAuth", none);
  return guardBy("requireAuth", () => undefined);
}

/** A member of one of the groups. */
export function groupGuard(...names: readonly string[]): Guard {
  const groups = checkNames("requireGroup", names);
  return guardBy("requireGroup", (session) =>
    refuseUnless(
      groups.some((group) => session.groups.includes(group)),
      "insufficient_group",
    ),
  );
}

/** A member of all of the groups. */
export function everyGroupGuard(...names: readonly string[]): Guard {
  const groups = checkNames("requireEveryGroup", names);
  return guardBy("requireEveryGroup", (session) =>
    refuseUnless(
      groups.every((group) => session.groups.includes(group)),
      "insufficient_group",
    ),
  );
}

/** An access token with all of the scopes. */
export function scopeGuard(...names: readonly string[]): Guard {
  const scopes = checkScopes("requireScope", names);
  return guardBy("requireScope", (session) =>
    refuseUnless(
      scopes.every((scope) => session.scopes.includes(scope)),
      "insufficient_scope",
      { scopes },
    ),
  );
}

/** An access token with one of the scopes. */
export function anyScopeGuard(...names: readonly string[]): Guard {
  const scopes = checkScopes("requireAnyScope", names);
  return guardBy("requireAnyScope", (session) =>
    refuseUnless(
      scopes.some((scope) => session.scopes.includes(scope)),
      "insufficient_scope",
      { scopes },
    ),
  );
}

/** A claim that has a value, or satisfies a predicate, in each of the session's tokens that carries it. */
export function claimGuard(name: string, expected: ClaimCheck): Guard {
  checkNames("requireClaim", [name]);
  if (!["string", "number", "boolean", "function"].includes(typeof expected)) {
    throw new TypeError("requireClaim() takes a string, a number, a boolean or a predicate to compare the claim with.");
  }
  return guardBy("requireClaim", (session) => {
    const { access, id } = Session.verifiedTokens(session);
    const carriers = [access, id].filter((token) => token !== undefined && Object.hasOwn(token.payload, name));
    const values = carriers.map((token) => ownValue(token?.payload ?? {}, name));
    if (typeof expected !== "function") {
      return refuseUnless(values.length > 0 && values.every((value) => value === expected), "forbidden");
    }
    const { checkTimeoutMs } = Session.engineOf(session);
    return values.reduce<Eventually<AuthError | undefined>>(
      (earlier, value) =>
        whenReady(earlier, (refusal) => refusal ?? askWhether("requireClaim", checkTimeoutMs, () => expected(value))),
      refuseUnless(values.length > 0, "forbidden"),
    );
  });
}

/** A user whose AWS credentials are at hand; fetches them where they are not. */
export function credentialsGuard(...none: readonly unknown[]): Guard {
  checkNoArguments("requireCredentials", none);
  return guardBy("requireCredentials", (session) => {
    const { exchange } = Session.engineOf(session);
    return whenReady(exchange(session, false), (outcome) => (failed(outcome) ? outcome : undefined));
  });
}

/** A check of the application's own: only `true` passes. */
export function authorizeGuard(check: (session: AuthSession, request: never) => boolean | Promise<boolean>): Guard {
  if (typeof check !== "function") throw new TypeError("authorize() takes a function of the session and the request.");
  return guardBy("authorize", (session, request) =>
    // The adapter that calls this guard hands over its own framework's request, which is what the check was typed with.
    askWhether("authorize", Session.engineOf(session).checkTimeoutMs, () => check(session, request as never)),
  );
}

function refuseUnless(
  allowed: boolean,
  code: "insufficient_group" | "insufficient_scope" | "forbidden",
  details?: { readonly scopes: readonly string[] },
): AuthError | undefined {
  return allowed ? undefined : new AuthError(code, details);
}
