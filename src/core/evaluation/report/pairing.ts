import type { EvaluationSample } from '../evaluation-result.js';

/**
 * The sample of the same row in another evaluation, for every sample: by the hash of the row's content, and where a
 * dataset repeats a row, first with first, second with second.
 */
export function pairSamples(
  samples: readonly EvaluationSample[],
  others: readonly EvaluationSample[],
): (EvaluationSample | null)[] {
  const waiting = new Map<string, EvaluationSample[]>();
  for (const other of others.toReversed()) {
    const same = waiting.get(other.row_hash);
    if (same === undefined) waiting.set(other.row_hash, [other]);
    else same.push(other);
  }
  return samples.map(({ row_hash }) => waiting.get(row_hash)?.pop() ?? null);
}
