import { averageScore, countLabels, labelPair, labelScores, type LabelPair } from './labels/label-scores.js';
import type { Metric } from './metric.js';

/** Harmonic mean of precision and recall. A class that is never right counts 0. */
export const f1: Metric<'label', LabelPair> = {
  id: 'f1',
  name: 'F1',
  needs: 'label',
  formula:
    'per class: 2 × precision × recall / (precision + recall); macro: mean over classes; weighted: mean by rows of each class; micro: of all counts together',
  source: 'van Rijsbergen 1979; sklearn.metrics.f1_score (zero_division=0)',
  higherIsBetter: true,
  range: [0, 1],
  statistic: labelPair,
  aggregate(pairs) {
    const { macro, micro, weighted } = averageScore(countLabels(pairs).values(), 'f1');
    return { f1_macro: macro, f1_micro: micro, f1_weighted: weighted };
  },
  examples: [
    {
      rows: [
        { prediction: 'a', reference: 'a' },
        { prediction: 'a', reference: 'a' },
        { prediction: 'b', reference: 'a' },
        { prediction: 'b', reference: 'b' },
        { prediction: 'c', reference: 'b' },
        { prediction: 'a', reference: 'c' },
      ],
      values: { f1_macro: 7 / 18, f1_micro: 3 / 6, f1_weighted: 3 / 6 },
      source: 'by hand: a 2/3, b 1/2, c 0; (3 × 2/3 + 2 × 1/2 + 0) / 6',
    },
  ],
};

/** F1 of one class alone, such as that of the spam: what the field quotes where one of two classes is looked for. */
export function f1Of(positive: string): Metric<'label', LabelPair> {
  return {
    ...f1,
    formula: '2 × precision × recall / (precision + recall) of one class',
    source: 'van Rijsbergen 1979; sklearn.metrics.f1_score (pos_label, zero_division=0)',
    aggregate(pairs) {
      const counts = countLabels(pairs).get(positive) ?? { hits: 0, claimed: 0, support: 0 };
      return { f1: labelScores(counts).f1 };
    },
    examples: [
      {
        rows: [
          { prediction: positive, reference: positive },
          { prediction: positive, reference: `not ${positive}` },
          { prediction: `not ${positive}`, reference: `not ${positive}` },
        ],
        values: { f1: 2 / 3 },
        source: 'by hand: precision 1/2, recall 1',
      },
    ],
  };
}
