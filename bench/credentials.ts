import { randomBytes } from "node:crypto";
import { writeFileSync } from "node:fs";
import { LocalCognito } from "cognito-auth-session/testing";
import { type CallsRow, measureCalls } from "./measured/calls.js";
import { measureLatency } from "./measured/latency.js";
import { measureMemory, SESSION_TOKEN_LENGTH } from "./measured/memory.js";
import { callsPlot } from "./measured/plot.js";
import { RedisServer } from "./measured/redis-server.js";
import { measureSdkClients } from "./measured/sdk-clients.js";
import { callsTable, latencyTable, machineFacts, memoryTable, sdkClientsTable } from "./measured/tables.js";
import type { Way } from "./measured/ways.js";

/** `npm run bench:credentials`: what reaches the identity pool, and how long users wait for it. */
const USERS = 500;
const FLEETS = [1, 2, 4];
/** The naive way makes two calls for each request whatever one does, so fewer tell as much. */
const REQUESTS: Readonly<Record<Way, number>> = { naive: 1000, "per process": 10_000, "shared store": 10_000 };
const PLOT = "docs/credentials-bench.svg";

const redis = await RedisServer.start().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
const cognito = await LocalCognito.start();
try {
  const stage = {
    options: cognito.options,
    redisUrl: redis.url,
    encryptionKey: randomBytes(32).toString("base64"),
  };
  const signInAll = (prefix: string) =>
    Array.from({ length: USERS }, (_, user) => cognito.signIn({ username: `${prefix}-${user}` }).idToken);

  console.log(`${machineFacts()}\n`);
  const idTokens = signInAll("user");
  const rows: CallsRow[] = [];
  for (const processes of FLEETS) {
    for (const way of ["naive", "per process", "shared store"] as const) {
      const row = await measureCalls({ cognito, stage, idTokens }, way, processes, REQUESTS[way]);
      if (row.failures > 0) throw new Error(`${row.failures} requests failed: ${way}, ${processes} processes.`);
      rows.push(row);
    }
  }
  console.log(`Calls to the identity pool per 10,000 requests of ${USERS} users:\n\n${callsTable(rows)}\n`);
  console.log(`${latencyTable(await measureLatency(stage, signInAll("other")))}\n`);
  console.log(`${sdkClientsTable(await measureSdkClients(stage, idTokens))}\n`);
  console.log(
    `With session tokens of ${SESSION_TOKEN_LENGTH} characters:\n\n${memoryTable(await measureMemory(redis.url))}\n`,
  );
  writeFileSync(PLOT, callsPlot(rows));
  console.log(`Plot: ${PLOT}`);
} finally {
  await cognito.stop();
  await redis.stop();
}
