import * as v from "valibot";
import type { Grant } from "./grant.js";
import type { SessionRecord } from "./session-records.js";

const grant: v.GenericSchema<unknown, Grant> = v.object({
  accessToken: v.string(),
  idToken: v.string(),
  refreshToken: v.optional(v.string()),
  rotates: v.optional(v.boolean()),
  sentAtMs: v.optional(v.number()),
  revision: v.number(),
});

const sessionRecord: v.GenericSchema<unknown, SessionRecord> = v.object({
  issuer: v.string(),
  clientId: v.string(),
  sub: v.string(),
  username: v.optional(v.string()),
  startedAtMs: v.number(),
  usedAtMs: v.number(),
  grant,
});

/** A grant as the store gave it back; undefined for anything else. */
export function readGrant(value: unknown): Grant | undefined {
  return read(grant, value);
}

/** A session's record as the store gave it back; undefined for anything else. */
export function readSessionRecord(value: unknown): SessionRecord | undefined {
  return read(sessionRecord, value);
}

function read<T>(schema: v.GenericSchema<unknown, T>, value: unknown): T | undefined {
  const result = v.safeParse(schema, value);
  return result.success ? result.output : undefined;
}
