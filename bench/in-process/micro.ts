import { runScript } from "../processes/script.js";
import type { Scale } from "../scale.js";
import type { Rounds } from "../statistics.js";

const LIMIT_MS = 300_000;

/** Microseconds of one call, by candidate, in a process of their own. */
export async function measureMicro(stagePath: string, scale: Scale): Promise<Record<string, Rounds>> {
  const args = [stagePath, String(scale.microRounds), String(scale.hotTokens)];
  return (await runScript("micro/in-process.js", args, LIMIT_MS)) as Record<string, Rounds>;
}
