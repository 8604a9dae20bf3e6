import type { EvaluationComparison } from '../../core/evaluation/compare-evaluations.js';
import type { PairwiseJudgement } from '../../core/evaluation/judge-pairs.js';
import { formatCount, formatFigure } from '../format.js';
import type { Column } from '../table.js';
import { judgeUsage, promptEnd, shortText } from './evaluation.js';

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

/** What a judge thinks of the two, in sentences. */
export function judgementLines(
  judgement: PairwiseJudgement,
  { a, b }: Pick<EvaluationComparison, 'a' | 'b'>,
): string[] {
  const { judge, rows, wins, losses, ties, equal_answers, unreadable_rows, win_rate, sign_test } = judgement;
  const { first, second, sign_test: placeTest } = judgement.position_bias;
  const interval =
    win_rate === null || win_rate.low === null || win_rate.high === null
      ? ''
      : ` (${Number((judgement.confidence * 100).toFixed(4))} % interval ${formatFigure(win_rate.low)}–${formatFigure(win_rate.high)})`;
  const rate = win_rate === null ? 'not known' : `${formatFigure(win_rate.value)}${interval}`;
  const equal = equal_answers === 0 ? '' : `, ${formatCount(equal_answers)} of them with equal answers`;
  return [
    `Judged by ${judge.model} in both orders: ${shortText(b)} beats ${shortText(a)} on ${formatCount(wins)} of ${formatCount(rows)} rows, loses on ${formatCount(losses)}, ties on ${formatCount(ties)}${equal}.`,
    `Win rate ${rate}; sign test of wins and losses: p ${formatFigure(sign_test.pValue)}.`,
    `The same place was preferred in both orders on ${formatCount(first + second)} rows (first ${formatCount(first)}, second ${formatCount(second)}; p ${formatFigure(placeTest.pValue)}): these are ties.`,
    ...(unreadable_rows === 0
      ? []
      : [
          `${formatCount(unreadable_rows)} rows are left out: ${formatCount(judge.unreadable)} replies held no verdict.`,
        ]),
    ...(judgeUsage(judge) === '' ? [] : [`The judge took ${judgeUsage(judge).slice(2)}.`]),
  ];
}
