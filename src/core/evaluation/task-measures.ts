import { ToolkitError } from '../errors/toolkit-error.js';
import { bleuWith } from '../metrics/bleu.js';
import { f1Of } from '../metrics/f1.js';
import { METRICS } from '../metrics/index.js';
import type { Metric, MetricRows } from '../metrics/metric.js';
import { passAtKWith } from '../metrics/pass-at-k.js';
import { BLEU_TOKENIZERS, type BleuTokenizer } from '../metrics/text/bleu-tokenizers.js';
import { WHITE_SPACE } from '../metrics/text/words.js';
import { CHECKS } from './checks.js';
import { CHOICE_METRICS, type ChoiceMetric } from './choice-metrics.js';
import { scoreChoices, type ChoiceScores } from './choice-scores.js';
import type { EvaluationSample } from './evaluation-result.js';
import { applyFilter, type Filter } from './filters.js';
import { metricOfId } from './metric-of-id.js';
import { hasOptions, metricNamed, metricOptions } from './metric-options.js';
import { normalizeAnswer } from './normalization.js';
import type { TaskDefinition, TaskKind } from './task-schema.js';

/** A row that was answered, before it is scored. */
export type AnsweredRow = Omit<EvaluationSample, 'scores'>;

/** One metric of a task, and what it takes of an answered row. */
export interface TaskMeasure {
  readonly metric: Metric;
  /** Of the filter whose answers are scored; `none` where there are no filters, as in lm-evaluation-harness. */
  readonly filter: string;
  /** What its values are called: the first by the metric's id, others below it, those of a second filter below theirs. */
  readonly key: (valueName: string) => string;
  readonly statistic: (row: AnsweredRow) => unknown;
  /** What it says of one row alone; `undefined` where that is nothing. */
  readonly scoreOfRow: (statistic: unknown) => { readonly key: string; readonly score: number } | undefined;
}

/** What is measured where a task names no metrics. */
export const USUAL_METRICS: Readonly<Record<TaskKind, readonly string[]>> = {
  generation: ['exact-match', 'squad-f1'],
  multiple_choice: ['acc', 'acc_norm'],
  classification: ['accuracy', 'f1'],
  perplexity: ['perplexity', 'word-perplexity', 'bits-per-byte'],
};

/** Kinds of rows that a task's answers make. */
const ROWS_OF_KIND: Readonly<Record<TaskKind, readonly (keyof MetricRows)[]>> = {
  generation: ['text', 'generation', 'structure', 'label', 'tags', 'samples', 'embedding', 'rating'],
  multiple_choice: ['label', 'probability'],
  classification: ['label', 'probability'],
  perplexity: ['likelihood'],
};

const NO_FILTER: Filter = { name: 'none', steps: [] };

/** The filters of a task; one that changes nothing where there are none, or nothing is generated. */
export function filtersOf({ kind, filters }: TaskDefinition): readonly [Filter, ...Filter[]] {
  const [first, ...others] = kind === 'generation' ? filters : [];
  return [first ?? NO_FILTER, ...others];
}

/**
 * The metrics of a task.
 *
 * @param where the task file, for messages
 * @throws ToolkitError `USAGE` for metrics or options that are not known, or that the task's answers cannot be measured by
 */
export function taskMeasures(definition: TaskDefinition, where: string): TaskMeasure[] {
  const { kind } = definition;
  const asked = definition.metrics.length > 0 ? definition.metrics : USUAL_METRICS[kind];
  // One metric may be known by several of its values.
  const metrics = [...new Set(asked.flatMap((entry) => resolveMetrics(entry, definition, where)))];
  const twice = metrics.find(({ id }, index) => metrics.findIndex((other) => other.id === id) < index);
  if (twice !== undefined) {
    throw new ToolkitError(`${where}: the metric ${twice.id} is asked for in two ways`, 'USAGE', 'Keep one.');
  }
  return filtersOf(definition).flatMap((filter, place) =>
    metrics.map((metric) => measureOf(metric, definition, filter, place === 0)),
  );
}

/** What the values of a task's metrics are called in its results. */
export function valueKeys(measures: readonly TaskMeasure[]): string[] {
  return measures.flatMap(({ metric, key }) =>
    Object.keys(metric.examples[0]?.values ?? { [metric.id]: 0 }).map((name) => key(name)),
  );
}

function isChoiceMetric(metric: Metric): metric is ChoiceMetric & Metric {
  return 'ofChoices' in metric;
}

