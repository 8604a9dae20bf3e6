import { ToolkitError } from '../errors/toolkit-error.js';
import { cohensD, cohensH, effectMagnitude } from '../statistics/effect-size.js';
import { describeComparison } from '../statistics/describe-comparison.js';
import { mcNemar, type McNemarTest } from '../statistics/mcnemar.js';
import { pairedBootstrap } from '../statistics/paired-bootstrap.js';
import type { EvaluationResult, EvaluationSample } from './evaluation-result.js';
import { samplePairs } from './pair-samples.js';
import type { TaskDefinition } from './task-schema.js';
import { taskMeasures, type TaskMeasure } from './task-measures.js';

/** One of two evaluations that are compared. */
export interface ComparedEvaluation {
  /** What it is called in sentences. */
  readonly name: string;
  readonly result: EvaluationResult;
  readonly samples: readonly EvaluationSample[];
  readonly definition: TaskDefinition;
}

/** How two evaluations differ by one metric, on the rows that both have; differences are B's value less A's. */
export interface MetricComparison {
  readonly metric: string;
  readonly a: number;
  readonly b: number;
  readonly difference: number;
  readonly low: number;
  readonly high: number;
  readonly p_value: number;
  readonly higher_is_better: boolean;
  /** Of metrics that count rows as right or wrong. */
  readonly mcnemar: (McNemarTest & { readonly only_a: number; readonly only_b: number }) | null;
  /** Cohen's h of shares, Cohen's d of means over rows; `null` for metrics that are neither. */
  readonly effect_size: {
    readonly name: 'h' | 'd';
    readonly value: number;
    readonly magnitude: string;
  } | null;
  readonly sentence: string;
}

/** A row on which the two differ. */
export interface ComparedRow {
  readonly index: number;
  readonly row_hash: string;
  readonly prompt: string;
  readonly targets: readonly string[];
  readonly a: string;
  readonly b: string;
  readonly score_a: number;
  readonly score_b: number;
}

/** Two evaluations of the same task, row by row. */
export interface EvaluationComparison {
  readonly task: string;
  readonly a: string;
  readonly b: string;
  /** Rows that both have. */
  readonly rows: number;
  readonly only_in_a: number;
  readonly only_in_b: number;
  readonly confidence: number;
  readonly metrics: readonly MetricComparison[];
  /** The rows that B does worst on beside A, by the first metric that scores rows. */
  readonly worst: { readonly metric: string; readonly rows: readonly ComparedRow[] } | null;
}

type Pair = readonly [EvaluationSample, EvaluationSample];

/**
 * Compares two evaluations on the rows that both have: paired bootstrap, McNemar's test and effect size.
 *
 * @param options `worstRows`: how many rows to show; `seed` of the bootstrap
 * @throws ToolkitError `USAGE` where no row pairs, or there is no metric that both have
 */
export function compareEvaluations(
  a: ComparedEvaluation,
  b: ComparedEvaluation,
  options: { readonly worstRows: number; readonly seed: number },
): EvaluationComparison {
  const pairs = samplePairs(a.samples, b.samples);
  if (pairs.length === 0) {
    throw new ToolkitError(
      `${a.name} and ${b.name} have no row in common`,
      'USAGE',
      'Compare evaluations of the same dataset.',
    );
  }
  const known = new Set(b.result.metrics.map(({ metric }) => metric));
  const measures = taskMeasures(a.definition, a.name).filter(({ metric, key }) => {
    const [name] = Object.keys(metric.examples[0]?.values ?? { [metric.id]: 0 });
    return known.has(key(name!)) && metric.allowsBootstrap !== false;
  });
  if (measures.length === 0) {
    throw new ToolkitError(`${a.name} and ${b.name} have no metric in common`, 'USAGE');
  }
  const metrics = measures.map((measure) =>
    compareMetric(measure, pairs, { a: a.name, b: b.name }, options.seed),
  );
  return {
    task: a.result.task,
    ...{ a: a.name, b: b.name, rows: pairs.length },
    only_in_a: a.samples.length - pairs.length,
    only_in_b: b.samples.length - pairs.length,
    confidence: a.result.confidence,
    metrics,
    worst: worstRows(measures, pairs, options.worstRows),
  };
}

