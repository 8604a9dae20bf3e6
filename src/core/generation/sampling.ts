import { ToolkitError } from '../errors/toolkit-error.js';
import type { Random } from '../training/random.js';

/**
 * How the next token is chosen. Without `temperature`, `topK`, `topP` and `minP`, or with a temperature of 0, it is the
 * likeliest one.
 */
export interface SamplingSettings {
  /** Divides the logits before sampling; 1 leaves the model's own probabilities. */
  readonly temperature?: number | undefined;
  /** Samples among this many likeliest tokens. */
  readonly topK?: number | undefined;
  /** Samples among the likeliest tokens that together have this probability (Holtzman et al. 2019, arXiv 1904.09751). */
  readonly topP?: number | undefined;
  /** Samples among tokens at least this share as likely as the likeliest (Nguyen et al. 2024, arXiv 2407.01082). */
  readonly minP?: number | undefined;
  /** Makes tokens that occurred less likely if above 1 (Keskar et al. 2019, arXiv 1909.05858); also without sampling. */
  readonly repetitionPenalty?: number | undefined;
}

/** Whether tokens are drawn, rather than always the likeliest one taken. */
export function isSampling({ temperature, topK, topP, minP }: SamplingSettings): boolean {
  if (temperature === 0) return false;
  return temperature !== undefined || topK !== undefined || topP !== undefined || minP !== undefined;
}

/** Positive logits of tokens in `seen` are divided by the penalty, negative ones multiplied; each token once. */
export function penalizeRepetition(
  logits: Float32Array,
  seen: Iterable<number>,
  penalty: number,
): Float32Array {
  const scores = logits.slice();
  for (const token of seen) {
    const logit = logits[token];
    if (logit !== undefined) scores[token] = logit < 0 ? logit * penalty : logit / penalty;
  }
  return scores;
}

/** Divides by the temperature. */
export function applyTemperature(logits: Float32Array, temperature: number): Float32Array {
  return logits.map((logit) => logit / temperature);
}

/** Leaves the `k` largest, and what equals the least of them; -Infinity for the others. */
export function keepTopK(logits: Float32Array, k: number): Float32Array {
  const least = logits.slice().sort()[Math.max(0, logits.length - k)]!;
  return logits.map((logit) => (logit < least ? -Infinity : logit));
}

/** Leaves the largest that together have at least the probability `p`, one in any case; -Infinity for the others. */
export function keepTopP(logits: Float32Array, p: number): Float32Array {
  const ascending = logits.slice().sort();
  const largest = ascending.at(-1)!;
  const total = ascending.reduce((sum, logit) => sum + Math.exp(logit - largest), 0);
  let removed = 0;
  let cumulative = 0;
  while (removed < ascending.length - 1) {
    cumulative += Math.exp(ascending[removed]! - largest) / total;
    if (cumulative > 1 - p) break;
    removed++;
  }
  const threshold = ascending[removed]!;
  // Of equal logits at the threshold the first ones go, as many as the limit asks for.
  let equalsRemoved = removed - ascending.indexOf(threshold);
  return logits.map((logit) =>
    logit < threshold || (logit === threshold && equalsRemoved-- > 0) ? -Infinity : logit,
  );
}

/** Leaves those at least `p` times as likely as the likeliest; -Infinity for the others. */
export function keepMinP(logits: Float32Array, p: number): Float32Array {
  const least = maximum(logits) + Math.log(p);
  return logits.map((logit) => (logit < least ? -Infinity : logit));
}

/** One thing that sampling does to the scores. */
export interface SamplingStep {
  /** The setting that asks for it. */
  readonly setting: keyof SamplingSettings;
  readonly value: number;
  apply(scores: Float32Array): Float32Array;
}

/**
 * What the settings do to the logits before a token is chosen, in the order in which `generate` of Hugging Face
 * transformers does it. Where the likeliest token is always taken, only the repetition penalty changes anything.
 *
 * @param seen tokens of prompt and answer so far
 */
export function samplingSteps(seen: Iterable<number>, settings: SamplingSettings): SamplingStep[] {
  const { repetitionPenalty, temperature, topK, topP, minP } = settings;
  const steps: SamplingStep[] = [];
  const add = (
    setting: keyof SamplingSettings,
    value: number | undefined,
    change: (scores: Float32Array, value: number) => Float32Array,
  ): void => {
    if (value !== undefined) steps.push({ setting, value, apply: (scores) => change(scores, value) });
  };
  add('repetitionPenalty', repetitionPenalty, (scores, penalty) => penalizeRepetition(scores, seen, penalty));
  if (!isSampling(settings)) return steps;
  add('temperature', temperature, applyTemperature);
  add('topK', topK, keepTopK);
  add('topP', topP === 1 ? undefined : topP, keepTopP);
  add('minP', minP, keepMinP);
  return steps;
}

/**
 * Scores to choose the next token by: what {@link samplingSteps} make of the logits.
 *
 * @param logits [vocabulary]
 * @param seen tokens of prompt and answer so far
 */
export function processLogits(
  logits: Float32Array,
  seen: Iterable<number>,
  settings: SamplingSettings,
): Float32Array {
  return samplingSteps(seen, settings).reduce((scores, step) => step.apply(scores), logits);
}

/** Draws an index with the softmax of the scores as probabilities. */
export function drawToken(scores: Float32Array, random: Random): number {
  const largest = maximum(scores);
  const weights = Float64Array.from(scores, (score) => Math.exp(score - largest));
  let rest = random.uniform() * weights.reduce((sum, weight) => sum + weight, 0);
  let last = 0;
  for (const [token, weight] of weights.entries()) {
    if (weight === 0) continue;
    last = token;
    rest -= weight;
    if (rest < 0) return token;
  }
  return last; // rounding left a little over
}

/** @throws ToolkitError `BAD_CHECKPOINT` if the logits are not numbers */
export function assertFinite(logits: Float32Array): void {
  if (Number.isFinite(maximum(logits))) return;
  throw new ToolkitError(
    'the model computes values that are not finite numbers',
    'BAD_CHECKPOINT',
    'Its weights are damaged, or training diverged; use an earlier checkpoint.',
  );
}

/**
 * Chooses the next token.
 *
 * @param logits [vocabulary]
 * @param seen tokens of prompt and answer so far
 * @param random asked only if the settings ask for sampling
 * @throws ToolkitError `BAD_CHECKPOINT` if the logits are not numbers
 */
export function chooseToken(
  logits: Float32Array,
  seen: Iterable<number>,
  settings: SamplingSettings,
  random: Random,
): number {
  assertFinite(logits);
  const scores = processLogits(logits, seen, settings);
  return isSampling(settings) ? drawToken(scores, random) : scores.indexOf(maximum(scores));
}

/** The largest, or NaN if any is NaN. */
function maximum(values: Float32Array): number {
  let largest = -Infinity;
  for (const value of values) largest = Math.max(largest, value);
  return largest;
}
