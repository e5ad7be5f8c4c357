import { VARIANT_NAMES, type VariantName } from "../variants.js";
import { Arena, type ArenaParts } from "./arena.js";
import type { Traffic } from "./traffic.js";
import { workloadsOf } from "./workloads.js";

const REQUESTS = 24;
const LIMIT_MS = 5000;

/**
 * Sends a few requests of each workload to each variant. Measures nothing: it is there to see statuses.
 *
 * @returns how many pairs of variant and workload answered as they should
 * @throws {Error} for the first that does not
 */
export async function smokeHttp(parts: ArenaParts): Promise<number> {
  const workloads = workloadsOf({ ...parts.scale, allPeers: true });
  let checked = 0;
  for (const name of VARIANT_NAMES) {
    const arena = new Arena({ ...parts, oneProcess: true });
    const contests = workloads.flatMap(({ contests }) => contests.filter((each) => isIn(name, each)));
    const traffics = new Map(contests.map(({ traffic }) => [JSON.stringify(traffic), traffic]));
    try {
      for (const traffic of traffics.values()) {
        await answersTo(arena, name, traffic);
        checked += 1;
      }
    } finally {
      await arena.close();
    }
  }
  return checked;
}

function isIn(
  name: VariantName,
  { challenger, baseline }: { challenger: VariantName; baseline: VariantName },
): boolean {
  return challenger === name || baseline === name;
}

async function answersTo(arena: Arena, name: VariantName, traffic: Traffic): Promise<void> {
  const { requests } = await arena.run(name, traffic, { connections: 4, milliseconds: LIMIT_MS, requests: REQUESTS });
  if (requests < REQUESTS) throw new Error(`${name} answered ${requests} of ${REQUESTS} requests in ${LIMIT_MS} ms.`);
}
