import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Heap in use once everything that nobody holds is gone. */
export async function heapInUse(): Promise<number> {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect !== "function") throw new Error("This Node gives no way to collect garbage.");
  // Finalizers and promise jobs of one collection leave work for the next.
  for (let round = 0; round < 3; round += 1) {
    collect();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return process.memoryUsage().heapUsed;
}
