import { averageScore, countLabels, labelPair, type LabelPair } from './labels/label-scores.js';
import type { Metric } from './metric.js';

/** Of the rows said to be of a class, the share that is. A class that is never predicted counts 0. */
export const precision: Metric<'label', LabelPair> = {
  id: 'precision',
  name: 'Precision',
  needs: 'label',
  formula:
    'per class: rightly predicted / predicted; macro: mean over classes; weighted: mean by rows of each class; micro: of all counts together',
  source: 'sklearn.metrics.precision_score (zero_division=0)',
  higherIsBetter: true,
  range: [0, 1],
  statistic: labelPair,
  aggregate(pairs) {
    const { macro, micro, weighted } = averageScore(countLabels(pairs).values(), 'precision');
    return { precision_macro: macro, precision_micro: micro, precision_weighted: weighted };
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
      values: { precision_macro: 7 / 18, precision_micro: 3 / 6, precision_weighted: 3 / 6 },
      source: 'by hand: a 2/3, b 1/2, c 0/1; (3 × 2/3 + 2 × 1/2 + 0) / 6',
    },
  ],
};
