import type { IncomingMessage } from "node:http";
import type { AnswerHeaders } from "../browser/session-cookie.js";
import { AuthError } from "../errors/auth-error.js";
import { orThrow } from "../errors/outcome.js";
import { type GuardSet, guardSet } from "../guards/guard-set.js";
import type { SessionManager } from "../session/manager.js";
import { ownManager } from "../session/own-manager.js";
import type { AuthSession, AuthSessionOptions } from "../session/types.js";
import { problemOf } from "./problem.js";

/** A guard as a function: throws where the session may not pass. Some wait for something, so `await` them. */
export type SessionGuard = (session: AuthSession, request?: unknown) => void | Promise<void>;

/** A request of a Fetch server, or Node's own. */
export type FetchOrNodeRequest = Request | IncomingMessage;

/** Options whose callbacks are given the request as it came. */
export interface FetchSessionOptions extends Omit<AuthSessionOptions, "getToken" | "customCheck"> {
  /** Reads the bearer token in place of the `Authorization` header. Nothing, or `undefined`, means no token. */
  getToken?(request: FetchOrNodeRequest): ReturnType<NonNullable<AuthSessionOptions["getToken"]>>;
  /** A check of your own on every signed-in session: anything but `true` is 403 `forbidden`. */
  customCheck?(session: AuthSession, request: FetchOrNodeRequest): boolean | Promise<boolean>;
}

/**
 * Gives the session of a request: of a Fetch `Request`, or of Node's `IncomingMessage`.
 *
 * @param options options, or a {@link SessionManager} to share one engine. Without any, the configuration comes from the
 *   environment or `amplify_outputs.json`.
 * @returns a function that rejects with {@link AuthError}; its second parameter, needed for Amplify's cookies only, is
 *   Node's response or the `Headers` of the answer
 * @throws {ConfigurationError} at once, naming the option and the fix
 * @example
 * ```ts
 * const sessionOf = authSession();
 * const session = await sessionOf(request);
 * ```
 */
export function authSession(
  options?: FetchSessionOptions | SessionManager,
): (request: FetchOrNodeRequest, answer?: AnswerHeaders) => Promise<AuthSession> {
  // The engine hands its callbacks the request that it was given, which is of the kind that they are typed with here.
  const manager = ownManager(options as AuthSessionOptions | SessionManager | undefined);
  return (request, answer) => manager.getSession(request, answer);
}

const guards: GuardSet<SessionGuard, unknown, unknown> = guardSet((guard) => (session, request) => {
  const refusal = guard(session, request);
  return refusal instanceof Promise ? refusal.then(refuse) : refuse(refusal);
});

/** Lets signed-in users pass: {@link GuardSet.requireAuth}. */
export const requireAuth = guards.requireAuth;

/**
 * Lets members of any of the groups pass: {@link GuardSet.requireGroup}.
 *
 * @example
 * ```ts
 * requireGroup("admin")(await sessionOf(request));
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

/** Sees to it that `session.credentials` is there; waits for them: {@link GuardSet.requireCredentials}. */
export const requireCredentials = guards.requireCredentials;

/** A check of your own, of the session and of what is given beside it: {@link GuardSet.authorize}. */
export const authorize = guards.authorize;

/**
 * An {@link AuthError} as a `Response` of type `application/problem+json` (RFC 9457).
 *
 * @throws every error that is not an {@link AuthError}
 * @example
 * ```ts
 * try {
 *   return await handle(request);
 * } catch (error) {
 *   return authErrorResponse(error);
 * }
 * ```
 */
export function authErrorResponse(error: unknown): Response {
  if (!(error instanceof AuthError)) throw error;
  const { status, headers, body } = problemOf(error);
  return new Response(body, { status, headers });
}

function refuse(refusal: AuthError | undefined): void {
  orThrow(refusal);
}
