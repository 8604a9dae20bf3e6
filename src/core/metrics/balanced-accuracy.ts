import { countLabels, labelPair, labelScores, ratio, type LabelPair } from './labels/label-scores.js';
import type { Metric } from './metric.js';

/** Mean recall over the classes that occur: a model that always says the commonest class gains nothing by it. */
export const balancedAccuracy: Metric<'label', LabelPair> = {
  id: 'balanced-accuracy',
  name: 'Balanced accuracy',
  needs: 'label',
  formula: 'mean over classes in the references of (rows of the class predicted rightly / rows of the class)',
  source: 'Brodersen et al. 2010; sklearn.metrics.balanced_accuracy_score',
  higherIsBetter: true,
  range: [0, 1],
  statistic: labelPair,
  aggregate(pairs) {
    const occurring = [...countLabels(pairs).values()].filter(({ support }) => support > 0);
    const recalls = occurring.reduce((sum, counts) => sum + labelScores(counts).recall, 0);
    return { balanced_accuracy: ratio(recalls, occurring.length) };
  },
  examples: [
    {
      rows: [
        { prediction: 'common', reference: 'common' },
        { prediction: 'common', reference: 'common' },
        { prediction: 'common', reference: 'common' },
        { prediction: 'common', reference: 'rare' },
      ],
      values: { balanced_accuracy: 0.5 },
      source: 'by hand: (3/3 + 0/1) / 2',
    },
  ],
};
