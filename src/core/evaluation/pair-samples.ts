import type { EvaluationSample } from './evaluation-result.js';
import { groupBy } from './group-by.js';

/**
 * The sample of the same row in another evaluation, for every sample: by the hash of the row's content, and where a
 * dataset repeats a row, first with first, second with second.
 */
export function pairSamples(
  samples: readonly EvaluationSample[],
  others: readonly EvaluationSample[],
): (EvaluationSample | null)[] {
  const waiting = new Map(
    [...groupBy(others, ({ row_hash }) => row_hash)].map(([hash, same]) => [hash, same.values()]),
  );
  return samples.map(({ row_hash }) => waiting.get(row_hash)?.next().value ?? null);
}

/** The rows that two evaluations both have, in the order of the first. */
export function samplePairs(
  a: readonly EvaluationSample[],
  b: readonly EvaluationSample[],
): (readonly [EvaluationSample, EvaluationSample])[] {
  return pairSamples(a, b).flatMap((partner, row) => (partner === null ? [] : [[a[row]!, partner] as const]));
}
