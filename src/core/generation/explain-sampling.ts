import {
  assertFinite,
  isSampling,
  samplingSteps,
  type SamplingSettings,
  type SamplingStep,
} from './sampling.js';

/** What the next token may be at one stage of sampling. */
export interface SamplingStage {
  /** The setting that led to it; `undefined` for what the model itself says. */
  readonly setting: keyof SamplingSettings | undefined;
  readonly value: number | undefined;
  /** Tokens that can still be chosen. */
  readonly possible: number;
  /** For each explained token its probability, from 0 to 1. */
  readonly probabilities: readonly number[];
}

/** How the next token is chosen, stage by stage. */
export interface SamplingExplanation {
  /** Ids of the explained tokens: the likeliest first, as things stand at the end. */
  readonly tokens: readonly number[];
  /** What the model says, then what each setting makes of it. */
  readonly stages: readonly SamplingStage[];
  /** The token that is taken, where none is drawn. */
  readonly taken: number | undefined;
}

/** Softmax in double precision. */
function softmax(scores: Float32Array): Float64Array {
  let largest = -Infinity;
  for (const score of scores) largest = Math.max(largest, score);
  const weights = Float64Array.from(scores, (score) => Math.exp(score - largest));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

function likeliest(probabilities: Float64Array, count: number): number[] {
  // Of equal ones the first, as greedy decoding takes it.
  const order = [...probabilities.keys()].sort((a, b) => probabilities[b]! - probabilities[a]! || a - b);
  return order.slice(0, count);
}

/**
 * Explains how the next token is chosen. Every stage is computed by the very step that generation takes.
 *
 * @param logits [vocabulary] of the next token
 * @param seen tokens of the prompt
 * @param top how many tokens are explained: the likeliest of the model and the likeliest at the end, so at most twice
 *   that many
 * @throws ToolkitError `BAD_CHECKPOINT` if the logits are not numbers
 */
export function explainSampling(
  logits: Float32Array,
  seen: Iterable<number>,
  settings: SamplingSettings,
  top: number,
): SamplingExplanation {
  assertFinite(logits);
  const stages: { readonly step?: SamplingStep; readonly all: Float64Array }[] = [{ all: softmax(logits) }];
  let scores = logits;
  for (const step of samplingSteps(seen, settings)) {
    scores = step.apply(scores);
    stages.push({ step, all: softmax(scores) });
  }
  const [first, last] = [stages[0]!.all, stages.at(-1)!.all];
  const chosenAmong = likeliest(last, top).filter((token) => last[token]! > 0);
  const shown = new Set([...chosenAmong, ...likeliest(first, top)]);
  const tokens = [...shown].sort((a, b) => last[b]! - last[a]! || first[b]! - first[a]! || a - b);
  return {
    tokens,
    stages: stages.map(({ step, all }) => ({
      ...{ setting: step?.setting, value: step?.value },
      possible: all.reduce((count, probability) => count + (probability > 0 ? 1 : 0), 0),
      probabilities: tokens.map((token) => all[token]!),
    })),
    taken: isSampling(settings) ? undefined : tokens[0]!,
  };
}
