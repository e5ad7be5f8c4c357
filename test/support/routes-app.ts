import { createServer, type IncomingHttpHeaders, type RequestListener, request as send } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { type AuthSessionOptions, authErrorHandler, authSession, SessionManager } from "cognito-auth-session";
import * as onFetch from "cognito-auth-session/fetch";
import * as onKoa from "cognito-auth-session/koa";
import { type AuthRoutesOptions, authRoutes, fetchAuthRoutes, koaAuthRoutes } from "cognito-auth-session/routes";
import type { LocalCognito } from "cognito-auth-session/testing";
import express5, { type Express } from "express";
import express4 from "express4";
import { Hono } from "hono";
import Koa3 from "koa";
import Koa2 from "koa2";
import { CookieJar } from "./cookie-app.js";

/** Our routes before our middleware; `/me` behind both, and a 404 of the application's own for all else. */
export type RoutesFace = (sessions: SessionManager, options?: AuthRoutesOptions) => RequestListener;

const OWN_404 = JSON.stringify({ of: "the application" });

function expressFace(makeApp: () => Express): RoutesFace {
  return (sessions, options) => {
    const app = makeApp().set("env", "test");
    app.use(authRoutes(sessions, options));
    app.all("/me", authSession(sessions), (req, res) => void res.json({ username: req.authSession.username }));
    app.use((_req, res) => void res.status(404).send(OWN_404));
    app.use(authErrorHandler());
    return app;
  };
}

function koaFace(makeApp: () => Koa3): RoutesFace {
  return (sessions, options) => {
    const app = makeApp();
    app.silent = true;
    app.use(onKoa.authErrorHandler());
    app.use(koaAuthRoutes(sessions, options));
    const own = onKoa.authSession(sessions);
    app.use(async (ctx) => {
      ctx.status = ctx.path === "/me" ? 200 : 404;
      ctx.body = OWN_404;
      if (ctx.path !== "/me") return;
      await own(ctx, async () => {
        ctx.body = { username: ctx.state.authSession.username };
      });
    });
    return app.callback();
  };
}

const nodeFace: RoutesFace = (sessions, options) => {
  const routes = authRoutes(sessions, options);
  const middleware = authSession(sessions);
  const refuse = authErrorHandler();
  return (request, response) => {
    const fail = (error: unknown) => refuse(error, request, response, () => response.destroy());
    routes(request, response, (error) => {
      if (error !== undefined) return fail(error);
      if (new URL(request.url ?? "/", "http://localhost").pathname !== "/me") {
        response.writeHead(404).end(OWN_404);
        return;
      }
      middleware(request, response, (refusal) => {
        if (refusal !== undefined) return fail(refusal);
        const session = "authSession" in request ? request.authSession : undefined;
        const username = typeof session === "object" && session !== null ? Reflect.get(session, "username") : undefined;
        response.setHeader("Content-Type", "application/json").end(JSON.stringify({ username }));
      });
    });
  };
};

const honoFace: RoutesFace = (sessions, options) => {
  const routes = fetchAuthRoutes(sessions, options);
  const sessionOf = onFetch.authSession(sessions);
  const app = new Hono();
  app.use(async (c, next) => (await routes(c.req.raw)) ?? next());
  app.all("/me", async (c) => c.json({ username: (await sessionOf(c.req.raw)).username }));
  app.notFound(() => new Response(OWN_404, { status: 404 }));
  app.onError((error) => onFetch.authErrorResponse(error));
  const listener = getRequestListener(app.fetch);
  return (request, response) => void listener(request, response);
};

/** Every framework that there is an adapter of the routes for. */
export const ROUTE_FACES = {
  "Express 5": expressFace(() => express5()),
  "Express 4": expressFace(() => express4()),
  "Koa 3": koaFace(() => new Koa3()),
  "Koa 2": koaFace(() => new Koa2()),
  "node:http": nodeFace,
  Hono: honoFace,
} satisfies Record<string, RoutesFace>;

/** An answer, read whole. */
export interface RoutesAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly setCookies: readonly string[];
  readonly text: string;
  readonly body: unknown;
}

/** How a request is made. A list sends a header line for each value. */
export interface Asking {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly jar?: CookieJar;
}

