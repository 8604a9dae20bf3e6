import { ToolkitError } from '../errors/toolkit-error.js';
import type { EvaluationResult } from './evaluation-result.js';
import { metricOfResult } from './score-samples.js';

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

/**
 * Holds an evaluation against thresholds; a metric of which less is better must not exceed its value. What is no number
 * reaches nothing.
 *
 * @throws ToolkitError `USAGE` for a metric that was not measured
 */
export function checkThresholds(
  { metrics }: EvaluationResult,
  thresholds: readonly Threshold[],
): CheckedThreshold[] {
  return thresholds.map(({ metric: name, value }) => {
    const { metric, value: measured, higher_is_better } = metricOfResult(metrics, name, '--fail-under');
    const reached = higher_is_better ? measured >= value : measured <= value;
    return { metric, value, measured, higher_is_better, reached };
  });
}
