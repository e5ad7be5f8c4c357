import { randomBytes, randomUUID } from "node:crypto";
import { SessionManager } from "cognito-auth-session";
import { readStage } from "../stage.js";
import { heapInUse } from "./heap-in-use.js";
import { middlewareOf, requestWith } from "./middleware.js";
import { Tokens } from "./tokens.js";

const WARM_UP = 5;
/** Assumed: AWS documents no length. */
const SESSION_TOKEN_LENGTH = 1200;

/** Bytes for each user, token and credentials together: `node --expose-gc heap-of-users.js <stage file>`. */
const [stageFile = ""] = process.argv.slice(2);
const stage = readStage(stageFile);
const { userPoolId, clientId, issuer, jwksUri, identityPoolId } = stage.local;
const options = { userPoolId, clientId, issuer, jwksUri, identityPoolId, credentials: "eager" } as const;
const manager = new SessionManager(options, { exchange: async () => newCredentials() });
await manager.warmUp();
const ids = new Tokens(stage, "id");
const middleware = middlewareOf(manager, 200);

const feed = async (from: number, to: number) => {
  for (let index = from; index < to; index += 1) {
    for (let time = 0; time < 2; time += 1) await middleware(requestWith(ids.at(index)));
  }
};
await feed(0, WARM_UP);
const before = await heapInUse();
await feed(WARM_UP, ids.count);
const bytesEach = ((await heapInUse()) - before) / (ids.count - WARM_UP);
const { cachedCredentials } = manager.health();
if (cachedCredentials !== ids.count) throw new Error(`Only ${cachedCredentials} users were kept.`);
process.stdout.write(JSON.stringify({ bytesEach, count: ids.count }), () => process.exit());

function newCredentials() {
  const obtainedAtMs = Date.now();
  return {
    identityId: `eu-west-1:${randomUUID()}`,
    accessKeyId: `ASIA${randomBytes(8).toString("hex").toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString("base64"),
    sessionToken: randomBytes(SESSION_TOKEN_LENGTH * 0.75).toString("base64"),
    obtainedAtMs,
    expiresAtMs: obtainedAtMs + 3_600_000,
  };
}
