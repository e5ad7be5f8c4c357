import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import {
  type AuthSession,
  type AuthSessionOptions,
  authErrorHandler,
  authSession,
  type RequestHeaders,
  SessionManager,
  type SessionStore,
} from "cognito-auth-session";
import * as onFetch from "cognito-auth-session/fetch";
import * as onKoa from "cognito-auth-session/koa";
import { type AuthRoutesOptions, authRoutes, fetchAuthRoutes, koaAuthRoutes } from "cognito-auth-session/routes";
import { LocalCognito, type LocalCognitoOptions, memoryStore } from "cognito-auth-session/testing";
import express from "express";
import Koa from "koa";
import type { Answer } from "./expectations.js";
import { describeSession } from "./faces.js";

/** An answer, and the cookies that it sets. */
export interface CookieAnswer extends Answer {
  readonly setCookies: readonly string[];
  readonly location: string | undefined;
}

/** How a request is made, beside its path. */
export interface CookieRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Its cookies go along, and what the answer sets is kept in it. */
  readonly jar?: CookieJar;
  readonly body?: string;
}

/** A body by the session and the request as the framework has it. */
export type CookieRoute = (session: AuthSession, request: RequestHeaders) => unknown;

/** What an app with cookies is started with. */
export interface CookieAppPlan {
  readonly cognitoOptions?: LocalCognitoOptions;
  /** One that runs already; who started it stops it. */
  readonly cognito?: LocalCognito;
  readonly managerOptions?: AuthSessionOptions;
  readonly routesOptions?: AuthRoutesOptions;
  readonly clock?: () => number;
  readonly framework?: keyof typeof FRAMEWORKS;
  /** Beside `/me`, which describes the session: answers by path. */
  readonly routes?: Readonly<Record<string, CookieRoute>>;
}

/** The cookies that a browser keeps of one site. */
export class CookieJar {
  readonly cookies: Map<string, string>;

  constructor(cookies: Iterable<readonly [string, string]> = []) {
    this.cookies = new Map(cookies);
  }