/** The metrics of an entry: one, but for pass@k, which has one for each k. */
function resolveMetrics(
  entry: TaskDefinition['metrics'][number],
  definition: TaskDefinition,
  where: string,
): Metric[] {
  const { kind } = definition;
  const { metric: name, ...options } = typeof entry === 'string' ? { metric: entry } : entry;
  const hasChoices = kind === 'multiple_choice' || kind === 'classification';
  const choiceMetric = CHOICE_METRICS.find(({ id }) => id === name);
  const metric = hasChoices && choiceMetric !== undefined ? (choiceMetric as Metric) : metricNamed(name);
  if (!ROWS_OF_KIND[kind].includes(metric.needs)) {
    const usable = [...METRICS.values()].filter(({ needs }) => ROWS_OF_KIND[kind].includes(needs));
    const ids = [...(hasChoices ? CHOICE_METRICS : []), ...usable].map(({ id }) => id);
    throw new ToolkitError(
      `${where}: a task of kind ${kind} cannot be measured by ${metric.id}`,
      'USAGE',
      metric.needs === 'judgement'
        ? 'A judge compares two evaluations: genai evaluate compare A B --judge SPEC. One is rated by the metric judge.'
        : `It can by ${ids.join(', ')}.`,
    );
  }
  if (!hasOptions(metric.id)) return [withOptions(metric, options, definition, where)];
  const own = metricOptions(definition, metric.id, where)!;
  return 'k' in own ? own.k.map((k) => passAtKWith(k) as Metric) : [metric];
}

function withOptions(
  metric: Metric,
  options: Readonly<Record<string, unknown>>,
  { choices, labels }: TaskDefinition,
  where: string,
): Metric {
  const names = Object.keys(options);
  if (names.length === 0) return metric;
  const { positive } = options;
  if (metric.id === 'f1' && names.length === 1 && typeof positive === 'string') {
    const known = labels ?? choices;
    if (!Array.isArray(known) || known.includes(positive)) return f1Of(positive) as Metric;
    throw new ToolkitError(
      `${where}: f1 is to be of ${JSON.stringify(positive)}, which is none of the labels`,
      'USAGE',
      `They are ${known.join(', ')}.`,
    );
  }
  const { tokenizer } = options;
  if (metric.id === 'bleu' && names.length === 1 && typeof tokenizer === 'string') {
    if (Object.hasOwn(BLEU_TOKENIZERS, tokenizer)) return bleuWith(tokenizer as BleuTokenizer) as Metric;
    const known = Object.keys(BLEU_TOKENIZERS).join(', ');
    throw new ToolkitError(
      `${where}: bleu has no tokenizer ${JSON.stringify(tokenizer)}`,
      'USAGE',
      `It has ${known}.`,
    );
  }
  throw new ToolkitError(
    `${where}: the metric ${metric.id} does not take ${names.map((name) => JSON.stringify(name)).join(', ')}`,
    'USAGE',
    'Options are taken by bleu, embedding-similarity, f1, judge and pass-at-k.',
  );
}

function measureOf(
  metric: Metric,
  definition: TaskDefinition,
  filter: Filter,
  isFirst: boolean,
): TaskMeasure {
  const suffix = isFirst ? '' : `/${filter.name}`;
  const [standing] = Object.keys(metric.examples[0]?.values ?? { [metric.id]: 0 });
  const isOfLabels = metric.needs === 'label' || metric.needs === 'probability';
  const key = (valueName: string): string =>
    valueName === standing ? `${metric.id}${suffix}` : `${metric.id}/${valueName}${suffix}`;
  return {
    metric,
    filter: filter.name,
    key,
    statistic: (row) =>
      isChoiceMetric(metric)
        ? metric.ofChoices(choiceScoresOf(row))
        : metric.needs === 'embedding'
          ? row.similarities?.[filter.name]
          : metric.statistic(metricRow(metric.needs, row, definition, filter)),
    scoreOfRow(statistic) {
      if (metric.allowsBootstrap === false || statistic === undefined) return undefined;
      // Of one row alone, every metric of labels says no more than whether it is right.
      if (isOfLabels && !isChoiceMetric(metric) && metric.id !== 'accuracy') return undefined;
      const [score] = Object.values(metric.aggregate([statistic]));
      return { key: `${metric.id}${suffix}`, score: score! };
    },
  };
}

