import type {
  EvaluationResult,
  EvaluationSample,
  JudgeFacts,
  MetricValue,
} from '../../core/evaluation/evaluation-result.js';
import type { CheckedThreshold } from '../../core/evaluation/thresholds.js';
import { metricRange } from '../../core/evaluation/task-measures.js';
import { bar } from '../bar.js';
import { formatCount, formatDuration, formatFigure } from '../format.js';
import type { Column } from '../table.js';
import { sanitizeForTerminal, truncateToWidth } from '../terminal-text.js';

/** Cells of a text in a table at most. */
const TEXT_CELLS = 48;

/** What was measured, in one line. */
export function evaluationTitle({ task, model, dataset, shots }: EvaluationResult): string {
  const examples = shots === 0 ? '' : `, ${shots} ${shots === 1 ? 'example' : 'examples'} in each prompt`;
  return `${task} on ${formatCount(dataset.rows)} ${dataset.rows === 1 ? 'row' : 'rows'}${examples}: ${model}`;
}

/** Columns of {@link metricRows}. */
export function metricColumns({ confidence }: EvaluationResult): Column[] {
  return [
    { title: 'metric' },
    { title: 'value', align: 'right' },
    { title: `${Number((confidence * 100).toFixed(4))} % interval`, align: 'right' },
    { title: '' },
  ];
}

function intervalText({ low, high }: Pick<MetricValue, 'low' | 'high'>): string {
  return low === null || high === null ? '–' : `${formatFigure(low)}–${formatFigure(high)}`;
}

/** One row per value: a bar where the metric has a largest value. */
export function metricRows({ metrics }: EvaluationResult): string[][] {
  return metrics.map(({ metric, value, low, high, higher_is_better }) => {
    const [, most] = metricRange(metric);
    const share = most === null || metric.includes('/') ? '' : bar(value / most);
    const name = higher_is_better || metric.includes('/') ? metric : `${metric} (less is better)`;
    return [name, formatFigure(value), intervalText({ low, high }), share];
  });
}

/** Values that stand for their metrics, the others left out. */
function standing(metrics: readonly MetricValue[]): MetricValue[] {
  return metrics.filter(({ metric }) => !metric.includes('/'));
}

/** Columns of {@link sliceRows}. */
export function sliceColumns({ metrics }: EvaluationResult): Column[] {
  return [
    { title: 'slice' },
    { title: 'rows', align: 'right' },
    ...standing(metrics).map(({ metric }): Column => ({ title: metric, align: 'right' })),
  ];
}

/** One row per slice. */
export function sliceRows({ slices }: EvaluationResult): string[][] {
  return slices.map(({ field, value, rows, metrics }) => [
    shortText(`${field}: ${value}`),
    formatCount(rows),
    ...standing(metrics).map((one) => `${formatFigure(one.value)} (${intervalText(one)})`),
  ]);
}

/** A text of data, short enough for a table. */
export function shortText(text: string): string {
  return truncateToWidth(sanitizeForTerminal(text), TEXT_CELLS);
}

/** The end of a prompt: what is asked stands there, behind any examples. */
export function promptEnd(prompt: string): string {
  const characters = Array.from(prompt);
  return characters.length <= TEXT_CELLS
    ? shortText(prompt)
    : `…${shortText(characters.slice(1 - TEXT_CELLS).join(''))}`;
}

/** Columns of {@link worstRows}. */
export const WORST_COLUMNS: readonly Column[] = [
  { title: 'row', align: 'right' },
  { title: 'score', align: 'right' },
  { title: 'prompt ends in' },
  { title: 'wanted' },
  { title: 'answer' },
];

/** The rows that did worst by the first metric that says something of single rows. */
export function worstRows(
  { metrics }: EvaluationResult,
  samples: readonly EvaluationSample[],
  most: number,
): string[][] {
  const metric = metrics.find((one) => samples.some(({ scores }) => scores[one.metric] !== undefined));
  if (metric === undefined) return [];
  const direction = metric.higher_is_better ? 1 : -1;
  const scoreOf = ({ scores }: EvaluationSample): number => scores[metric.metric] ?? Infinity;
  const best = metricRange(metric.metric)[metric.higher_is_better ? 1 : 0];
  return samples
    .filter((sample) => scoreOf(sample) !== best && Number.isFinite(scoreOf(sample)))
    .sort((a, b) => direction * (scoreOf(a) - scoreOf(b)) || a.index - b.index)
    .slice(0, most)
    .map((sample) => [
      String(sample.index + 1),
      formatFigure(scoreOf(sample)),
      promptEnd(sample.prompt === '' ? (sample.choices?.[0]?.text ?? '') : sample.prompt),
      shortText(sample.targets.join(' | ')),
      shortText(sample.completion ?? sample.prediction),
    ]);
}

/** Who helped to score, and what could not be read of it. */
export function helperLines({ embedding_model, judge, dataset }: EvaluationResult): string[] {
  const unreadable =
    judge === undefined || judge.unreadable === 0
      ? ''
      : `; ${formatCount(judge.unreadable)} of its replies held no rating, and count for nothing`;
  return [
    ...(embedding_model === undefined ? [] : [`Vectors by ${embedding_model.model}.`]),
    ...(judge === undefined
      ? []
      : [`Judged by ${judge.model} (${formatCount(dataset.rows)} rows)${unreadable}${judgeUsage(judge)}.`]),
  ];
}

/** Tokens and money of a judge, where it tells them. */
export function judgeUsage({ prompt_tokens, completion_tokens, cost_usd }: JudgeFacts): string {
  const parts = [
    ...(prompt_tokens === null ? [] : [`${formatCount(prompt_tokens)} tokens of prompts`]),
    ...(completion_tokens === null ? [] : [`${formatCount(completion_tokens)} tokens of replies`]),
    ...(cost_usd === null ? [] : [`US$ ${cost_usd.toFixed(4)}`]),
  ];
  return parts.length === 0 ? '' : `; ${parts.join(', ')}`;
}

/** Tokens, money and time, in one line. */
export function usageLine({ usage, kind }: EvaluationResult): string {
  const { prompt_tokens, completion_tokens, cost_usd, seconds, cached_rows } = usage;
  const answers = kind === 'perplexity' ? 'texts' : 'answers';
  const parts = [
    ...(prompt_tokens === null ? [] : [`${formatCount(prompt_tokens)} tokens of prompts`]),
    ...(completion_tokens === null ? [] : [`${formatCount(completion_tokens)} tokens of ${answers}`]),
    ...(cost_usd === null ? [] : [`US$ ${cost_usd.toFixed(4)}`]),
    ...(cached_rows === 0 ? [] : [`${formatCount(cached_rows)} rows from the cache`]),
    formatDuration(seconds),
  ];
  return `${parts.join(', ')}.`;
}

/** Whether a threshold is reached, in one sentence. */
export function thresholdLine({
  metric,
  value,
  measured,
  higher_is_better,
  reached,
}: CheckedThreshold): string {
  const wanted = `${higher_is_better ? 'at least' : 'at most'} ${formatFigure(value)}`;
  return `${reached ? '✔' : '✘'} ${metric} is ${formatFigure(measured)}; it must be ${wanted}.`;
}
