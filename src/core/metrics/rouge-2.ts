import { countSharedRuns, rougeMetric } from './text/rouge.js';

/** Pairs of neighbouring words that a text shares with its reference. */
export const rouge2 = rougeMetric({
  id: 'rouge-2',
  name: 'ROUGE-2',
  key: 'rouge2',
  formula:
    'mean over rows of 2 × P × R / (P + R): P = shared pairs / pairs predicted, R = shared pairs / pairs wanted',
  count: countSharedRuns(2),
  examples: [
    {
      rows: [{ prediction: 'the cat was found under the bed', references: ['the cat was under the bed'] }],
      values: {
        rouge2: 8 / 11,
        rouge2_precision: 4 / 6,
        rouge2_recall: 4 / 5,
        rouge2_without_stemmer: 8 / 11,
      },
      source: 'by hand: 4 shared of 6 predicted and 5 wanted',
    },
  ],
});
