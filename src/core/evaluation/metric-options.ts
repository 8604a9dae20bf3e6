import { z } from 'zod';
import { ToolkitError } from '../errors/toolkit-error.js';
import { findMetric, METRICS } from '../metrics/index.js';
import type { Metric } from '../metrics/metric.js';
import { CHECKS, type CheckName } from './checks.js';
import type { TaskDefinition } from './task-schema.js';

/** Completions of a row at most: several times the 200 of Chen et al. 2021. */
const MOST_SAMPLES = 1000;

const spec = z.string().min(1).max(1000);

/** What metrics that ask something of a model beside the evaluated one, or ask it several times, take in a task. */
const OPTIONS = {
  'embedding-similarity': z.strictObject({
    /** Where vectors come from; default: the evaluated model. */
    model: spec.optional(),
  }),
  judge: z.strictObject({
    /** Who judges. */
    model: spec.optional(),
    /** What each rating stands for; default: that of the judge's prompt. */
    rubric: z.string().min(1).max(20_000).optional(),
  }),
  'pass-at-k': z
    .strictObject({
      /** Completions of each row. */
      samples: z.int().min(1).max(MOST_SAMPLES).default(1),
      k: z.array(z.int().min(1)).min(1).max(32).default([1]),
      /** What tells whether a completion is right. */
      check: z.enum(Object.keys(CHECKS) as [CheckName, ...CheckName[]]).default('exact-match'),
    })
    .refine(({ samples, k }) => Math.max(...k) <= samples, {
      path: ['k'],
      error: 'must not be larger than samples',
    })
    .refine(({ k }) => new Set(k).size === k.length, { path: ['k'], error: 'names a number twice' }),
} as const;

/** Metrics with options of their own. */
export type MetricWithOptions = keyof typeof OPTIONS;

/** The options of such a metric, complete. */
export type MetricOptions<Id extends MetricWithOptions> = z.output<(typeof OPTIONS)[Id]>;

type Entry = TaskDefinition['metrics'][number];

/** A metric by its id, or by one of its values, such as `byte-perplexity`. */
export function metricNamed(name: string): Metric {
  const value = name.replaceAll('-', '_');
  const owner = [...METRICS.values()].find(({ examples: [example] }) =>
    Object.hasOwn(example!.values, value),
  );
  return METRICS.has(name) || owner === undefined ? findMetric(name) : owner;
}

function nameOf(entry: Entry): string {
  return typeof entry === 'string' ? entry : entry.metric;
}

/** Whether an entry of a task asks for a metric, by whatever name; names that none has are left to others. */
function asksFor(entry: Entry, id: MetricWithOptions): boolean {
  try {
    return metricNamed(nameOf(entry)).id === id;
  } catch {
    return false;
  }
}

/** @param id of any metric */
export function hasOptions(id: string): id is MetricWithOptions {
  return Object.hasOwn(OPTIONS, id);
}

/**
 * What a task says of one of its metrics; `undefined` where it does not ask for it.
 *
 * @param where the task file, for messages
 * @throws ToolkitError `USAGE` for options that the metric does not take
 */
export function metricOptions<Id extends MetricWithOptions>(
  { metrics }: Pick<TaskDefinition, 'metrics'>,
  id: Id,
  where: string,
): MetricOptions<Id> | undefined {
  const [entry, another] = metrics.filter((one) => asksFor(one, id));
  if (entry === undefined) return undefined;
  if (another !== undefined) {
    throw new ToolkitError(`${where}: the metric ${id} is asked for in two ways`, 'USAGE', 'Keep one.');
  }
  const { metric: _, ...given } = typeof entry === 'string' ? { metric: entry } : entry;
  const parsed = OPTIONS[id].safeParse(given);
  if (parsed.success) return parsed.data as MetricOptions<Id>;
  const [issue] = parsed.error.issues;
  const place = issue!.path.length === 0 ? '' : ` ${issue!.path.join('.')}`;
  throw new ToolkitError(
    `${where}: the metric ${id}:${place} ${issue!.message}`,
    'USAGE',
    `It takes ${Object.keys(OPTIONS[id].shape).join(', ')}.`,
  );
}

/** Whether a task asks for a metric; its options are not looked at. */
export function asksForMetric({ metrics }: Pick<TaskDefinition, 'metrics'>, id: MetricWithOptions): boolean {
  return metrics.some((entry) => asksFor(entry, id));
}

/** Options of metrics by their names; `undefined` ones are as if they were left out. */
export type GivenOptions = Readonly<
  Partial<
    Record<MetricWithOptions, Readonly<Record<string, string | number | readonly number[] | undefined>>>
  >
>;

/**
 * The metrics of a task with options from elsewhere.
 *
 * @param given go before what the task says
 * @param usual stand where neither says anything
 */
export function withMetricOptions(
  metrics: readonly Entry[],
  given: GivenOptions,
  usual: GivenOptions = {},
): Entry[] {
  const ids = Object.keys(OPTIONS) as MetricWithOptions[];
  return metrics.map((entry) => {
    const id = ids.find((one) => asksFor(entry, one));
    if (id === undefined) return entry;
    const [before, after] = [usual[id], given[id]].map((options = {}) =>
      Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)),
    );
    return { ...before, ...(typeof entry === 'string' ? { metric: entry } : entry), ...after };
  });
}
