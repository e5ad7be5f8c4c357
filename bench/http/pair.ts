/** Two servers under the same load. */
export type Side = "challenger" | "baseline";

/** What each did, in slices next to each other. */
export type Pair<Slice> = Readonly<Record<Side, Slice>>;

/** Who goes first changes from round to round: a machine that gets slower favours the first. */
export async function runPair<Slice>(round: number, run: (side: Side) => Promise<Slice>): Promise<Pair<Slice>> {
  if (round % 2 === 1) {
    const challenger = await run("challenger");
    return { challenger, baseline: await run("baseline") };
  }
  const baseline = await run("baseline");
  return { challenger: await run("challenger"), baseline };
}
