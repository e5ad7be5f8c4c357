/** A median between its quartiles. */
export interface Quartiles {
  readonly low: number;
  readonly median: number;
  readonly high: number;
}

/** Of measurements that were made in turn with others, round by round. */
export interface Rounds extends Quartiles {
  readonly rounds: readonly number[];
}

/** What slows a machine down for a while slows both of a round: the median of their ratios is steadier than that of each. */
export function ratiosOf({ rounds }: Rounds, other: Rounds): Quartiles {
  return quartilesOf(rounds.map((value, round) => value / (other.rounds[round] ?? Number.NaN)));
}

export function quartilesOf(values: readonly number[]): Quartiles {
  return { low: quantile(values, 0.25), median: quantile(values, 0.5), high: quantile(values, 0.75) };
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** Between two values where it falls between them. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const position = (sorted.length - 1) * share;
  const below = sorted[Math.floor(position)] ?? Number.NaN;
  const above = sorted[Math.ceil(position)] ?? below;
  return below + (above - below) * (position - Math.floor(position));
}
