import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { RequestsFile } from "../load/requests-file.js";
import { runScript } from "../processes/script.js";
import type { Scale } from "../scale.js";
import type { Stage } from "../stage.js";

const LIMIT_MS = 120_000;
const FLAGS = ["--expose-gc"];
/** Tokens that are looked for, of those that were cached. */
const SAMPLES = 20;
/** V8 cuts long strings short in snapshots, so it is parts of tokens that are looked for. */
const PART = 64;

export interface MemoryResult {
  readonly bytesPerToken: number;
  readonly tokens: number;
  readonly bytesPerUser: number;
  readonly users: number;
  /** Cached tokens of which some part was found in a heap snapshot, of those looked for. */
  readonly tokensFound: number;
  readonly tokensLookedFor: number;
}

/** What caches hold, and that bearer tokens are not among it. */
export async function measureMemory(stagePath: string, stage: Stage, scale: Scale): Promise<MemoryResult> {
  const snapshotFile = join(stagePath, "..", "tokens.heapsnapshot");
  const args = [stagePath, String(scale.heapTokens), snapshotFile];
  const ofTokens = (await runScript("micro/heap-of-tokens.js", args, LIMIT_MS, FLAGS)) as Measured;
  const ofUsers = (await runScript("micro/heap-of-users.js", [stagePath], LIMIT_MS, FLAGS)) as Measured;
  const snapshot = readFileSync(snapshotFile);
  rmSync(snapshotFile);
  const holds = (token: string) => partsOf(token).some((part) => snapshot.includes(part));
  if (!holds(tokenAt(new RequestsFile(stage.requests.expired), 0))) {
    throw new Error("A token that is held for sure was not found in the heap snapshot: the search is blind.");
  }
  const good = new RequestsFile(stage.requests.good);
  const looked = Array.from({ length: SAMPLES }, (_, index) => Math.floor((index * ofTokens.count) / SAMPLES));
  return {
    bytesPerToken: ofTokens.bytesEach,
    tokens: ofTokens.count,
    bytesPerUser: ofUsers.bytesEach,
    users: ofUsers.count,
    tokensFound: looked.filter((index) => holds(tokenAt(good, index))).length,
    tokensLookedFor: looked.length,
  };
}

interface Measured {
  readonly bytesEach: number;
  readonly count: number;
}

/** From the payload, where it names the user, and from the signature. The header is the same in all tokens. */
function partsOf(token: string): readonly string[] {
  const [, payload = "", signature = ""] = token.split(".");
  return [payload.slice(0, PART), signature.slice(0, PART)];
}

function tokenAt(file: RequestsFile, index: number): string {
  return /Bearer (\S+)/.exec(file.at(index).toString("latin1"))?.[1] ?? "";
}
