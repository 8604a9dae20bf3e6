import type { EvaluationSample } from '../evaluation-result.js';
import type { ScoreKey } from './score-keys.js';

/** What became of one score between two evaluations of the same rows. */
export interface PairedChange {
  readonly rows: number;
  readonly better: number;
  readonly worse: number;
  readonly same: number;
  /** Mean over the rows of the score now less the score before. */
  readonly difference: number;
  /** Of that mean: standard deviation of the differences / √rows; `null` for one row. */
  readonly standardError: number | null;
  /** Probability that a fair coin splits the changed rows at least as unevenly: the two-sided sign test. */
  readonly signTest: number;
}

/**
 * The two-sided sign test, exactly; for scores of 0 and 1 it is McNemar's exact test.
 *
 * @returns min(1, 2 × Σ for k from 0 to min(better, worse) of C(n, k) / 2ⁿ), n = better + worse
 */
export function signTest(better: number, worse: number): number {
  const changed = better + worse;
  // In logarithms, for 2ⁿ leaves the range of numbers at n = 1,024.
  let logarithm = -changed * Math.LN2;
  let tail = 0;
  for (let k = 0; k <= Math.min(better, worse); k++) {
    tail += Math.exp(logarithm);
    logarithm += Math.log((changed - k) / (k + 1));
  }
  return Math.min(1, 2 * tail);
}

/** The change of one score over the rows that both evaluations have it for; `null` where there are none. */
export function pairedChange(
  { key, higherIsBetter }: Pick<ScoreKey, 'key' | 'higherIsBetter'>,
  samples: readonly EvaluationSample[],
  before: readonly (EvaluationSample | null)[],
): PairedChange | null {
  const differences = samples.flatMap(({ scores }, index) => {
    const difference = (scores[key] ?? NaN) - (before[index]?.scores[key] ?? NaN);
    return Number.isFinite(difference) ? [difference] : [];
  });
  const rows = differences.length;
  if (rows === 0) return null;
  const difference = differences.reduce((sum, value) => sum + value, 0) / rows;
  const squares = differences.reduce((sum, value) => sum + (value - difference) ** 2, 0);
  const risen = differences.filter((value) => value > 0).length;
  const fallen = differences.filter((value) => value < 0).length;
  const [better, worse] = higherIsBetter ? [risen, fallen] : [fallen, risen];
  return {
    rows,
    better,
    worse,
    same: rows - better - worse,
    difference,
    standardError: rows === 1 ? null : Math.sqrt(squares / (rows - 1) / rows),
    signTest: signTest(better, worse),
  };
}
