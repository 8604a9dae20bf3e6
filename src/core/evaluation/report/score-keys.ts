import type { EvaluationResult, EvaluationSample } from '../evaluation-result.js';
import { describeMetric } from './metric-description.js';

/** A score that rows have. */
export interface ScoreKey {
  readonly key: string;
  readonly name: string;
  readonly higherIsBetter: boolean;
  /** True where every row that has this score has 0 or 1. */
  readonly binary: boolean;
}

/** The scores that rows have, those of the headline metrics first and in their order. */
export function scoreKeys(
  { metrics }: Pick<EvaluationResult, 'metrics'>,
  samples: readonly EvaluationSample[],
): ScoreKey[] {
  const binary = new Map<string, boolean>();
  for (const { scores } of samples) {
    for (const [key, score] of Object.entries(scores)) {
      binary.set(key, (binary.get(key) ?? true) && (score === 0 || score === 1));
    }
  }
  const headlines = metrics.map(({ metric }) => metric);
  const keys = [...new Set([...headlines.filter((key) => binary.has(key)), ...[...binary.keys()].sort()])];
  return keys.map((key) => {
    const description = describeMetric(key);
    const headline = metrics.find(({ metric }) => metric === key);
    return {
      key,
      name: description.name,
      higherIsBetter: headline?.higher_is_better ?? description.higherIsBetter,
      binary: binary.get(key) === true,
    };
  });
}
