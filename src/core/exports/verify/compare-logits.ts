import { likeliest } from './greedy.js';

/** How far the predictions of one model are from those of another. */
export interface LogitDistance {
  readonly positions: number;
  /** Mean over positions of KL(original ‖ export), in nats. */
  readonly meanDivergence: number;
  readonly largestDivergence: number;
  /** Share of positions whose likeliest token is the same. */
  readonly sameLikeliest: number;
  /** Largest difference of two logits, each less the mean of its position: what both share changes nothing. */
  readonly largestError: number;
}

/** Gathers distances, position by position. */
export class LogitComparison {
  private positions = 0;
  private divergence = 0;
  private largestDivergence = 0;
  private same = 0;
  private largestError = 0;

  /** @param found logits of the export, as many as of the original */
  add(original: Float32Array, found: Float32Array): void {
    this.positions++;
    const divergence = klDivergence(original, found);
    this.divergence += divergence;
    this.largestDivergence = larger(this.largestDivergence, divergence);
    if (likeliest(original) === likeliest(found)) this.same++;
    this.largestError = larger(this.largestError, largestDifference(original, found));
  }

  get distance(): LogitDistance {
    const { positions } = this;
    return {
      positions,
      meanDivergence: this.divergence / positions,
      largestDivergence: this.largestDivergence,
      sameLikeliest: this.same / positions,
      largestError: this.largestError,
    };
  }
}

/** NaN counts as the largest. */
function larger(a: number, b: number): number {
  return b <= a ? a : b;
}

/** ln Σ exp(logits) */
export function logSumExp(logits: Float32Array): number {
  const largest = logits[likeliest(logits)]!;
  let sum = 0;
  for (const value of logits) sum += Math.exp(value - largest);
  return largest + Math.log(sum);
}

/**
 * Σ p ln(p / q) of the distributions that two rows of logits are, in nats (Kullback and Leibler 1951).
 *
 * @returns NaN where the second holds numbers that are not finite
 */
export function klDivergence(p: Float32Array, q: Float32Array): number {
  const [totalP, totalQ] = [logSumExp(p), logSumExp(q)];
  let sum = 0;
  for (let id = 0; id < p.length; id++) {
    const logP = p[id]! - totalP;
    sum += Math.exp(logP) * (logP - (q[id]! - totalQ));
  }
  // Rounding alone takes it below zero.
  return Number.isNaN(sum) ? sum : Math.max(0, sum);
}

function mean(values: Float32Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  const shift = mean(a) - mean(b);
  let largest = 0;
  for (let id = 0; id < a.length; id++) largest = larger(largest, Math.abs(a[id]! - b[id]! - shift));
  return largest;
}
