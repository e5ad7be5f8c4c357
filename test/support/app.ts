import {
  type AuthSessionOptions,
  authErrorHandler,
  authSession,
  SessionManager,
  type SessionManagerParts,
} from "cognito-auth-session";
import express, { type Express, type RequestHandler } from "express";
import supertest, { type Test } from "supertest";

/** An app with our middleware, routes and error handler. `/me` shows the session. */
export function appWith(
  options: AuthSessionOptions | SessionManager,
  routes: (app: Express) => void = () => {},
  parts?: SessionManagerParts,
): Express {
  const app = express();
  const manager = options instanceof SessionManager ? options : new SessionManager(options, parts);
  app.use(authSession(manager));
  app.all("/me", (req, res) => {
    const { isAuthenticated, userSub, username, clientId, userPoolId, groups, scopes, identityId, credentials } =
      req.authSession;
    const accessKeyId = credentials?.accessKeyId;
    res.json({ isAuthenticated, userSub, username, clientId, userPoolId, groups, scopes, identityId, accessKeyId });
  });
  routes(app);
  app.use(authErrorHandler());
  return app;
}

/** A GET with a bearer token, and an ID token beside it if there is one. */
export function get(app: Express, path: string, bearer?: string, idToken?: string): Test {
  const test = supertest(app).get(path);
  if (bearer !== undefined) test.set("Authorization", `Bearer ${bearer}`);
  if (idToken !== undefined) test.set("X-Id-Token", idToken);
  return test;
}

/** Answers 200. */
export const ok: RequestHandler = (_req, res) => {
  res.json({ ok: true });
};

/** A clock that stands until it is moved. */
export class TestClock {
  nowMs = Date.now();
  readonly read = (): number => this.nowMs;

  advance({ seconds = 0, minutes = 0, hours = 0 }: { seconds?: number; minutes?: number; hours?: number }): void {
    this.nowMs += ((hours * 60 + minutes) * 60 + seconds) * 1000;
  }
}
