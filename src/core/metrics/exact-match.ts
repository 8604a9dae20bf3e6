import { mean } from './text/mean.js';
import type { Metric } from './metric.js';

/** Share of texts equal to a reference, character by character. */
export const exactMatch: Metric<'text', number> = {
  id: 'exact-match',
  name: 'Exact match',
  needs: 'text',
  formula: 'rows where the prediction equals a reference / rows',
  source:
    'the plain comparison of strings; squad-f1 has the one that overlooks case, punctuation and articles',
  higherIsBetter: true,
  range: [0, 1],
  isMean: true,
  statistic: ({ prediction, references }) => Number(references.includes(prediction)),
  aggregate: (matches) => ({ exact_match: mean(matches) }),
  examples: [
    {
      rows: [
        { prediction: 'Paris', references: ['Paris'] },
        { prediction: 'paris', references: ['Paris'] },
        { prediction: '42', references: ['forty-two', '42'] },
        { prediction: '42 ', references: ['42'] },
      ],
      values: { exact_match: 0.5 },
      source: 'by hand: the first and the third of 4',
    },
  ],
};
