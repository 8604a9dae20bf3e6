import { commonLength } from './text/longest-common-subsequence.js';
import { rougeMetric } from './text/rouge.js';

/** Words that a text has in the same order as its reference, with gaps; line breaks do not count. */
export const rougeL = rougeMetric({
  id: 'rouge-l',
  name: 'ROUGE-L',
  key: 'rougeL',
  formula:
    'mean over rows of 2 × P × R / (P + R): P = LCS / words predicted, R = LCS / words wanted; LCS = words in the longest common subsequence',
  count(prediction, reference, tokenize) {
    const [predicted, wanted] = [tokenize(prediction), tokenize(reference)];
    return { hits: commonLength(wanted, predicted), claimed: predicted.length, support: wanted.length };
  },
  examples: [
    {
      rows: [
        { prediction: 'police kill the gunman', references: ['police killed the gunman'] },
        { prediction: 'the gunman kill police', references: ['police killed the gunman'] },
      ],
      values: { rougeL: 0.75, rougeL_precision: 0.75, rougeL_recall: 0.75, rougeL_without_stemmer: 0.625 },
      source:
        "Lin 2004, section 3.1: without stems 3/4 and 2/4 ('police … the gunman', 'the gunman'); with kill = killed 4/4 and 2/4",
    },
  ],
});
