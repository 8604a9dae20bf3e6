import type { EvaluationResult, EvaluationSample } from '../evaluation-result.js';
import type { ScoreKey } from './score-keys.js';

/** What makes a row right, where an evaluation tells right from wrong. */
export interface Verdict {
  /** In words, for the reader. */
  readonly meaning: string;
  /** `null` for a row that it says nothing of. */
  isRight(sample: EvaluationSample): boolean | null;
}

/** The answer that was wanted of a row, in the light of what was predicted: any of several targets will do. */
export function wantedAnswer({ prediction, targets }: EvaluationSample): string {
  return targets.includes(prediction) ? prediction : (targets[0] ?? '');
}

/**
 * The first score that is 0 or 1 for every row decides; else, for classes and choices, whether the prediction is a
 * target; `null` for kinds of evaluation that only grade.
 */
export function verdictOf(
  { kind }: Pick<EvaluationResult, 'kind'>,
  keys: readonly ScoreKey[],
): Verdict | null {
  const deciding = keys.find(({ binary, higherIsBetter }) => binary && higherIsBetter);
  if (deciding !== undefined) {
    return {
      meaning: `${deciding.name} is 1`,
      isRight: ({ scores }) => {
        const score = scores[deciding.key];
        return score === undefined ? null : score === 1;
      },
    };
  }
  if (kind !== 'classification' && kind !== 'multiple_choice') return null;
  return {
    meaning: 'the prediction is a target',
    isRight: ({ prediction, targets }) => targets.includes(prediction),
  };
}
