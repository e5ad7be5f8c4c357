// Hono, and any other server whose requests are Fetch's: the session by a function, guards as functions.
import { serve } from "@hono/node-server";
import {
  type AuthSession,
  type AuthSessionOptions,
  authErrorResponse,
  authSession,
  requireGroup,
  type SessionGuard,
} from "cognito-auth-session/fetch";
import { Hono } from "hono";
import { createMiddleware } from "hono/factory";
import { isMain } from "./support/listen.js";

type Env = { Variables: { session: AuthSession } };

/** A guard as middleware of a route. */
const allow = (guard: SessionGuard) =>
  createMiddleware<Env>(async (c, next) => {
    await guard(c.var.session, c);
    await next();
  });

export function createApp(options?: AuthSessionOptions) {
  const sessionOf = authSession(options);
  const app = new Hono<Env>();
  app.get("/health", (c) => c.json({ ok: true }));

  app.use(async (c, next) => {
    c.set("session", await sessionOf(c.req.raw));
    await next();
  });
  app.get("/me", (c) => c.json({ ...c.var.session.getUserInfo() }));
  app.delete("/users/:id", allow(requireGroup("admin")), (c) => c.body(null, 204));

  app.onError((error) => authErrorResponse(error)); // throws what is no AuthError
  return app;
}

if (isMain(import.meta.url)) {
  serve({ fetch: createApp().fetch, port: Number(process.env.PORT ?? 3000), hostname: "127.0.0.1" }, ({ port }) => {
    console.log(`Listening on http://127.0.0.1:${port}`);
  });
}
