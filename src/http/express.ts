import type { IncomingMessage, ServerResponse } from "node:http";
import { AuthError } from "../errors/auth-error.js";
import { type Eventually, failed, type Outcome } from "../errors/outcome.js";
import { checkNoArguments } from "../guards/definitions.js";
import { type GuardSet, guardSet } from "../guards/guard-set.js";
import type { SessionManager } from "../session/manager.js";
import { ownManager } from "../session/own-manager.js";
import type { AuthSession, AuthSessionOptions, AuthSessionRequest } from "../session/types.js";
import { SUPERSEDED_HEADERS, writeProblem } from "./problem.js";

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
  request: IncomingMessage & { authSession?: unknown },
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
  const manager = ownManager(options);
  return (request, response, next) => {
    checkExpress(next);
    const attach = (outcome: Outcome<AuthSession>) => {
      if (failed(outcome)) return next(outcome);
      request.authSession = outcome;
      next();
    };
    settle(manager.resolve(request, response), attach, next);
  };
}

const guards: GuardSet<RequestHandler, IncomingMessage, AuthSessionRequest> = guardSet((guard) => {
  return (request, _response, next) => {
    checkExpress(next);
    settle(guard(request.authSession, request), next, next);
  };
});

/** Lets signed-in users pass: {@link GuardSet.requireAuth}. */
export const requireAuth = guards.requireAuth;

/**
 * Lets members of any of the groups pass: {@link GuardSet.requireGroup}.
 *
 * @example
 * ```ts
 * app.delete("/users/:id", requireGroup("admin", "support"), handler);
 * ```
 */
export const requireGroup = guards.requireGroup;

/** Lets members of all of the groups pass: {@link GuardSet.requireEveryGroup}. */
export const requireEveryGroup = guards.requireEveryGroup;

/** Lets access tokens with all of the scopes pass: {@link GuardSet.requireScope}. */
export const requireScope = guards.requireScope;

/** Lets access tokens with any of the scopes pass: {@link GuardSet.requireAnyScope}. */
export const requireAnyScope = guards.requireAnyScope;

/** Lets sessions pass whose claim is as expected: {@link GuardSet.requireClaim}. */
export const requireClaim = guards.requireClaim;

/** Sees to it that `req.authSession.credentials` is there: {@link GuardSet.requireCredentials}. */
export const requireCredentials = guards.requireCredentials;

/**
 * A check of your own: {@link GuardSet.authorize}.
 *
 * @example
 * ```ts
 * app.get("/users/:id", authorize((session, req) => session.userSub === req.params.id), handler);
 * ```
 */
export const authorize = guards.authorize;

/**
 * Answers every {@link AuthError} as `application/problem+json` (RFC 9457) and passes other errors on. Mount it last.
 *
 * @throws {TypeError} where the parentheses were forgotten
 */
export function authErrorHandler(...none: never[]): ErrorRequestHandler {
  checkNoArguments("authErrorHandler", none);
  return (error, _request, response, next) => {
    if (!(error instanceof AuthError) || response.headersSent) return next(error);
    response.statusCode = error.status;
    for (const name of SUPERSEDED_HEADERS) response.removeHeader(name);
    const { body, length } = writeProblem(error, (name, value) => void response.setHeader(name, value));
    response.setHeader("Content-Length", length).end(body);
  };
}

const FOR_EXPRESS = "This is middleware for Express. In Koa, import it from `cognito-auth-session/koa`.";

/** Koa hands over a context and `next`, and would otherwise be told that something is no function. */
function checkExpress(next: unknown): void {
  if (typeof next !== "function") throw new AuthError("misconfigured", { recoverySuggestion: FOR_EXPRESS });
}

/** Goes on at once where nothing is waited for; what is thrown after a wait has nowhere else to go but `next`. */
function settle<T>(outcome: Eventually<T>, done: (outcome: T) => void, next: (error: unknown) => void): void {
  if (outcome instanceof Promise) outcome.then(done).catch(next);
  else done(outcome);
}
