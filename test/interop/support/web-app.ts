import { authErrorHandler, authSession, fetchAuthSession, type SessionManager } from "cognito-auth-session";
import { authRoutes } from "cognito-auth-session/routes";
import express, { type Express } from "express";

/**
 * An application with pages: the routes of a sign-in where it has them, `/me`, which says who calls, and `/renewed`,
 * which insists on new tokens first.
 */
export function webApp(sessions: SessionManager, { hasRoutes = true } = {}): Express {
  const app = express().set("env", "test");
  if (hasRoutes) app.use(authRoutes(sessions, { returnTo: ["/welcome", "/me"] }));
  app.get(["/", "/welcome"], (_req, res) => void res.type("html").send("<h1>Welcome</h1>"));
  app.use(authSession(sessions));
  app.get("/me", (req, res) => {
    const { username, userSub, groups, scopes, clientId } = req.authSession;
    res.json({ username, userSub, groups, scopes, clientId });
  });
  app.get("/renewed", async (req, res) => {
    const { username } = await fetchAuthSession(req, { forceRefresh: true });
    res.json({ username });
  });
  app.use(authErrorHandler());
  return app;
}