/** The scores of a row's choices. */
export function choiceScoresOf({ choices, target_indices }: AnsweredRow): ChoiceScores {
  return scoreChoices(
    choices!.map(({ log_likelihood }) => log_likelihood),
    choices!.map(({ text }) => text),
    target_indices!,
  );
}

/** An answered row in the form that a kind of metric takes. */
function metricRow(
  needs: keyof MetricRows,
  row: AnsweredRow,
  definition: TaskDefinition,
  filter: Filter,
): MetricRows[keyof MetricRows] {
  const prediction = row.completion === null ? row.prediction : applyFilter(filter, row.completion);
  const normalized = (text: string): string => normalizeAnswer(text, definition.normalization);
  switch (needs) {
    case 'text':
      return { prediction: normalized(prediction), references: row.targets.map(normalized) };
    case 'generation':
      return { prediction };
    case 'structure':
      return { prediction, schema: schemaOf(row) };
    case 'label':
      return {
        prediction: normalized(prediction),
        reference: rightLabel(prediction, row.targets.map(normalized)),
      };
    case 'probability':
      return {
        prediction,
        reference: rightLabel(prediction, row.targets),
        probabilities: probabilitiesOf(row),
      };
    case 'tags':
      return { prediction: tagsOf(prediction), reference: tagsOf(row.targets[0]!) };
    case 'likelihood':
      return likelihoodOf(row);
    case 'rating':
      return { rating: row.ratings?.[filter.name]?.rating ?? undefined };
    case 'samples':
      return triesOf(row, definition, filter);
    default:
      throw new ToolkitError(`rows of kind ${needs} are not made of answers`, 'UNEXPECTED');
  }
}

/** Of several right labels the one that was chosen, if any was. */
function rightLabel(prediction: string, targets: readonly string[]): string {
  return targets.includes(prediction) ? prediction : targets[0]!;
}

function schemaOf({ index, targets }: AnsweredRow): unknown {
  try {
    return JSON.parse(targets[0]!) as unknown;
  } catch (error) {
    throw new ToolkitError(
      `row ${index + 1}: its target is no JSON Schema`,
      'BAD_DATASET',
      'json-schema-match takes the schema of the wanted answer as the target.',
      error,
    );
  }
}

function probabilitiesOf({ choices }: AnsweredRow): Record<string, number> {
  const largest = Math.max(...choices!.map(({ log_likelihood }) => log_likelihood));
  const masses = choices!.map(
    ({ text, log_likelihood }) => [text, Math.exp(log_likelihood - largest)] as const,
  );
  const total = masses.reduce((sum, [, mass]) => sum + mass, 0);
  return Object.fromEntries(masses.map(([text, mass]) => [text, mass / total]));
}

/** How many of a row's completions pass the check of pass@k. */
function triesOf(row: AnsweredRow, definition: TaskDefinition, filter: Filter): MetricRows['samples'] {
  const { check } = metricOptions(definition, 'pass-at-k', definition.task)!;
  const normalized = (text: string): string => normalizeAnswer(text, definition.normalization);
  const targets = row.targets.map(normalized);
  const completions = row.completions ?? [row.completion ?? ''];
  const passing = completions.filter((completion, place) => {
    const text = applyFilter(filter, completion);
    const recorded = row.passed?.[place] ?? undefined;
    return CHECKS[check].passes({
      ...{ answer: normalized(text), targets, text, recorded },
      schema: () => schemaOf(row),
    });
  });
  return { samples: completions.length, correct: passing.length };
}

/** White space between words, as Python's `re` has it. */
const SPACES = new RegExp(`[${WHITE_SPACE}]+`);

/** One tag a token, divided by white space. */
function tagsOf(text: string): string[] {
  return text.split(/\s+/).filter((tag) => tag !== '');
}

function likelihoodOf({ choices, completion_tokens }: AnsweredRow): MetricRows['likelihood'] {
  const { text, log_likelihood } = choices![0]!;
  return {
    logLikelihood: log_likelihood,
    tokens: completion_tokens!,
    bytes: new TextEncoder().encode(text).length,
    // Also the empty parts at either end count: so does lm-evaluation-harness (re.split).
    words: text.split(SPACES).length,
  };
}

/** Smallest and largest value of a metric by its key in results; `null` where there is none or it is not known. */
export function metricRange(key: string): readonly [number | null, number | null] {
  const id = key.split('/', 1)[0]!;
  return metricOfId(id)?.range ?? [null, null];
}
