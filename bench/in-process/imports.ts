import { runScript } from "../processes/script.js";
import { median, type Quartiles, quartilesOf } from "../statistics.js";

const LIMIT_MS = 20_000;
/** What is imported, each in fresh processes; the second is what ours is compared with. */
const SPECIFIERS = [
  "cognito-auth-session",
  "aws-jwt-verify",
  "cognito-auth-session/koa",
  "cognito-auth-session/fetch",
  "express-oauth2-jwt-bearer",
  "express",
] as const;

export interface ImportResult {
  readonly specifier: string;
  readonly milliseconds: Quartiles;
  /** Growth of the resident set. */
  readonly megabytes: number;
}

/** Runs take turns: what slows the machine down slows all. The first of each only reads the files in. */
export async function measureImports(runs: number): Promise<readonly ImportResult[]> {
  const records = SPECIFIERS.map((specifier) => ({
    specifier,
    milliseconds: [] as number[],
    megabytes: [] as number[],
  }));
  for (let run = runs === 1 ? 1 : 0; run <= runs; run += 1) {
    for (const { specifier, milliseconds, megabytes } of records) {
      const cost = (await runScript("micro/import-time.js", [specifier], LIMIT_MS)) as Record<string, number>;
      if (run === 0) continue;
      milliseconds.push(cost.milliseconds ?? Number.NaN);
      megabytes.push(cost.megabytes ?? Number.NaN);
    }
  }
  return records.map(({ specifier, milliseconds, megabytes }) => ({
    specifier,
    milliseconds: quartilesOf(milliseconds),
    megabytes: median(megabytes),
  }));
}
