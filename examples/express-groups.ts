// Who may? Routes by group, by scope and by a check of your own.
import {
  type AuthSessionOptions,
  authErrorHandler,
  authorize,
  authSession,
  requireEveryGroup,
  requireGroup,
  requireScope,
} from "cognito-auth-session";
import express from "express";
import { isMain, listen } from "./support/listen.js";

export function createApp(options?: AuthSessionOptions) {
  const app = express();
  app.use(authSession(options));

  app.get("/reports", requireGroup("admin", "reader"), (_req, res) => {
    res.json({ reports: ["2026-10", "2026-11"] });
  });
  app.post("/payouts", requireEveryGroup("admin", "finance"), (_req, res) => {
    res.status(202).json({ accepted: true });
  });
  app.get("/orders", requireScope("orders/read"), (_req, res) => {
    res.json({ orders: [] });
  });
  const isOwnProfile = authorize((session, req) => session.userSub === req.params.id);
  app.get("/users/:id", isOwnProfile, (req, res) => {
    res.json(req.authSession.getUserInfo());
  });

  app.use(authErrorHandler());
  return app;
}

if (isMain(import.meta.url)) {
  const { origin } = await listen(createApp());
  console.log(`Listening on ${origin}`);
}
