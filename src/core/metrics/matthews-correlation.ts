import { countLabels, labelPair, type LabelPair } from './labels/label-scores.js';
import type { Metric } from './metric.js';

/** Correlation of predicted and true classes, for any number of classes; 0 where one side is constant. */
export const matthewsCorrelation: Metric<'label', LabelPair> = {
  id: 'matthews-correlation',
  name: 'Matthews correlation coefficient',
  needs: 'label',
  formula:
    '(n × hits - Σ predicted(class) × true(class)) / sqrt((n² - Σ predicted(class)²) × (n² - Σ true(class)²))',
  source: 'Gorodkin 2004, for two classes Matthews 1975; sklearn.metrics.matthews_corrcoef',
  higherIsBetter: true,
  range: [-1, 1],
  statistic: labelPair,
  aggregate(pairs) {
    const rows = pairs.length;
    let [hits, products, claimedSquares, supportSquares] = [0, 0, 0, 0];
    for (const counts of countLabels(pairs).values()) {
      hits += counts.hits;
      products += counts.claimed * counts.support;
      claimedSquares += counts.claimed ** 2;
      supportSquares += counts.support ** 2;
    }
    const spread = (rows ** 2 - claimedSquares) * (rows ** 2 - supportSquares);
    return { matthews_correlation: spread === 0 ? 0 : (rows * hits - products) / Math.sqrt(spread) };
  },
  examples: [
    {
      rows: [
        { prediction: '+', reference: '+' },
        { prediction: '-', reference: '+' },
        { prediction: '+', reference: '+' },
        { prediction: '+', reference: '-' },
      ],
      values: { matthews_correlation: -1 / 3 },
      source: 'by hand: (TP × TN - FP × FN) / sqrt(3 × 3 × 1 × 1) = (2 × 0 - 1 × 1) / 3',
    },
  ],
};
