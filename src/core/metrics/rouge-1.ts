import { countSharedRuns, rougeMetric } from './text/rouge.js';

/** Words that a text shares with its reference: what a summary covers. */
export const rouge1 = rougeMetric({
  id: 'rouge-1',
  name: 'ROUGE-1',
  key: 'rouge1',
  formula:
    'mean over rows of 2 × P × R / (P + R): P = shared words / words predicted, R = shared words / words wanted',
  count: countSharedRuns(1),
  examples: [
    {
      rows: [{ prediction: 'the cat was found under the bed', references: ['the cat was under the bed'] }],
      values: { rouge1: 12 / 13, rouge1_precision: 6 / 7, rouge1_recall: 1, rouge1_without_stemmer: 12 / 13 },
      source: 'by hand: 6 shared of 7 predicted and 6 wanted',
    },
    {
      rows: [{ prediction: 'She jumps.', references: ['she was jumping', 'they sang'] }],
      values: { rouge1: 0.8, rouge1_precision: 1, rouge1_recall: 2 / 3, rouge1_without_stemmer: 0.4 },
      source: 'by hand: she and jump of 2 and 3; without stems she alone',
    },
  ],
});
