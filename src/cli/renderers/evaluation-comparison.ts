import type { EvaluationComparison } from '../../core/evaluation/compare-evaluations.js';
import { formatCount, formatFigure } from '../format.js';
import type { Column } from '../table.js';
import { promptEnd, shortText } from './evaluation.js';

/** Which rows are compared. */
export function pairingLine({ task, rows, only_in_a, only_in_b, a, b }: EvaluationComparison): string {
  const left = [
    ...(only_in_a === 0 ? [] : [`${formatCount(only_in_a)} only in ${a}`]),
    ...(only_in_b === 0 ? [] : [`${formatCount(only_in_b)} only in ${b}`]),
  ];
  const others = left.length === 0 ? '' : `; left out are ${left.join(' and ')}`;
  return `${task}: ${formatCount(rows)} rows of both${others}.`;
}

/** Columns of {@link comparisonRows}. */
export function comparisonColumns({ a, b, confidence }: EvaluationComparison): Column[] {
  return [
    { title: 'metric' },
    { title: shortText(a), align: 'right' },
    { title: shortText(b), align: 'right' },
    { title: 'difference', align: 'right' },
    { title: `${Number((confidence * 100).toFixed(4))} %`, align: 'right' },
    { title: 'p', align: 'right' },
    { title: 'McNemar p', align: 'right' },
    { title: 'effect' },
  ];
}

/** One row per metric. */
export function comparisonRows({ metrics }: EvaluationComparison): string[][] {
  return metrics.map(({ metric, a, b, difference, low, high, p_value, mcnemar, effect_size }) => [
    metric,
    formatFigure(a),
    formatFigure(b),
    `${difference > 0 ? '+' : ''}${formatFigure(difference)}`,
    `${formatFigure(low)} to ${formatFigure(high)}`,
    formatFigure(p_value),
    mcnemar === null ? '–' : formatFigure(mcnemar.pValue),
    effect_size === null
      ? '–'
      : `${effect_size.name} ${effect_size.value.toFixed(2)}, ${effect_size.magnitude}`,
  ]);
}

/** Columns of {@link comparedRows}. */
export function comparedColumns({ a, b }: EvaluationComparison): Column[] {
  return [
    { title: 'row', align: 'right' },
    { title: 'prompt ends in' },
    { title: 'wanted' },
    { title: shortText(a) },
    { title: shortText(b) },
  ];
}

/** The rows that B does worst on beside A. */
export function comparedRows({ worst }: EvaluationComparison): string[][] {
  return (worst?.rows ?? []).map(({ index, prompt, targets, a, b, score_a, score_b }) => [
    String(index + 1),
    promptEnd(prompt),
    shortText(targets.join(' | ')),
    shortText(`${formatFigure(score_a)}: ${a}`),
    shortText(`${formatFigure(score_b)}: ${b}`),
  ]);
}
