import { randomBytes, randomUUID } from "node:crypto";
import { createClient } from "redis";
import { systemClock } from "../../src/clock.js";
import type { ExchangedCredentials } from "../../src/credentials/credentials.js";
import { Federation } from "../../src/credentials/federation.js";
import type { Subject } from "../../src/credentials/subject.js";
import { redisStore } from "../../src/redis.js";
import { SealedStore } from "../../src/store/sealed-store.js";
import { heapInUse } from "../../test/support/heap.js";

const USERS = 10_000;
/** Assumed: AWS documents no length. Look at your own: `credentials.sessionToken.length`. */
export const SESSION_TOKEN_LENGTH = 1200;

/** Bytes that a user takes. */
export interface MemoryRow {
  readonly where: string;
  readonly bytes: number;
}

/** What a user's credentials and identity id take in Redis, and the credentials in a process. */
export async function measureMemory(redisUrl: string): Promise<MemoryRow[]> {
  return [
    { where: "Redis: credentials, for an hour", bytes: await redisBytes(redisUrl, "credentials", credentialsOf) },
    { where: "Redis: identity id, for 7 days", bytes: await redisBytes(redisUrl, "identity", () => newIdentityId()) },
    { where: "Process: credentials (`credentialsCacheSize`)", bytes: await heapBytes() },
  ];
}

async function redisBytes(url: string, kind: "credentials" | "identity", newValue: () => unknown): Promise<number> {
  const client = createClient({ url });
  await client.connect();
  await client.flushAll();
  const sealed = new SealedStore(redisStore({ url }), [randomBytes(32)], { clock: systemClock });
  await sealed.get(kind, "connects");
  const before = usedMemory(await client.info("memory"));
  for (let user = 0; user < USERS; user += 1) await sealed.set(kind, newKey(), newValue(), 3600);
  const after = usedMemory(await client.info("memory"));
  await sealed.close();
  client.destroy();
  return (after - before) / USERS;
}

function usedMemory(info: string): number {
  return Number(/^used_memory:(\d+)/m.exec(info)?.[1]);
}

async function heapBytes(): Promise<number> {
  const federation = new Federation({
    onOrphan: () => {},
    clock: systemClock,
    maxUsers: USERS,
    exchange: async () => credentialsOf(),
  });
  const before = await heapInUse();
  for (let user = 0; user < USERS; user += 1) await federation.renew(subject(), "foreground");
  const after = await heapInUse();
  if (federation.size !== USERS) throw new RangeError("Not all users were kept.");
  return (after - before) / USERS;
}

function subject(): Subject {
  const key = newKey();
  const identityPool = { id: "", region: "", endpoint: undefined, stsEndpoint: undefined, getIdRate: undefined };
  const owner = { sub: randomUUID(), originJti: randomUUID() };
  return { key, identityKey: key, identityPool, login: undefined, owner, tokenDigest: newKey(), roleArn: undefined };
}

function credentialsOf(): ExchangedCredentials {
  const nowMs = Date.now();
  return {
    identityId: newIdentityId(),
    accessKeyId: `ASIA${randomBytes(8).toString("hex").toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString("base64"),
    sessionToken: randomBytes(SESSION_TOKEN_LENGTH * 0.75).toString("base64"),
    obtainedAtMs: nowMs,
    expiresAtMs: nowMs + 3_600_000,
  };
}

function newIdentityId(): string {
  return `eu-west-1:${randomUUID()}`;
}

function newKey(): string {
  return randomBytes(32).toString("base64url");
}
