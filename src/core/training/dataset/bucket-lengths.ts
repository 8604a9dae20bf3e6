/** Shapes are compiled one by one, so a run has few of them. */
const MAXIMUM_BUCKETS = 4;

/** Lengths are multiples of this many tokens, which kernels handle well in whole blocks … */
const LENGTH_STEP = 32;
/** … or of this many (still a whole block of half-precision matrix units) where rows are short. */
const SHORT_LENGTH_STEP = 8;
/** Mean tokens in a row from which rounding up to the larger step costs at most about 6 % (half a step per row). */
const LONG_ROWS = 256;

/** Rounds a row's length up to one that batches may have, given the mean of all; never above `sequenceLength`. */
export function lengthRounder(meanLength: number, sequenceLength: number): (length: number) => number {
  const step = meanLength < LONG_ROWS ? SHORT_LENGTH_STEP : LENGTH_STEP;
  return (length) => Math.min(Math.ceil(length / step) * step, sequenceLength);
}

/**
 * Chooses the lengths that batches are padded to: of all choices of at most {@link MAXIMUM_BUCKETS} rounded lengths the
 * one with the fewest token positions in an epoch, where each row goes to the shortest length that holds it and the
 * last batch of each length is filled up with empty rows. Exact, by dynamic programming over the sorted lengths.
 *
 * @param rowLengths tokens in each row, at least one row, none longer than `sequenceLength`
 * @returns ascending
 */
export function chooseBucketLengths(
  rowLengths: readonly number[],
  batchSize: number,
  sequenceLength: number,
): number[] {
  const mean = rowLengths.reduce((a, b) => a + b) / rowLengths.length;
  const round = lengthRounder(mean, sequenceLength);
  const counts = new Map<number, number>();
  for (const length of rowLengths) counts.set(round(length), (counts.get(round(length)) ?? 0) + 1);
  const candidates = [...counts.keys()].sort((a, b) => a - b);

  // rowsUpTo[i] counts the rows that fit the first i candidates.
  const rowsUpTo = [0];
  for (const length of candidates) rowsUpTo.push(rowsUpTo.at(-1)! + counts.get(length)!);
  const positions = (from: number, to: number): number =>
    Math.ceil((rowsUpTo[to]! - rowsUpTo[from]!) / batchSize) * batchSize * candidates[to - 1]!;

  // best[i]: the cheapest buckets for the rows that fit the first i candidates, the last bucket ending there.
  interface Choice {
    readonly cost: number;
    readonly lengths: readonly number[];
  }
  const nothing: Choice = { cost: 0, lengths: [] };
  let best: (Choice | undefined)[] = [nothing];
  let cheapest: Choice | undefined;
  for (let buckets = 1; buckets <= Math.min(MAXIMUM_BUCKETS, candidates.length); buckets++) {
    const next: (Choice | undefined)[] = [undefined];
    for (let to = 1; to <= candidates.length; to++) {
      let cost = Infinity;
      let from = 0;
      for (let split = 0; split < to; split++) {
        const total = (best[split]?.cost ?? Infinity) + positions(split, to);
        if (total < cost) [cost, from] = [total, split];
      }
      next.push(
        cost === Infinity ? undefined : { cost, lengths: [...best[from]!.lengths, candidates[to - 1]!] },
      );
    }
    best = next;
    const complete = best.at(-1);
    if (complete !== undefined && complete.cost < (cheapest?.cost ?? Infinity)) cheapest = complete;
  }
  return [...cheapest!.lengths];
}
