import { readStage } from "../stage.js";
import { Tokens } from "./tokens.js";

/**
 * What a new process pays until it has answered, as a Lambda function does: `node cold-start.js <ours | ours, warmed up |
 * by hand> <stage file>`. Milliseconds since the process was started, and for each step.
 */
const [way = "", stageFile = ""] = process.argv.slice(2);
const stage = readStage(stageFile);
const steps: Record<string, number> = {};
let last = performance.now();
const took = (step: string): void => {
  const now = performance.now();
  steps[step] = now - last;
  last = now;
};
const access = new Tokens(stage, "good").at(0);
const id = new Tokens(stage, "id").at(0);
last = performance.now();
await (way === "by hand" ? byHandFirst() : oursFirst());
process.stdout.write(JSON.stringify(steps), () => process.exit());

async function oursFirst(): Promise<void> {
  const { SessionManager } = await import("cognito-auth-session");
  took("import");
  const { userPoolId, clientId, issuer, jwksUri } = stage.pool;
  const pool = { userPoolId, clientId, issuer, jwksUri, identityPoolId: null };
  const { local } = stage;
  const sessions = new SessionManager(pool);
  const federating = new SessionManager(local);
  took("set up");
  if (way === "ours, warmed up") {
    await Promise.all([sessions.warmUp(), federating.warmUp()]);
    took("warmUp()");
  }
  await sessions.getSession({ headers: { authorization: `Bearer ${access}` } });
  took("first request");
  const session = await federating.getSession({ headers: { authorization: `Bearer ${id}` } });
  await session.getCredentials();
  took("first credentials");
}

async function byHandFirst(): Promise<void> {
  const { byHand } = await import("../by-hand.js");
  took("import");
  const verifier = byHand(stage);
  took("set up");
  await verifier.verify(access);
  took("first request");
}
