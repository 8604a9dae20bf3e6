import { memoryPart, totalBytes, type MemoryPart } from '../estimates/figure.js';

const COURSE =
  'Generative AI with Large Language Models (DeepLearning.AI and AWS, 2023), week 1, computational challenges of training';

/**
 * Bytes per parameter that the rule of thumb counts at 32 bits. It knows nothing of the batch or the sequence, so the
 * last figure is a high-end guess. Source: the course named above.
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

/** The terms of the rule of thumb for training; the first alone is what it counts for inference. */
export function ruleOfThumbParts(parameters: number): MemoryPart[] {
  const term = (part: string, bytes_per_parameter: number, leavesOut?: string): MemoryPart =>
    memoryPart(
      part,
      'parameters * bytes_per_parameter',
      { parameters, bytes_per_parameter },
      { source: COURSE, leavesOut },
    );
  const { weights, adamStates, gradients, activationsAndTemporaries } = RULE_BYTES_PER_PARAMETER;
  return [
    term('weights', weights),
    term('optimizer states', adamStates),
    term('gradients', gradients),
    term(
      'activations and temporaries',
      activationsAndTemporaries,
      'that they depend on batch and sequence, not on parameters: a guess at the high end',
    ),
  ];
}

/** The rule of thumb: 1B parameters take 4 GB to hold and 24 GB to train. */
export function ruleOfThumb(parameters: number): RuleOfThumb {
  const parts = ruleOfThumbParts(parameters);
  return { inference_bytes: totalBytes(parts.slice(0, 1)), training_bytes: totalBytes(parts) };
}

/**
 * Bytes per parameter that the last column of LLaMA-Factory's table of hardware requirements names for each method, as
 * a comparison: the table is marked as estimated, and its own cells lie up to 2.3 times off this rule.
 */
export const LLAMA_FACTORY_BYTES_PER_PARAMETER = {
  'full-amp': 18,
  'full-pure-bf16': 8,
  'lora-16': 2,
  'qlora-8': 1,
  'qlora-4': 0.5,
  'qlora-2': 0.25,
} as const;
