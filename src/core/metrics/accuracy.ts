import { labelPair, ratio, type LabelPair } from './labels/label-scores.js';
import type { Metric } from './metric.js';

/** Share of rows whose class is the right one. */
export const accuracy: Metric<'label', LabelPair> = {
  id: 'accuracy',
  name: 'Accuracy',
  needs: 'label',
  formula: 'rows where prediction = reference / rows',
  source: 'sklearn.metrics.accuracy_score',
  higherIsBetter: true,
  range: [0, 1],
  isMean: true,
  statistic: labelPair,
  aggregate(pairs) {
    const hits = pairs.filter(({ prediction, reference }) => prediction === reference).length;
    return { accuracy: ratio(hits, pairs.length) };
  },
  examples: [
    {
      rows: [
        { prediction: 'yes', reference: 'yes' },
        { prediction: 'yes', reference: 'no' },
        { prediction: 'no', reference: 'no' },
        { prediction: 'no', reference: 'no' },
      ],
      values: { accuracy: 0.75 },
      source: 'by hand: 3 of 4',
    },
  ],
};
