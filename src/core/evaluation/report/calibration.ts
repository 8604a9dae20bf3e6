import type { EvaluationSample } from '../evaluation-result.js';
import type { Verdict } from './verdict.js';

/** Equal parts of the confidences from 0 to 1; half-open at the left, as in Guo et al. 2017 (arXiv 1706.04599). */
const BINS = 10;

/** Predictions of about the same confidence. */
export interface CalibrationBin {
  readonly from: number;
  readonly to: number;
  readonly rows: number;
  /** Means over the rows of the bin; `null` without rows. */
  readonly confidence: number | null;
  readonly accuracy: number | null;
}

/** Probabilities of choices relative to each other: the softmax of their log-likelihoods. */
export function choiceProbabilities(choices: readonly { readonly log_likelihood: number }[]): number[] {
  const likeliest = Math.max(...choices.map(({ log_likelihood }) => log_likelihood));
  const weights = choices.map(({ log_likelihood }) => Math.exp(log_likelihood - likeliest));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** How often predictions were right, by their probability; `null` where no row has choices to choose from. */
export function calibration(samples: readonly EvaluationSample[], verdict: Verdict): CalibrationBin[] | null {
  const bins = Array.from({ length: BINS }, () => ({ rows: 0, right: 0, confidence: 0 }));
  let rows = 0;
  for (const sample of samples) {
    const { choices, prediction } = sample;
    const chosen = choices?.findIndex(({ text }) => text === prediction) ?? -1;
    const right = verdict.isRight(sample);
    if (choices === null || choices.length < 2 || chosen < 0 || right === null) continue;
    const confidence = choiceProbabilities(choices)[chosen]!;
    if (!Number.isFinite(confidence)) continue;
    const bin = bins[Math.max(0, Math.ceil(confidence * BINS) - 1)]!;
    bin.rows++;
    bin.right += Number(right);
    bin.confidence += confidence;
    rows++;
  }
  if (rows === 0) return null;
  return bins.map((bin, index) => ({
    from: index / BINS,
    to: (index + 1) / BINS,
    rows: bin.rows,
    confidence: bin.rows === 0 ? null : bin.confidence / bin.rows,
    accuracy: bin.rows === 0 ? null : bin.right / bin.rows,
  }));
}
