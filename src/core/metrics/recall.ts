import { averageScore, countLabels, labelPair, type LabelPair } from './labels/label-scores.js';
import type { Metric } from './metric.js';

/** Of the rows of a class, the share that was found. A class without rows that was predicted counts 0. */
export const recall: Metric<'label', LabelPair> = {
  id: 'recall',
  name: 'Recall',
  needs: 'label',
  formula:
    'per class: rightly predicted / rows of the class; macro: mean over classes; weighted: mean by rows of each class; micro: of all counts together',
  source: 'sklearn.metrics.recall_score (zero_division=0)',
  higherIsBetter: true,
  range: [0, 1],
  statistic: labelPair,
  aggregate(pairs) {
    const { macro, micro, weighted } = averageScore(countLabels(pairs).values(), 'recall');
    return { recall_macro: macro, recall_micro: micro, recall_weighted: weighted };
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
      values: { recall_macro: 7 / 18, recall_micro: 3 / 6, recall_weighted: 3 / 6 },
      source: 'by hand: a 2/3, b 1/2, c 0/1; (2 + 1 + 0) / 6',
    },
  ],
};
