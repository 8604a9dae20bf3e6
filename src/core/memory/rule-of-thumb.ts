/**
 * Bytes per parameter that the rule of thumb counts at 32 bits. It knows nothing of the batch or the sequence, so the
 * last figure is a high-end guess. Source: the course "Generative AI with Large Language Models" (DeepLearning.AI
 * and AWS, 2023), week 1, computational challenges of training.
 */
export const RULE_BYTES_PER_PARAMETER = {
  weights: 4,
  adamStates: 8,
  gradients: 4,
  activationsAndTemporaries: 8,
} as const;

/** Sum for training: 24 bytes, six times what the weights alone take. */
export const RULE_TRAINING_BYTES_PER_PARAMETER =
  RULE_BYTES_PER_PARAMETER.weights +
  RULE_BYTES_PER_PARAMETER.adamStates +
  RULE_BYTES_PER_PARAMETER.gradients +
  RULE_BYTES_PER_PARAMETER.activationsAndTemporaries;

/** Bytes by the rule of thumb, at 32 bits. */
export interface RuleOfThumb {
  readonly inference_bytes: number;
  readonly training_bytes: number;
}

/** The rule of thumb: 1B parameters take 4 GB to hold and 24 GB to train. */
export function ruleOfThumb(parameters: number): RuleOfThumb {
  return {
    inference_bytes: RULE_BYTES_PER_PARAMETER.weights * parameters,
    training_bytes: RULE_TRAINING_BYTES_PER_PARAMETER * parameters,
  };
}
