import type { IncomingMessage, ServerResponse } from "node:http";
import type { SessionManager } from "../session/manager.js";
import { AuthRoutes } from "./auth-routes.js";
import type { RequestHandler } from "./express.js";
import type { KoaContext } from "./koa.js";
import type { AuthRoutesOptions } from "./route-options.js";

/** Koa middleware of the routes, told by its shape. */
export type KoaRoutes = (context: KoaContext, next: () => Promise<unknown>) => Promise<void>;

/**
 * Sign-in for web applications, as Express middleware: `GET /auth/sign-in`, `GET /auth/callback`, `GET /auth/session`,
 * `POST /auth/refresh` and `POST /auth/sign-out`. The browser gets a cookie with an opaque id; tokens stay on the server.
 * Mount it at the root, before `authSession()`. Register `<origin>/auth/callback` as the app client's callback URL and
 * `<origin>/` as its sign-out URL.
 *
 * @param manager the engine that `authSession()` works with, made with `cookies: "session"` and `origin`
 * @param options where the routes are, and what they ask for
 * @throws {ConfigurationError} at once, naming the option and the fix
 * @example
 * ```ts
 * const sessions = new SessionManager({ cookies: "session", origin: "https://app.example.com" });
 * app.use(authRoutes(sessions));
 * app.use(authSession(sessions));
 * ```
 */
export function authRoutes(manager: SessionManager, options?: AuthRoutesOptions): RequestHandler {
  const routes = new AuthRoutes(manager, options);
  return (request, response, next) => {
    // What `next` throws has nowhere else to go: unhandled it would end the process.
    answer(routes, request, response)
      .then((isAnswered) => (isAnswered ? undefined : next()))
      .catch(next);
  };
}

/**
 * The same routes as Koa middleware: {@link authRoutes}.
 *
 * @throws {ConfigurationError} at once, naming the option and the fix
 * @example
 * ```ts
 * app.use(koaAuthRoutes(sessions));
 * app.use(authSession(sessions));
 * ```
 */
export function koaAuthRoutes(manager: SessionManager, options?: AuthRoutesOptions): KoaRoutes {
  const routes = new AuthRoutes(manager, options);
  return async (context, next) => {
    const { req, res } = context;
    const given = await routes.handle(req, targetOf(context, req));
    if (given === undefined) {
      await next();
      return;
    }
    for (const [name, value] of Object.entries(given.headers)) context.set(name, value);
    for (const cookie of given.cookies) res.appendHeader("Set-Cookie", cookie);
    context.status = given.status;
    context.body = given.body;
  };
}

/**
 * The same routes for servers of Fetch requests: {@link authRoutes}.
 *
 * @returns a function that gives the answer, or undefined where the request is not for these routes
 * @throws {ConfigurationError} at once, naming the option and the fix
 * @example
 * ```ts
 * const routes = fetchAuthRoutes(sessions);
 * app.use(async (c, next) => (await routes(c.req.raw)) ?? next());
 * ```
 */
export function fetchAuthRoutes(
  manager: SessionManager,
  options?: AuthRoutesOptions,
): (request: Request) => Promise<Response | undefined> {
  const routes = new AuthRoutes(manager, options);
  return async (request) => {
    const { pathname, search } = new URL(request.url);
    const given = await routes.handle(request, `${pathname}${search}`);
    if (given === undefined) return undefined;
    const answer = new Headers(given.headers);
    for (const cookie of given.cookies) answer.append("Set-Cookie", cookie);
    return new Response(given.body, { status: given.status, headers: answer });
  };
}

async function answer(routes: AuthRoutes, request: IncomingMessage, response: ServerResponse): Promise<boolean> {
  const given = await routes.handle(request, targetOf(request, request));
  if (given === undefined) return false;
  for (const cookie of given.cookies) response.appendHeader("Set-Cookie", cookie);
  response.writeHead(given.status, { ...given.headers }).end(given.body);
  return true;
}

/** What an app is mounted at is taken off `url`; Express keeps the whole on its request, Koa on its context. */
function targetOf(keeper: object, { url = "/" }: IncomingMessage): string {
  const original = "originalUrl" in keeper ? keeper.originalUrl : undefined;
  return typeof original === "string" ? original : url;
}