function compareMetric(
  measure: TaskMeasure,
  pairs: readonly Pair[],
  names: { readonly a: string; readonly b: string },
  seed: number,
): MetricComparison {
  const { metric } = measure;
  const [statisticsA, statisticsB] = [0, 1].map((side) =>
    pairs.map((pair) => measure.statistic(pair[side as 0 | 1])),
  ) as [unknown[], unknown[]];
  const comparison = pairedBootstrap(metric, statisticsA, statisticsB, { seed });
  const { a, b, difference, lower, upper, pValue } = comparison;
  const scores: [number[], number[]] = [[], []];
  for (const row of pairs.keys()) {
    const [scoreA, scoreB] = [statisticsA, statisticsB].map((side) => measure.scoreOfRow(side[row])?.score);
    if (scoreA === undefined || scoreB === undefined) continue;
    scores[0].push(scoreA);
    scores[1].push(scoreB);
  }
  const [standing] = Object.keys(metric.aggregate(statisticsA));
  return {
    metric: measure.key(standing!),
    ...{ a, b, difference, low: lower, high: upper, p_value: pValue },
    higher_is_better: metric.higherIsBetter,
    mcnemar: mcNemarOf(scores),
    effect_size: effectSizeOf(scores, [a, b]),
    sentence: describeComparison(metric, names, comparison),
  };
}

function isRightOrWrong(scores: readonly number[]): boolean {
  return scores.length > 0 && scores.every((score) => score === 0 || score === 1);
}

function mcNemarOf([a, b]: readonly [readonly number[], readonly number[]]): MetricComparison['mcnemar'] {
  if (!isRightOrWrong(a) || !isRightOrWrong(b)) return null;
  const only_a = a.filter((score, row) => score > b[row]!).length;
  const only_b = b.filter((score, row) => score > a[row]!).length;
  return { only_a, only_b, ...mcNemar(only_a, only_b) };
}

/** Scores are compared only where the metric is their mean. */
function effectSizeOf(
  [a, b]: readonly [readonly number[], readonly number[]],
  [valueA, valueB]: readonly [number, number],
): MetricComparison['effect_size'] {
  const mean = (scores: readonly number[]): number =>
    scores.reduce((sum, score) => sum + score, 0) / scores.length;
  if (!(Math.abs(mean(a) - valueA) < 1e-9 && Math.abs(mean(b) - valueB) < 1e-9)) return null;
  const isShare = isRightOrWrong(a) && isRightOrWrong(b);
  if (!isShare && a.length < 2) return null;
  const value = isShare ? cohensH(valueB, valueA) : cohensD(b, a);
  return { name: isShare ? 'h' : 'd', value, magnitude: effectMagnitude(value) };
}

/** What a row's answer looks like beside another's. */
function shownAnswer({ choices, prediction, completion }: EvaluationSample): string {
  const isText = choices?.length === 1 && prediction === '';
  return isText ? `log-likelihood ${choices[0]!.log_likelihood.toFixed(2)}` : (completion ?? prediction);
}

function worstRows(
  measures: readonly TaskMeasure[],
  pairs: readonly Pair[],
  most: number,
): EvaluationComparison['worst'] {
  for (const measure of measures) {
    const { higherIsBetter } = measure.metric;
    const rows = pairs.flatMap(([a, b]): (ComparedRow & { readonly loss: number })[] => {
      const scoreA = measure.scoreOfRow(measure.statistic(a));
      const scoreB = measure.scoreOfRow(measure.statistic(b));
      if (scoreA === undefined || scoreB === undefined) return [];
      const loss = (scoreA.score - scoreB.score) * (higherIsBetter ? 1 : -1);
      const { index, row_hash, prompt, targets } = a;
      return [
        {
          ...{ index, row_hash, prompt, targets, loss },
          ...{ a: shownAnswer(a), b: shownAnswer(b), score_a: scoreA.score, score_b: scoreB.score },
        },
      ];
    });
    if (rows.length === 0) continue;
    const worst = rows.filter(({ loss }) => loss > 0).sort((x, y) => y.loss - x.loss || x.index - y.index);
    const [standing] = Object.keys(measure.metric.aggregate([measure.statistic(pairs[0]![0])]));
    return {
      metric: measure.key(standing!),
      rows: worst.slice(0, most).map(({ loss: _, ...row }) => row),
    };
  }
  return null;
}
