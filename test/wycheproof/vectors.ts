import type { JsonWebKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** What the project says of a vector. `acceptable` leaves it to the verifier. */
export type Verdict = "valid" | "invalid" | "acceptable";

/** A whole JWS. */
export interface JwsVector {
  readonly tcId: number;
  readonly comment: string;
  readonly jws: string;
  readonly result: Verdict;
  readonly flags: readonly string[];
}

/** A key, or a set of keys where the vectors are about sets. */
export type KeyOrSet = JsonWebKey & { readonly keys?: readonly JsonWebKey[] };

/** Vectors of one key. Symmetric keys have no public half. */
export interface JwsGroup {
  readonly comment: string;
  readonly public?: KeyOrSet;
  readonly private?: KeyOrSet;
  readonly tests: readonly JwsVector[];
}

/** A signature over any bytes. */
export interface RsaVector {
  readonly tcId: number;
  readonly comment: string;
  /** Hex. */
  readonly msg: string;
  /** Base64url. */
  readonly sig: string;
  readonly result: Verdict;
  readonly flags: readonly string[];
}

export interface RsaFile {
  readonly file: string;
  readonly numberOfTests: number;
  readonly testGroups: readonly { readonly keyJwk: JsonWebKey; readonly tests: readonly RsaVector[] }[];
}

export interface JwsFile {
  readonly file: string;
  readonly numberOfTests: number;
  readonly testGroups: readonly JwsGroup[];
}

/** The files beside this one are of these forms; README.md says how they were made. */
const read = (name: string): unknown => JSON.parse(readFileSync(join(import.meta.dirname, name), "utf8"));

export const jwsVectors = read("json_web_signature.json") as JwsFile;
export const jwkVectors = read("json_web_key.json") as JwsFile;
export const rsaVectors = read("rsa_signature.json") as readonly RsaFile[];

/** The key set that a group's vectors are verified with. */
export function keySetOf(group: JwsGroup): { keys: readonly JsonWebKey[] } {
  const given = group.public ?? group.private ?? {};
  return { keys: given.keys ?? [given] };
}
