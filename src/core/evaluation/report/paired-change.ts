import type { Interval } from '../../statistics/interval.js';
import { mcNemar } from '../../statistics/mcnemar.js';
import { normalQuantile } from '../../statistics/normal-distribution.js';
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
  /** Where that mean lies, from its standard error (Miller 2024, arXiv 2411.00640); `null` for one row. */
  readonly interval: Interval | null;
  /** How often chance alone would split the changed rows as unevenly: the sign test, for 0 and 1 McNemar's test. */
  readonly pValue: number;
}

/**
 * The change of one score over the rows that both evaluations have it for; `null` where there are none.
 *
 * @param before the sample of the same row before, for every sample
 * @param confidence of the interval, in (0, 1)
 */
export function pairedChange(
  { key, higherIsBetter }: Pick<ScoreKey, 'key' | 'higherIsBetter'>,
  samples: readonly EvaluationSample[],
  before: readonly (EvaluationSample | null)[],
  confidence: number,
): PairedChange | null {
  const differences = samples.flatMap(({ scores }, index) => {
    const difference = (scores[key] ?? NaN) - (before[index]?.scores[key] ?? NaN);
    return Number.isFinite(difference) ? [difference] : [];
  });
  const rows = differences.length;
  if (rows === 0) return null;
  const difference = differences.reduce((sum, value) => sum + value, 0) / rows;
  const squares = differences.reduce((sum, value) => sum + (value - difference) ** 2, 0);
  const standardError = Math.sqrt(squares / (rows - 1) / rows);
  const reach = normalQuantile((1 + confidence) / 2) * standardError;
  const risen = differences.filter((value) => value > 0).length;
  const fallen = differences.filter((value) => value < 0).length;
  const [better, worse] = higherIsBetter ? [risen, fallen] : [fallen, risen];
  return {
    rows,
    better,
    worse,
    same: rows - better - worse,
    difference,
    interval: rows === 1 ? null : { lower: difference - reach, upper: difference + reach },
    pValue: mcNemar(better, worse).pValue,
  };
}
