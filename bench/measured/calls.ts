import type { LocalCognito } from "cognito-auth-session/testing";
import { createClient } from "redis";
import { Random } from "../simulation/random.js";
import { runFleet } from "./fleet.js";
import type { Stage, Way } from "./ways.js";

const CONCURRENCY = 16;

/** Calls of one way, by so many processes. */
export interface CallsRow {
  readonly way: Way;
  readonly processes: number;
  /** How many requests were made. */
  readonly requests: number;
  /** Calls, counted at the identity pool, for 10,000 requests. */
  readonly getId: number;
  readonly getCredentials: number;
  readonly failures: number;
}

/** What the measuring works with. */
export interface CallsParts {
  readonly cognito: LocalCognito;
  readonly stage: Stage;
  readonly idTokens: readonly string[];
}

/**
 * Sends requests of random users to random processes, which start with empty memory, and counts what reaches the
 * identity pool. The same seed sends the same requests whichever way.
 */
export async function measureCalls(
  { cognito, stage, idTokens }: CallsParts,
  way: Way,
  processes: number,
  requests: number,
): Promise<CallsRow> {
  await emptyRedis(stage.redisUrl);
  const random = new Random(10_000 + processes);
  const lists = Array.from({ length: processes }, (): string[] => []);
  for (let count = 0; count < requests; count += 1) {
    lists[random.below(processes)]?.push(idTokens[random.below(idTokens.length)] ?? "");
  }
  const before = callsOf(cognito);
  const jobs = lists.map((list) => ({ way, stage, idTokens: list, concurrency: CONCURRENCY }));
  const { failures } = await runFleet(jobs);
  const after = callsOf(cognito);
  const scale = 10_000 / requests;
  return {
    way,
    processes,
    requests,
    getId: (after.getId - before.getId) * scale,
    getCredentials: (after.getCredentials - before.getCredentials) * scale,
    failures,
  };
}

function callsOf(cognito: LocalCognito) {
  return { getId: cognito.requests("GetId"), getCredentials: cognito.requests("GetCredentialsForIdentity") };
}

async function emptyRedis(url: string): Promise<void> {
  const client = createClient({ url });
  await client.connect();
  await client.flushAll();
  client.destroy();
}
