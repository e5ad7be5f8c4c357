import fc, { type IAsyncPropertyWithHooks, type IPropertyWithHooks } from "fast-check";

/** One seed for the whole run: `FC_SEED=<number>` repeats a run that was printed. */
const SEED = Number(process.env.FC_SEED ?? Math.floor(Math.random() * 2 ** 31));

/**
 * Checks a property and prints the seed, with which the same cases come again.
 *
 * @param runs how often the property is tried
 * @param casesInRun how many cases one try holds
 */
export async function checkCases<T>(
  runs: number,
  property: IAsyncPropertyWithHooks<T> | IPropertyWithHooks<T>,
  casesInRun = 1,
): Promise<void> {
  console.log(`      ${runs * casesInRun} cases, FC_SEED=${SEED}`);
  await fc.assert(property, { seed: SEED, numRuns: runs });
}
