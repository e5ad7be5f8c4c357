// One of many servers: credentials shared through Redis, roles by group, guests, sign-out that counts everywhere.
import {
  type AuthSessionOptions,
  authErrorHandler,
  authSession,
  requireAuth,
  requireGroup,
  roleByGroup,
  SessionManager,
} from "cognito-auth-session";
import { redisStore } from "cognito-auth-session/redis";
import express from "express";
import { isMain, listen } from "./support/listen.js";

const ROLES = { admin: "arn:aws:iam::123456789012:role/admins", editor: "arn:aws:iam::123456789012:role/editors" };

export function createApp(options: AuthSessionOptions) {
  const sessions = new SessionManager({ required: false, guest: true, roleArn: roleByGroup(ROLES), ...options });
  const app = express();
  app.get("/health", (_req, res) => {
    const { ready, storeIsUp } = sessions.health();
    res.status(ready ? 200 : 503).json({ ready, storeIsUp });
  });
  app.use(authSession(sessions));

  app.get("/whoami", (req, res) => {
    const { isAuthenticated, username, identityId, credentials } = req.authSession;
    res.json({ isAuthenticated, username, identityId, signsAs: credentials?.accessKeyId });
  });
  app.post("/sign-out", requireAuth(), async (req, res) => {
    const { accessToken, idToken } = req.authSession.tokens ?? {};
    const originJti = (accessToken ?? idToken)?.payload.origin_jti;
    if (originJti !== undefined) await sessions.revoke({ originJti });
    res.sendStatus(204);
  });
  app.post("/users/:id/sign-out", requireGroup("admin"), async (req, res) => {
    await sessions.revoke({ userSub: String(req.params.id) });
    res.sendStatus(204);
  });

  app.use(authErrorHandler());
  return { app, sessions };
}

if (isMain(import.meta.url)) {
  const { REDIS_URL = "redis://127.0.0.1:6379", SESSION_KEY = "" } = process.env;
  const { app, sessions } = createApp({ store: redisStore({ url: REDIS_URL }), encryptionKeys: [SESSION_KEY] });
  await sessions.warmUp();
  const { origin } = await listen(app);
  console.log(`Listening on ${origin}`);
}