  get header(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  keep(setCookies: readonly string[]): void {
    for (const cookie of setCookies) {
      const [pair = ""] = cookie.split(";");
      const [name, value] = [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)];
      if (/;\s*max-age=0(?:;|$)/i.test(cookie)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
  }

  copy(): CookieJar {
    return new CookieJar(this.cookies);
  }
}

/** An app with sessions in cookies, the user pool that it signs in at, and browsers that visit it. */
export class CookieApp {
  constructor(
    readonly origin: string,
    readonly cognito: LocalCognito,
    readonly sessions: SessionManager,
    /** What `sessions` was made with: for more engines of the same application. */
    readonly managerOptions: AuthSessionOptions,
    readonly close: () => Promise<void>,
  ) {}

  async request(path: string, { method = "GET", headers = {}, jar, body }: CookieRequest = {}): Promise<CookieAnswer> {
    const cookie = jar?.header;
    const response = await fetch(new URL(path, this.origin), {
      method,
      redirect: "manual",
      headers: { ...(cookie ? { Cookie: cookie } : {}), ...headers },
      ...(body === undefined ? {} : { body }),
    });
    const setCookies = response.headers.getSetCookie();
    jar?.keep(setCookies);
    const text = await response.text();
    const location = response.headers.get("location") ?? undefined;
    const all = Object.fromEntries(response.headers);
    return { status: response.status, headers: all, text, body: parsed(text), setCookies, location };
  }

  /** The same as a page of the app sends it. */
  post(path: string, request: CookieRequest = {}): Promise<CookieAnswer> {
    return this.request(path, { method: "POST", ...request, headers: { Origin: this.origin, ...request.headers } });
  }

  /** Signs a user in the way a browser does: our sign-in route, the managed login's form, our callback. */
  async signIn(username: string, groups?: readonly string[], jar = new CookieJar()): Promise<CookieJar> {
    const begun = await this.request("/auth/sign-in", { jar });
    const callback = await this.login(begun.location ?? "", username, groups);
    const done = await this.request(callback, { jar });
    if (done.status !== 303) throw new Error(`The callback answered ${done.status}: ${done.text.slice(0, 200)}`);
    return jar;
  }

  /** Fills in the managed login's form. @returns where it leads back to */
  async login(authorizeUrl: string, username: string, groups: readonly string[] = []): Promise<string> {
    const { origin, searchParams } = new URL(authorizeUrl);
    const form = new URLSearchParams(searchParams);
    form.set("username", username);
    form.set("groups", groups.join(","));
    const response = await fetch(`${origin}/login`, {
      method: "POST",
      redirect: "manual",
      headers: { "Content-Type": "application/x-www-form-urlencoded", Origin: origin },
      body: form.toString(),
    });
    const location = response.headers.get("location");
    if (location === null) throw new Error(`The login page answered ${response.status}.`);
    return location;
  }
}

/** A store that tests look into and get in the way of. */
export class ScriptedStore implements SessionStore {
  readonly #store: SessionStore;
  readonly entries = new Map<string, string>();
  /** Told before each operation: what it waits for the operation waits for, and where it throws the operation fails. */
  before: (operation: "get" | "set" | "delete" | "lock", key: string) => unknown = () => {};

  constructor(clock: () => number) {
    this.#store = memoryStore({ clock });
  }

  async get(key: string) {
    await this.before("get", key);
    return this.#store.get(key);
  }
  async set(key: string, value: string, ttlSeconds: number) {
    await this.before("set", key);
    this.entries.set(key, value);
    return this.#store.set(key, value, ttlSeconds);
  }
  async delete(key: string) {
    await this.before("delete", key);
    this.entries.delete(key);
    return this.#store.delete(key);
  }
  async lock(key: string, ttlSeconds: number) {
    await this.before("lock", key);
    return this.#store.lock?.(key, ttlSeconds);
  }
}

/** Waits for something to happen. */
export async function until(condition: () => boolean): Promise<void> {
  for (let count = 0; count < 1000 && !condition(); count += 1) await new Promise((resolve) => setTimeout(resolve, 5));
  if (!condition()) throw new Error("It has not happened.");
}

const FRAMEWORKS = {
  express: (sessions: SessionManager, { routes = {}, routesOptions }: CookieAppPlan): RequestListener => {
    const app = express().set("env", "test");
    if (usesRoutes(sessions)) app.use(authRoutes(sessions, routesOptions));
    app.use(authSession(sessions));
    for (const [path, route] of Object.entries(withMe(routes))) {
      app.all(path, async (req, res) => {
        res.json(await route(req.authSession, req));
      });
    }
    app.use(authErrorHandler());
    return app;
  },
  koa: (sessions: SessionManager, { routes = {}, routesOptions }: CookieAppPlan): RequestListener => {
    const app = new Koa();
    app.silent = true;
    app.use(onKoa.authErrorHandler());
    if (usesRoutes(sessions)) app.use(koaAuthRoutes(sessions, routesOptions));
    app.use(onKoa.authSession(sessions));
    app.use(async (ctx) => {
      const route = withMe(routes)[ctx.path];
      if (route !== undefined) ctx.body = await route(ctx.state.authSession, ctx.req);
    });
    return app.callback();
  },
  fetch: (sessions: SessionManager, { routes = {}, routesOptions }: CookieAppPlan): RequestListener => {
    const own = usesRoutes(sessions) ? fetchAuthRoutes(sessions, routesOptions) : undefined;
    const listener = getRequestListener(async (request) => {
      const answered = await own?.(request);
      if (answered !== undefined) return answered;
      const headers = new Headers({ "Content-Type": "application/json" });
      try {
        const session = await sessions.getSession(request, headers);
        const route = withMe(routes)[new URL(request.url).pathname];
        return new Response(JSON.stringify(await route?.(session, request)), { headers });
      } catch (error) {
        const refusal = onFetch.authErrorResponse(error);
        for (const cookie of headers.getSetCookie()) refusal.headers.append("Set-Cookie", cookie);
        return refusal;
      }
    });
    return (request, response) => void listener(request, response);
  },
};

/** Starts an app on loopback with `cookies: "session"`, unless `managerOptions` say otherwise. */
export async function startCookieApp(plan: CookieAppPlan = {}): Promise<CookieApp> {
  const { clock, framework = "express", managerOptions = {} } = plan;
  const cognito = plan.cognito ?? (await LocalCognito.start({ ...plan.cognitoOptions, ...(clock && { clock }) }));
  let listener: RequestListener | undefined;
  const server = createServer((request, response) => listener?.(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // Of a server that listens on a port this is an address.
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const options: AuthSessionOptions = {
    ...cognito.options,
    cookies: "session",
    ...managerOptions,
    origin: managerOptions.origin ?? origin,
  };
  const sessions = new SessionManager(options, clock && { clock });
  kinds.set(sessions, options.cookies);
  listener = FRAMEWORKS[framework](sessions, plan);
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await sessions.close();
    if (plan.cognito === undefined) await cognito.stop();
  };
  return new CookieApp(origin, cognito, sessions, options, close);
}

const kinds = new WeakMap<SessionManager, AuthSessionOptions["cookies"]>();

/** Sign-in routes are for our own sessions only. */
function usesRoutes(sessions: SessionManager): boolean {
  return kinds.get(sessions) === "session";
}

function withMe(routes: Readonly<Record<string, CookieRoute>>): Readonly<Record<string, CookieRoute>> {
  return { "/me": describeSession, ...routes };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
