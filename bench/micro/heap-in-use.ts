/** Heap that is still held when all garbage is gone. Needs `node --expose-gc`. */
export async function heapInUse(): Promise<number> {
  const { gc } = globalThis;
  if (gc === undefined) throw new Error("node --expose-gc is needed.");
  // Finalizers and promise jobs of one collection leave work for the next.
  for (let round = 0; round < 4; round += 1) {
    gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
  return process.memoryUsage().heapUsed;
}
