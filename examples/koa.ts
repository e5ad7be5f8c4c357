// Koa: the session at `ctx.state.authSession`, the guards in the route.
import Router from "@koa/router";
import { type AuthSessionOptions, authErrorHandler, authSession, requireGroup } from "cognito-auth-session/koa";
import Koa from "koa";
import { isMain, listen } from "./support/listen.js";

export function createApp(options?: AuthSessionOptions) {
  const app = new Koa();
  app.use(authErrorHandler()); // first: Koa's errors come back through what was mounted before

  const open = new Router();
  open.get("/health", (ctx) => {
    ctx.body = { ok: true };
  });
  app.use(open.routes());

  app.use(authSession(options));
  const router = new Router();
  router.get("/me", (ctx) => {
    ctx.body = ctx.state.authSession.getUserInfo();
  });
  router.delete("/users/:id", requireGroup("admin"), (ctx) => {
    ctx.status = 204;
  });
  app.use(router.routes());
  return app;
}

if (isMain(import.meta.url)) {
  const { origin } = await listen(createApp().callback());
  console.log(`Listening on ${origin}`);
}
