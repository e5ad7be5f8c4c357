import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import Router from "@koa/router";
import type { AuthSession, GuardSet, RequestHeaders } from "cognito-auth-session";
import * as onExpress from "cognito-auth-session";
import * as onFetch from "cognito-auth-session/fetch";
import * as onKoa from "cognito-auth-session/koa";
import express5, { type Express, type RequestHandler } from "express";
import express4 from "express4";
import { Hono } from "hono";
import Koa3 from "koa";
import Koa2 from "koa2";
import type { GuardSpec } from "../threats/attack.js";

/** An app to be served by a face: all {@link ROUTES}, and `/guarded` behind the guard. */
export interface AppPlan {
  readonly sessions: onExpress.SessionManager;
  readonly guard?: GuardSpec | undefined;
  /** What stands where the session belongs, in an app that does not mount ours. */
  readonly inPlaceOfSession?: { readonly value: unknown } | undefined;
  /** Leaves `authErrorHandler()` out: the framework's own handler answers. */
  readonly withoutErrorHandler?: boolean | undefined;
}

/** How a framework's adapter serves an app. */
export type Face = (plan: AppPlan) => RequestListener;

type Guards<G> = Omit<GuardSet<G, never, never>, "authorize"> & {
  authorize(check: (session: AuthSession) => boolean | Promise<boolean>): G;
};

/** What `/me` answers with. */
export function describeSession(session: AuthSession) {
  const { isAuthenticated, userSub, username, clientId, userPoolId, groups, scopes, identityId, credentials } = session;
  const accessKeyId = credentials?.accessKeyId;
  return { isAuthenticated, userSub, username, clientId, userPoolId, groups, scopes, identityId, accessKeyId };
}

/** A guard by its name, of whichever framework. */
export function guardOf<G>(guards: Guards<G>, spec: GuardSpec): G {
  switch (spec[0]) {
    case "requireAuth":
      return guards.requireAuth();
    case "requireClaim":
      return guards.requireClaim(spec[1], spec[2]);
    case "requireCredentials":
      return guards.requireCredentials();
    case "authorize":
      return guards.authorize(spec[1]);
    default: {
      const [name, ...names] = spec;
      return guards[name](...names);
    }
  }
}

/** A body by the session and the request as the framework has it. */
export type Route = (session: AuthSession, request: RequestHeaders) => unknown;

/** What the apps answer, whatever serves them. */
export const ROUTES = {
  "/me": describeSession,
  "/fetched": async (session, request) => ({ same: (await onExpress.fetchAuthSession(request)) === session }),
  "/refreshed": async (session, request) => {
    const before = session.credentials?.accessKeyId;
    const { username, credentials } = await onExpress.fetchAuthSession(request, { forceRefresh: true });
    return { username, renewed: credentials?.accessKeyId !== before };
  },
  "/broken": () => {
    throw new Error("a fault of the application");
  },
} satisfies Record<string, Route>;

const OK = { ok: true };

function expressFace(makeApp: () => Express): Face {
  return ({ sessions, guard, inPlaceOfSession, withoutErrorHandler }) => {
    // Express logs what its own handler answers, but for tests.
    const app = makeApp().set("env", "test");
    const foreign: RequestHandler = (req, _res, next) => {
      if (inPlaceOfSession?.value !== undefined) Object.assign(req, { authSession: inPlaceOfSession.value });
      next();
    };
    app.use(inPlaceOfSession === undefined ? onExpress.authSession(sessions) : foreign);
    for (const [path, route] of Object.entries<Route>(ROUTES)) {
      app.all(path, (req, res, next) => {
        answerOf(route, req.authSession, req).then((body) => res.json(body), next);
      });
    }
    app.all("/guarded", ...(guard === undefined ? [] : [guardOf(onExpress, guard)]), (_req, res) => void res.json(OK));
    if (withoutErrorHandler !== true) app.use(onExpress.authErrorHandler());
    return app;
  };
}

function koaFace(makeApp: () => Koa3): Face {
  return ({ sessions, guard, inPlaceOfSession, withoutErrorHandler }) => {
    const app = makeApp();
    app.silent = true;
    if (withoutErrorHandler !== true) app.use(onKoa.authErrorHandler());
    if (inPlaceOfSession === undefined) app.use(onKoa.authSession(sessions));
    else {
      app.use((ctx, next) => {
        if (inPlaceOfSession.value !== undefined) Object.assign(ctx.state, { authSession: inPlaceOfSession.value });
        return next();
      });
    }
    const router = new Router();
    for (const [path, route] of Object.entries<Route>(ROUTES)) {
      router.all(path, async (ctx) => {
        ctx.body = await route(ctx.state.authSession, ctx.req);
      });
    }
    router.all("/guarded", ...(guard === undefined ? [] : [guardOf(onKoa, guard)]), (ctx) => {
      ctx.body = OK;
    });
    app.use(router.routes());
    return app.callback();
  };
}

/** What a server without a framework does: session, guard, answer; one place for errors. */
function answerWith({ sessions, guard, inPlaceOfSession }: AppPlan) {
  const sessionOf = onFetch.authSession(sessions);
  const guarded = guard === undefined ? undefined : guardOf(onFetch, guard);
  return async (request: Request | IncomingMessage, path: string): Promise<Response> => {
    // Whatever stands there: guards must not trust it.
    const session = inPlaceOfSession === undefined ? await sessionOf(request) : (inPlaceOfSession.value as AuthSession);
    const route = Object.entries<Route>(ROUTES).find(([each]) => each === path)?.[1];
    if (route !== undefined) return jsonResponse(await route(session, request));
    if (path !== "/guarded") return new Response(null, { status: 404 });
    await guarded?.(session, request);
    return jsonResponse(OK);
  };
}

/** With the headers that the frameworks' own `json()` sets. */
function jsonResponse(value: unknown): Response {
  const body = JSON.stringify(value);
  const length = String(Buffer.byteLength(body));
  return new Response(body, {
    headers: { "Content-Type": "application/json; charset=utf-8", "Content-Length": length },
  });
}

const nodeFace: Face = (plan) => {
  const answer = answerWith(plan);
  return (request, response) => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    answer(request, path)
      .catch((error: unknown) => onFetch.authErrorResponse(error))
      .then((answered) => send(answered, response))
      .catch(() => response.destroy());
  };
};

const honoFace: Face = (plan) => {
  const answer = answerWith(plan);
  const app = new Hono();
  app.all("*", (context) => answer(context.req.raw, context.req.path));
  app.onError((error) => onFetch.authErrorResponse(error));
  const listener = getRequestListener(app.fetch);
  return (request, response) => void listener(request, response);
};

async function send(answer: Response, response: ServerResponse): Promise<void> {
  const body = Buffer.from(await answer.arrayBuffer());
  const headers = { ...Object.fromEntries(answer.headers), "content-length": body.byteLength };
  response.writeHead(answer.status, headers).end(body);
}

async function answerOf(route: Route, session: AuthSession, request: RequestHeaders): Promise<unknown> {
  return route(session, request);
}

/** Every framework that the package has an adapter for. */
export const FACES = {
  "Express 5": expressFace(() => express5()),
  "Express 4": expressFace(() => express4()),
  "Koa 3": koaFace(() => new Koa3()),
  "Koa 2": koaFace(() => new Koa2()),
  "node:http": nodeFace,
  Hono: honoFace,
} satisfies Record<string, Face>;
