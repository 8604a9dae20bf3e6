import { ToolkitError } from '../errors/toolkit-error.js';
import { didYouMean } from '../near-matches.js';
import type { EvaluationResult } from './evaluation-result.js';

/** A value that a metric must reach. */
export interface Threshold {
  readonly metric: string;
  readonly value: number;
}

/** A threshold beside what was measured. */
export interface CheckedThreshold extends Threshold {
  readonly measured: number;
  readonly higher_is_better: boolean;
  readonly reached: boolean;
}

/**
 * Reads `METRIC=VALUE`.
 *
 * @throws ToolkitError `USAGE`
 */
export function parseThreshold(text: string): Threshold {
  const at = text.lastIndexOf('=');
  const value = text.slice(at + 1).trim();
  if (at > 0 && value !== '' && Number.isFinite(Number(value))) {
    return { metric: text.slice(0, at).trim(), value: Number(value) };
  }
  throw new ToolkitError(
    `${JSON.stringify(text)} is not METRIC=VALUE`,
    'USAGE',
    'Write for example accuracy=0.8, or perplexity=20, which fails above 20.',
  );
}

/** A name without what people write differently. */
function plain(name: string): string {
  return name.toLowerCase().replace(/[\s_-]/g, '');
}

/**
 * Thresholds under the names that an evaluation has for its values.
 *
 * @param keys names of the values
 * @throws ToolkitError `USAGE` for a metric that is not measured
 */
export function resolveThresholds(thresholds: readonly Threshold[], keys: readonly string[]): Threshold[] {
  return thresholds.map(({ metric: name, value }) => {
    const metric = keys.find((key) => key === name) ?? keys.find((key) => plain(key) === plain(name));
    if (metric !== undefined) return { metric, value };
    throw new ToolkitError(
      `--fail-under: ${JSON.stringify(name)} is not measured`,
      'USAGE',
      didYouMean(name, keys) ?? `Measured are ${keys.join(', ')}.`,
    );
  });
}

/**
 * Holds an evaluation against thresholds; a metric of which less is better must not exceed its value. What is no number
 * reaches nothing.
 *
 * @throws ToolkitError as {@link resolveThresholds}
 */
export function checkThresholds(
  { metrics }: Pick<EvaluationResult, 'metrics'>,
  thresholds: readonly Threshold[],
): CheckedThreshold[] {
  const keys = metrics.map(({ metric }) => metric);
  return resolveThresholds(thresholds, keys).map(({ metric, value }) => {
    const { value: measured, higher_is_better } = metrics.find((one) => one.metric === metric)!;
    const reached = higher_is_better ? measured >= value : measured <= value;
    return { metric, value, measured, higher_is_better, reached };
  });
}