/** What browsers send with a navigation. */
export const NAVIGATION = { Accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" };

/** An app that browsers see under `origin`, whatever address it listens at. */
export class RoutesApp {
  constructor(
    readonly origin: string,
    readonly port: number,
    readonly sessions: SessionManager,
    readonly close: () => Promise<void>,
  ) {}

  /** Sends a request target as it is written, to the last character. An URL at the app's origin is sent by its path. */
  async ask(target: string, { method = "GET", headers = {}, jar }: Asking = {}): Promise<RoutesAnswer> {
    const path = target.startsWith(`${this.origin}/`) ? target.slice(this.origin.length) : target;
    const cookie = jar?.header;
    const answer = await new Promise<RoutesAnswer>((resolve, reject) => {
      const request = send(
        { port: this.port, host: "127.0.0.1", method, path, headers: { ...(cookie ? { cookie } : {}), ...headers } },
        (response) => {
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("error", reject);
          response.on("end", () => resolve(answerOf(response.statusCode ?? 0, response.headers, chunks)));
        },
      );
      request.on("error", reject);
      request.on("upgrade", (_response, socket) => reject(socket.destroy()));
      request.end();
    });
    jar?.keep(answer.setCookies);
    return answer;
  }

  /** A POST as a page of the application sends it. */
  post(target: string, asking: Asking = {}): Promise<RoutesAnswer> {
    return this.ask(target, { ...asking, method: "POST", headers: { Origin: this.origin, ...asking.headers } });
  }

  /** Goes to the sign-in route and says at managed login who one is. @returns the callback's URL */
  async begin(username: string, jar: CookieJar, { query = "", path = "/auth" } = {}): Promise<string> {
    const begun = await this.ask(`${path}/sign-in${query}`, { jar });
    return login(begun.headers.location ?? `none:${begun.status}`, username);
  }

  async signIn(username: string, jar = new CookieJar(), where: { query?: string; path?: string } = {}) {
    const done = await this.ask(await this.begin(username, jar, where), { jar });
    if (done.status !== 303) throw new Error(`The callback answered ${done.status}: ${done.text.slice(0, 300)}`);
    return jar;
  }
}

/** Fills in managed login's form. @returns where it leads back to */
export async function login(authorizeUrl: string, username: string): Promise<string> {
  const { origin, searchParams } = new URL(authorizeUrl);
  searchParams.set("username", username);
  const answer = await fetch(`${origin}/login`, {
    method: "POST",
    redirect: "manual",
    headers: { "Content-Type": "application/x-www-form-urlencoded", Origin: origin },
    body: searchParams.toString(),
  });
  return answer.headers.get("location") ?? "";
}

/** What an app is started with. */
export interface RoutesPlan {
  readonly cognito: LocalCognito;
  readonly face?: RoutesFace;
  /** Beside what `LocalCognito` says, `cookies: "session"` and `origin`, whose default is the app's own address. */
  readonly options?: AuthSessionOptions;
  readonly routesOptions?: AuthRoutesOptions;
  readonly clock?: () => number;
}

export async function startRoutesApp(plan: RoutesPlan): Promise<RoutesApp> {
  const { cognito, face = ROUTE_FACES["Express 5"], options = {}, routesOptions, clock } = plan;
  let listener: RequestListener | undefined;
  const server = createServer({ maxHeaderSize: 128 * 1024 }, (request, response) => listener?.(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // Of a server that listens on a port this is an address.
  const { port } = server.address() as AddressInfo;
  const origin = options.origin ?? `http://127.0.0.1:${port}`;
  const all: AuthSessionOptions = { ...cognito.options, cookies: "session", credentials: "lazy", ...options, origin };
  const sessions = new SessionManager(all, clock && { clock });
  listener = face(sessions, routesOptions);
  return new RoutesApp(origin, port, sessions, async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await sessions.close();
  });
}

function answerOf(status: number, headers: IncomingHttpHeaders, chunks: readonly Buffer[]): RoutesAnswer {
  const text = Buffer.concat(chunks).toString("utf8");
  const { "set-cookie": setCookies = [], ...others } = headers;
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    // No JSON.
  }
  return { status, headers: others as Record<string, string>, setCookies, text, body };
}
