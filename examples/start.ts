// `npm start`: an API that knows who calls and acts on AWS as that user. On LocalCognito, unless the environment or
// amplify_outputs.json names a real pool.
import { existsSync } from "node:fs";
import {
  authErrorHandler,
  authSession,
  ConfigurationError,
  requireGroup,
  requireScope,
  SessionManager,
} from "cognito-auth-session";
import express from "express";
import { type Files, userFiles } from "./s3-user-files.js";
import { listen } from "./support/listen.js";
import { startSandbox } from "./support/sandbox.js";

const { COGNITO_USER_POOL_ID, COGNITO_ISSUER, BUCKET } = process.env;
const isReal = Boolean(COGNITO_USER_POOL_ID || COGNITO_ISSUER) || existsSync("amplify_outputs.json");

function createApp(sessions: SessionManager, files: Files | undefined) {
  const app = express();
  app.use(authSession(sessions));
  app.get("/me", (req, res) => {
    const { identityId, credentials, groups } = req.authSession;
    res.json({ ...req.authSession.getUserInfo(), groups, identityId, credentialsExpire: credentials?.expiration });
  });
  if (files) app.use("/files", userFiles(files));
  app.get("/admin", requireGroup("admin"), (req, res) => {
    res.json({ message: `Welcome, ${req.authSession.username}. Only admins see this.` });
  });
  app.get("/orders", requireScope("orders/read"), (_req, res) => {
    res.json({ orders: [] });
  });
  app.use(authErrorHandler());
  return app;
}

interface Running {
  /** What to try. */
  text: string;
  stop(): Promise<void>;
}

/** On LocalCognito, with the playground's page at `/`. */
async function startLocal(): Promise<Running> {
  const sandbox = await startSandbox();
  const { origin, close } = await sandbox.serve((sessions) => createApp(sessions, sandbox.files));
  const stop = async () => {
    await close();
    await sandbox.stop();
  };
  return { text: sandbox.describe(origin), stop };
}

/** On a user pool of your own. */
async function startReal(): Promise<Running> {
  const sessions = new SessionManager();
  const files = BUCKET ? { bucket: BUCKET } : undefined;
  const { server, origin } = await listen(createApp(sessions, files));
  const stop = async () => {
    server.closeAllConnections();
    server.close();
    await sessions.close();
  };
  return { text: describeReal(origin, files), stop };
}

async function start(): Promise<void> {
  const { text, stop } = isReal ? await startReal() : await startLocal();
  console.log(text);
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.once(signal, () => void stop().then(() => console.log("\nStopped.")));
  }
}

function describeReal(origin: string, files: Files | undefined): string {
  const { userPools } = new SessionManager().health();
  return `
  The example API is on ${origin}
  It takes tokens of user pool ${userPools[0]?.userPoolId}. Put an ID token of yours into TOKEN, then:

    curl -iw '\\n' -H "Authorization: Bearer $TOKEN" ${origin}/me
    curl -iw '\\n' -H "Authorization: Bearer $TOKEN" ${origin}/admin
${files ? `    curl -iw '\\n' -H "Authorization: Bearer $TOKEN" ${origin}/files` : "\n  To list the user's files in S3 too, start it with BUCKET=<bucket>."}

  Ctrl-C stops it.
`;
}

await start().catch((error: unknown) => {
  if (error instanceof ConfigurationError) console.error(`\n  ${error.message}\n`);
  else if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") {
    console.error("\n  The port is taken. Choose another: PORT=3001 npm start\n");
  } else console.error(error);
  process.exit(1);
});
