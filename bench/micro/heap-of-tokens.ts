import { writeHeapSnapshot } from "node:v8";
import { SessionManager } from "cognito-auth-session";
import { readStage } from "../stage.js";
import { heapInUse } from "./heap-in-use.js";
import { middlewareOf, requestWith } from "./middleware.js";
import { Tokens } from "./tokens.js";

const WARM_UP = 20;

/** Bytes for each cached token, and a snapshot of the heap: `node --expose-gc heap-of-tokens.js <stage file> <tokens> <snapshot>`. */
const [stageFile = "", tokens = "", snapshotFile = ""] = process.argv.slice(2);
const stage = readStage(stageFile);
const { userPoolId, clientId, issuer } = stage.pool;
const jwks = { keys: stage.jwks.keys.map((key) => ({ ...key })) };
const manager = new SessionManager({ userPoolId, clientId, issuer, jwks, identityPoolId: null });
await manager.warmUp();
const good = new Tokens(stage, "good");
const middleware = middlewareOf(manager, 200);
const count = Math.min(Number(tokens), good.count - WARM_UP);

/** Twice, for a cache that keeps a token from its second time on. */
const feed = async (from: number, to: number) => {
  for (let index = from; index < to; index += 1) {
    for (let time = 0; time < 2; time += 1) await middleware(requestWith(good.at(index)));
  }
};
await feed(good.count - WARM_UP, good.count);
const before = await heapInUse();
await feed(0, count);
const bytesEach = ((await heapInUse()) - before) / count;

// The search of the snapshot has to find this one, or it would find none.
const held = new Tokens(stage, "expired").at(0);
writeHeapSnapshot(snapshotFile);
process.stdout.write(JSON.stringify({ bytesEach, count, heldLength: held.length }), () => process.exit());
