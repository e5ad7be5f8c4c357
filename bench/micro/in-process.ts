import { readStage } from "../stage.js";
import { quartilesOf, type Rounds } from "../statistics.js";
import { candidatesOf } from "./candidates.js";

const BATCH = 400;
const WARM_UP_BATCHES = 40;

/** Microseconds of each candidate: `node in-process.js <stage file> <rounds> <hot tokens>`. Batches take turns. */
const [stageFile = "", rounds = "1", hotTokens = "1"] = process.argv.slice(2);
const isSmoke = rounds === "1";
const candidates = await candidatesOf(readStage(stageFile), Number(hotTokens));
const microseconds = new Map<string, number[]>(candidates.map(({ name }) => [name, []]));
for (let round = isSmoke ? 0 : -WARM_UP_BATCHES; round < Number(rounds); round += 1) {
  for (const { name, prepare } of candidates) {
    const size = isSmoke ? Number(hotTokens) : BATCH;
    const run = prepare(size);
    const startedAt = performance.now();
    await run();
    const took = performance.now() - startedAt;
    if (round >= 0) microseconds.get(name)?.push((took / size) * 1000);
  }
}
const results: Record<string, Rounds> = Object.fromEntries(
  [...microseconds].map(([name, rounds]) => [name, { ...quartilesOf(rounds), rounds }]),
);
process.stdout.write(JSON.stringify(results), () => process.exit());
