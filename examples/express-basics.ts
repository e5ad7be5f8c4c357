// Who calls? Runs on the pool that the environment or amplify_outputs.json names:
//   COGNITO_USER_POOL_ID=eu-west-1_... COGNITO_CLIENT_ID=... npx tsx examples/express-basics.ts
import { type AuthSessionOptions, authErrorHandler, authSession } from "cognito-auth-session";
import express from "express";
import { isMain, listen } from "./support/listen.js";

export function createApp(options?: AuthSessionOptions) {
  const app = express();
  app.get("/health", (_req, res) => {
    res.json({ ok: true }); // before authSession(): open to all
  });

  app.use(authSession(options));
  app.get("/me", (req, res) => {
    res.json({ sub: req.authSession.userSub, user: req.authSession.getUserInfo(), groups: req.authSession.groups });
  });

  app.use(authErrorHandler());
  return app;
}

if (isMain(import.meta.url)) {
  const { origin } = await listen(createApp());
  console.log(`Listening on ${origin}`);
}
