// A web application whose users sign in: the browser holds one cookie, the tokens stay here. Its pages are in client/.
import { createServer } from "node:http";
import { join } from "node:path";
import { S3Client } from "@aws-sdk/client-s3";
import { authErrorHandler, authSession, SessionManager } from "cognito-auth-session";
import { authRoutes } from "cognito-auth-session/routes";
import { LocalCognito } from "cognito-auth-session/testing";
import express from "express";
import { isMain, listen } from "../support/listen.js";
import { LocalS3 } from "../support/local-s3.js";
import { api, type S3Of } from "./api.js";
import { buildClient, CLIENT_DIST } from "./build-client.js";
import { securityHeaders } from "./security-headers.js";

const USERS = [
  {
    username: "ada",
    groups: ["admin"],
    roles: ["arn:aws:iam::123456789012:role/file-owners"],
    attributes: { name: "Ada Lovelace", email: "ada@example.com" },
  },
  { username: "grace", attributes: { name: "Grace Hopper", email: "grace@example.com" } },
];

export function createApp(sessions: SessionManager, s3Of: S3Of) {
  const app = express();
  app.disable("x-powered-by");
  app.use(securityHeaders);
  // Pages hold nothing of anybody's, so they are open to all. Names of assets change with what is in them.
  app.use(
    "/assets",
    express.static(join(CLIENT_DIST, "assets"), { immutable: true, maxAge: "1y", fallthrough: false }),
  );
  app.get(["/", "/files", "/admin"], (_req, res) => {
    res.set("Cache-Control", "no-cache").sendFile(join(CLIENT_DIST, "index.html"));
  });
  app.use(authRoutes(sessions)); // /auth/sign-in, /auth/callback, /auth/session, /auth/refresh, /auth/sign-out
  app.use(authSession(sessions));
  app.use("/api", api(sessions, s3Of));
  app.use(authErrorHandler());
  return app;
}

/** A running application and what stands in for AWS behind it. */
export interface WebApp {
  readonly origin: string;
  readonly sessions: SessionManager;
  stop(): Promise<void>;
}

/** @param options `port` 0 is a free one; `tokenLifetime` is in seconds */
export async function startWebApp({ port = 0, tokenLifetime = 3600 } = {}): Promise<WebApp> {
  await buildClient();
  // Its origin has to be known before there can be an app.
  const { server, origin } = await listen(createServer(), port);
  const cognito = await LocalCognito.start({
    users: USERS,
    tokenLifetime,
    callbackUrls: [`${origin}/auth/callback`],
    logoutUrls: [`${origin}/`],
  });
  const { s3, endpoint } = await LocalS3.start(cognito);
  const sessions = new SessionManager({ ...cognito.options, cookies: "session", origin, required: false });
  const s3Of: S3Of = (session) => session.awsClient(S3Client, { region: "eu-west-1", endpoint, forcePathStyle: true });
  server.on("request", createApp(sessions, s3Of));
  return {
    origin,
    sessions,
    async stop() {
      server.closeAllConnections();
      server.close();
      await sessions.close();
      await s3.stop();
      await cognito.stop();
    },
  };
}

if (isMain(import.meta.url)) {
  // Short-lived tokens, so that their renewal is to be seen.
  const { origin, stop } = await startWebApp({ port: Number(process.env.PORT ?? 3000), tokenLifetime: 120 });
  console.log(`
  The web application is on ${origin}
  There is no AWS behind it: a user pool, an identity pool and an S3 stand-in run on this machine.

  Sign in as ada, an admin, or as grace, who is in no group. No password is asked.

  Ctrl-C stops it.
`);
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => void stop());
}
