import type { IncomingMessage, ServerResponse } from "node:http";
import type {} from "koa";
import { AuthError } from "../errors/auth-error.js";
import { type Eventually, failed } from "../errors/outcome.js";
import { checkNoArguments } from "../guards/definitions.js";
import { type GuardSet, guardSet } from "../guards/guard-set.js";
import type { SessionManager } from "../session/manager.js";
import { ownManager } from "../session/own-manager.js";
import type { AuthSession, AuthSessionOptions } from "../session/types.js";
import { SUPERSEDED_HEADERS, writeProblem } from "./problem.js";

/** What `authSession()` puts into `ctx.state`: for `new Koa<AuthState>()`. */
export interface AuthState {
  /** Who calls. */
  authSession: AuthSession;
}

declare module "koa" {
  interface DefaultState extends AuthState {}
}

/** A Koa context, told by what is used of it. */
export interface KoaContext {
  /** Node's request. */
  readonly req: IncomingMessage;
  /** Node's answer. */
  readonly res: ServerResponse;
  /** Where the session goes, as `authSession`. */
  readonly state: {
    /** Who calls. */
    authSession?: unknown;
  };
  /** Whether the answer has begun. */
  readonly headerSent: boolean;
  /** The status of the answer. */
  status: number;
  /** The body of the answer. */
  body: unknown;
  /** Sets a header of the answer. */
  set(name: string, value: string): void;
}

/** Koa middleware, told by its shape so that no Koa types are needed to make it. */
export type KoaMiddleware = (context: KoaContext, next: () => Promise<unknown>) => Promise<unknown>;

/**
 * Verifies the request's tokens and puts the session at `ctx.state.authSession`. Failures are thrown as
 * {@link AuthError}; without `authErrorHandler()` Koa's own handler answers them with the right status and headers.
 *
 * @param options options, or a {@link SessionManager} to share one engine between apps. Without any, the configuration
 *   comes from the environment or `amplify_outputs.json`.
 * @throws {ConfigurationError} at once, naming the option and the fix
 * @example
 * ```ts
 * app.use(authErrorHandler());
 * app.use(authSession());
 * ```
 */
export function authSession(options?: AuthSessionOptions | SessionManager): KoaMiddleware {
  const manager = ownManager(options);
  return (context, next) =>
    goOn(manager.resolve(context.req, context.res), (outcome) => {
      if (failed(outcome)) return refusedWith(outcome);
      context.state.authSession = outcome;
      return next();
    });
}

const guards: GuardSet<KoaMiddleware, KoaContext, KoaContext> = guardSet((guard) => (context, next) => {
  return goOn(guard(context.state.authSession, context), (refusal) =>
    refusal === undefined ? next() : refusedWith(refusal),
  );
});

/** Lets signed-in users pass: {@link GuardSet.requireAuth}. */
export const requireAuth = guards.requireAuth;

/** Lets members of any of the groups pass: {@link GuardSet.requireGroup}. */
export const requireGroup = guards.requireGroup;

/** Lets members of all of the groups pass: {@link GuardSet.requireEveryGroup}. */
export const requireEveryGroup = guards.requireEveryGroup;

/** Lets access tokens with all of the scopes pass: {@link GuardSet.requireScope}. */
export const requireScope = guards.requireScope;

/** Lets access tokens with any of the scopes pass: {@link GuardSet.requireAnyScope}. */
export const requireAnyScope = guards.requireAnyScope;

/** Lets sessions pass whose claim is as expected: {@link GuardSet.requireClaim}. */
export const requireClaim = guards.requireClaim;

/** Sees to it that `ctx.state.authSession.credentials` is there: {@link GuardSet.requireCredentials}. */
export const requireCredentials = guards.requireCredentials;

/** A check of your own, of the session and the context: {@link GuardSet.authorize}. */
export const authorize = guards.authorize;

/**
 * Answers every {@link AuthError} as `application/problem+json` (RFC 9457) and passes other errors on. Mount it first.
 *
 * @throws {TypeError} where the parentheses were forgotten
 */
export function authErrorHandler(...none: never[]): KoaMiddleware {
  checkNoArguments("authErrorHandler", none);
  return (context, next) => next().catch((error: unknown) => answer(context, error));
}

function answer(context: KoaContext, error: unknown): void {
  if (!(error instanceof AuthError) || context.headerSent) throw error;
  const { res } = context;
  // What `ctx.set` and `ctx.remove` do, without the way through two objects of Koa's.
  for (const name of SUPERSEDED_HEADERS) res.removeHeader(name);
  context.status = error.status;
  context.body = writeProblem(error, (name, value) => res.setHeader(name, value)).body;
}

const SOON = Promise.resolve();

/**
 * A rejection, a moment later: by then somebody handles it. Of one that nobody handles yet Node takes note, which costs
 * more than the refusal itself. Where middleware before ours forgot to wait for `next()` nobody ever handles it, and a
 * request could end the process; so it is handled here as well.
 */
function refusedWith(error: AuthError): Promise<never> {
  const refusal = new Promise<never>((_resolve, reject) => {
    void SOON.then(() => reject(error));
  });
  refusal.catch(ignore);
  return refusal;
}

function ignore(): void {}

/**
 * Goes on at once where nothing is waited for. Here, as in `authErrorHandler()`, promises are handed on and not awaited:
 * a rejection that no function throws and none catches makes a refusal cost a few microseconds less.
 */
function goOn<T>(outcome: Eventually<T>, next: (outcome: T) => Promise<unknown>): Promise<unknown> {
  if (!(outcome instanceof Promise)) return next(outcome);
  const gone = outcome.then((late) => {
    // Only then: what others throw stays as loud as it is without us.
    if (failed(late)) gone.catch(ignore);
    return next(late);
  });
  return gone;
}
