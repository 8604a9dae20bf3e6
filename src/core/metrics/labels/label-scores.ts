import type { LabelRow } from '../metric.js';

/** How often a label was chosen rightly, chosen, and the truth. */
export interface LabelCounts {
  readonly hits: number;
  readonly claimed: number;
  readonly support: number;
}

/** What its counts say about one label; 0 where nothing was counted. */
export interface LabelScores {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** A share, and 0 of nothing. */
export function ratio(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}

/** Precision, recall and their harmonic mean (van Rijsbergen 1979). */
export function labelScores({ hits, claimed, support }: LabelCounts): LabelScores {
  const [precision, recall] = [ratio(hits, claimed), ratio(hits, support)];
  return { precision, recall, f1: ratio(2 * precision * recall, precision + recall) };
}

/** What metrics over labels keep of a row. */
export type LabelPair = Pick<LabelRow, 'prediction' | 'reference'>;

export function labelPair({ prediction, reference }: LabelRow): LabelPair {
  return { prediction, reference };
}

/** Counts of every label that was chosen or is the truth somewhere. */
export function countLabels(pairs: readonly LabelPair[]): Map<string, LabelCounts> {
  const counts = new Map<string, { hits: number; claimed: number; support: number }>();
  const of = (label: string): { hits: number; claimed: number; support: number } => {
    const known = counts.get(label) ?? { hits: 0, claimed: 0, support: 0 };
    counts.set(label, known);
    return known;
  };
  for (const { prediction, reference } of pairs) {
    of(prediction).claimed++;
    of(reference).support++;
    if (prediction === reference) of(reference).hits++;
  }
  return counts;
}

/**
 * The three usual means of a score: over labels (macro), over labels by how often each is the truth (weighted), and
 * of all labels' counts together (micro).
 */
export function averageScore(
  counts: Iterable<LabelCounts>,
  score: keyof LabelScores,
): { macro: number; micro: number; weighted: number } {
  const total = { hits: 0, claimed: 0, support: 0 };
  let [labels, sum, weightedSum] = [0, 0, 0];
  for (const label of counts) {
    const value = labelScores(label)[score];
    labels++;
    sum += value;
    weightedSum += value * label.support;
    total.hits += label.hits;
    total.claimed += label.claimed;
    total.support += label.support;
  }
  return {
    macro: ratio(sum, labels),
    micro: labelScores(total)[score],
    weighted: ratio(weightedSum, total.support),
  };
}
