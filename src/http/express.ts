import type { IncomingMessage, ServerResponse } from "node:http";
import { AuthError } from "../errors/auth-error.js";
import { type Eventually, failed, type Outcome } from "../errors/outcome.js";
import { checkNoArguments } from "../guards/definitions.js";
import type { Guard } from "../guards/guard.js";
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
} from "../guards/guards.js";
import { SessionManager } from "../session/manager.js";
import type { AuthSession, AuthSessionOptions, AuthSessionRequest } from "../session/types.js";
import { problemOf, tellOperator } from "./problem.js";

declare global {
  namespace Express {
    interface Request {
      /** Who calls. Set by `authSession()`. */
      authSession: AuthSession;
    }
  }
}

/** Express middleware, told by its shape so that no Express types are needed to use this package. */
export type RequestHandler = (
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void;

/** Express error middleware. */
export type ErrorRequestHandler = (
  error: unknown,
  request: IncomingMessage,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => void;

/**
 * Verifies the request's tokens and attaches `req.authSession`. Failures go to `next(error)` as {@link AuthError}.
 *
 * @param options options, or a {@link SessionManager} to share one engine between apps. Without any, the configuration
 *   comes from the environment or `amplify_outputs.json`.
 * @throws {ConfigurationError} at once, naming the option and the fix
 * @example
 * ```ts
 * app.use(authSession());
 * app.get("/me", (req, res) => res.json({ sub: req.authSession.userSub }));
 * ```
 */
export function authSession(options?: AuthSessionOptions | SessionManager): RequestHandler {
  const manager = options instanceof SessionManager ? options : new SessionManager(options);
  return (request, _response, next) => {
    const attach = (outcome: Outcome<AuthSession>) => {
      if (failed(outcome)) return next(outcome);
      Object.assign(request, { authSession: outcome });
      next();
    };
    settle(manager.resolve(request), attach, next);
  };
}

/**
 * Lets signed-in users pass. For apps with `required: false`; otherwise `authSession()` has seen to it.
 *
 * Refuses with 401 `missing_token`; like every guard, with 500 `misconfigured` where no `authSession()` is mounted.
 *
 * @throws {TypeError} where the parentheses were forgotten
 */
export function requireAuth(...none: never[]): RequestHandler {
  checkNoArguments("requireAuth", none);
  return guarded(authGuard());
}

/**
 * Lets members of any of the groups pass (`cognito:groups`, exact and case-sensitive).
 *
 * @param groups group names; at least one
 * @throws {TypeError} when the route is defined, for an empty list or a name that is not a string
 * @example
 * ```ts
 * app.delete("/users/:id", requireGroup("admin", "support"), handler);
 * ```
 */
export function requireGroup(...groups: readonly string[]): RequestHandler {
  return guarded(groupGuard(...groups));
}

/** Lets members of all of the groups pass. @throws {TypeError} as {@link requireGroup} */
export function requireEveryGroup(...groups: readonly string[]): RequestHandler {
  return guarded(everyGroupGuard(...groups));
}

/** Lets access tokens with all of the scopes pass (RFC 6750 section 3.1). @throws {TypeError} as {@link requireGroup} */
export function requireScope(...scopes: readonly string[]): RequestHandler {
  return guarded(scopeGuard(...scopes));
}

/** Lets access tokens with any of the scopes pass. @throws {TypeError} as {@link requireGroup} */
export function requireAnyScope(...scopes: readonly string[]): RequestHandler {
  return guarded(anyScopeGuard(...scopes));
}

/**
 * Lets sessions pass whose claim has a value or satisfies a predicate. Where both tokens carry the claim, both must.
 *
 * @param name the claim, as it stands in the token: `email_verified`, `custom:tenant`
 * @param expected the value, compared strictly, or a predicate; only `true` passes
 * @throws {TypeError} when the route is defined, for a name or a value that cannot be compared with
 */
export function requireClaim(name: string, expected: ClaimCheck): RequestHandler {
  return guarded(claimGuard(name, expected));
}

/**
 * Sees to it that `req.authSession.credentials` is there. Refuses with 401 `id_token_required`, 403
 * `credentials_denied`, 503 `credentials_unavailable`.
 *
 * @throws {TypeError} where the parentheses were forgotten
 */
export function requireCredentials(...none: never[]): RequestHandler {
  checkNoArguments("requireCredentials", none);
  return guarded(credentialsGuard());
}

/**
 * A check of your own on a signed-in session. Anything but `true`, a throw, a rejection, or no answer within
 * `requestTimeout` is 403 `forbidden`.
 *
 * @example
 * ```ts
 * app.get("/users/:id", authorize((session, req) => session.userSub === req.params.id), handler);
 * ```
 */
export function authorize<Request extends IncomingMessage = AuthSessionRequest>(
  check: (session: AuthSession, request: Request) => boolean | Promise<boolean>,
): RequestHandler {
  return guarded(authorizeGuard(check));
}

/**
 * Answers every {@link AuthError} as `application/problem+json` (RFC 9457) and passes other errors on. Mount it last.
 *
 * @throws {TypeError} where the parentheses were forgotten
 */
export function authErrorHandler(...none: never[]): ErrorRequestHandler {
  checkNoArguments("authErrorHandler", none);
  return (error, _request, response, next) => {
    if (!(error instanceof AuthError) || response.headersSent) return next(error);
    tellOperator(error);
    const { status, headers, body } = problemOf(error);
    response.statusCode = status;
    // Of the answer that the handler had begun to describe.
    for (const name of ["Content-Encoding", "Content-Language", "Content-Range", "ETag", "Last-Modified"]) {
      response.removeHeader(name);
    }
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    response.end(body);
  };
}

function guarded(guard: Guard): RequestHandler {
  return (request, _response, next) => {
    const candidate = "authSession" in request ? request.authSession : undefined;
    settle(guard(candidate, request), next, next);
  };
}

/** Goes on at once where nothing is waited for; what is thrown after a wait has nowhere else to go but `next`. */
function settle<T>(outcome: Eventually<T>, done: (outcome: T) => void, next: (error: unknown) => void): void {
  if (outcome instanceof Promise) outcome.then(done).catch(next);
  else done(outcome);
}
