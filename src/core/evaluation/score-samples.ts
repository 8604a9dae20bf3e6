import { ToolkitError } from '../errors/toolkit-error.js';
import { bootstrapInterval, BOOTSTRAP_DEFAULTS } from '../statistics/bootstrap-interval.js';
import type { EvaluationSample, EvaluationSlice, MetricValue } from './evaluation-result.js';
import { groupBy } from './group-by.js';
import type { AnsweredRow, TaskMeasure } from './task-measures.js';

/** Confidence of the intervals of evaluations. */
export const CONFIDENCE = BOOTSTRAP_DEFAULTS.confidence;

/** Values of a sliced field at most: more are no groups. */
const MOST_SLICES = 100;

/** What answers are worth. */
export interface ScoredSamples {
  readonly metrics: readonly MetricValue[];
  readonly slices: readonly EvaluationSlice[];
  /** The rows with what each metric says of them alone. */
  readonly samples: readonly EvaluationSample[];
}

/**
 * Scores answered rows: each row once, then all together, with intervals by bootstrap (1,000 samples), and again for the
 * rows of each slice.
 *
 * @param seed of the bootstrap
 * @throws ToolkitError `USAGE` for a sliced column with too many values
 */
export function scoreSamples(
  measures: readonly TaskMeasure[],
  rows: readonly AnsweredRow[],
  seed: number,
): ScoredSamples {
  const statistics = measures.map((measure) => rows.map((row) => measure.statistic(row)));
  const samples = rows.map((row, index): EvaluationSample => {
    const scores = measures.flatMap((measure, place) => {
      const score = measure.scoreOfRow(statistics[place]![index]);
      return score === undefined ? [] : [[score.key, score.score] as const];
    });
    return { ...row, scores: Object.fromEntries(scores) };
  });
  const valuesOf = (indices: readonly number[]): MetricValue[] =>
    measures.flatMap((measure, place) =>
      measureValues(
        measure,
        indices.map((index) => statistics[place]![index]),
        seed,
      ),
    );
  return { metrics: valuesOf([...rows.keys()]), slices: slicesOf(rows, valuesOf), samples };
}

function measureValues(
  { metric, key }: TaskMeasure,
  statistics: readonly unknown[],
  seed: number,
): MetricValue[] {
  const isCertain = statistics.length === 1 || metric.allowsBootstrap === false;
  const measured = isCertain
    ? Object.entries(metric.aggregate(statistics)).map(
        ([name, value]) => [name, { value, lower: null, upper: null }] as const,
      )
    : Object.entries(bootstrapInterval(metric, statistics, { seed }));
  return measured.map(([name, { value, lower, upper }]) => ({
    ...{ metric: key(name), value, ...boundsOf(lower, upper) },
    higher_is_better: metric.higherIsBetter,
  }));
}

/** A draw of rows may hold none that the value is defined for: then so are its bounds. */
function boundsOf(lower: number | null, upper: number | null): Pick<MetricValue, 'low' | 'high'> {
  const areDefined = !Number.isNaN(lower ?? 0) && !Number.isNaN(upper ?? 0);
  return areDefined ? { low: lower, high: upper } : { low: null, high: null };
}

/** The slices, fields in their order, values from the most frequent on. */
function slicesOf(
  rows: readonly AnsweredRow[],
  valuesOf: (indices: readonly number[]) => readonly MetricValue[],
): EvaluationSlice[] {
  return Object.keys(rows[0]?.slices ?? {}).flatMap((field) => {
    const indicesOf = groupBy(rows.keys(), (index) => rows[index]!.slices[field]!);
    if (indicesOf.size > MOST_SLICES) {
      throw new ToolkitError(
        `--slices ${field}: the column has ${indicesOf.size} different values; ${MOST_SLICES} are the most`,
        'USAGE',
        'Choose a column that divides the rows into groups.',
      );
    }
    return [...indicesOf]
      .sort(([a, first], [b, second]) => second.length - first.length || (a < b ? -1 : 1))
      .map(([value, indices]) => ({ field, value, rows: indices.length, metrics: valuesOf(indices) }));
  });
}
