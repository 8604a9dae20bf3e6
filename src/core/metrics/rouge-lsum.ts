import { countNgrams } from './text/ngrams.js';
import { commonIndices } from './text/longest-common-subsequence.js';
import { rougeMetric } from './text/rouge.js';

/**
 * ROUGE-L of summaries whose sentences stand on lines of their own: each sentence of the reference is covered by what it
 * has in common with any sentence of the prediction.
 */
export const rougeLsum = rougeMetric({
  id: 'rouge-lsum',
  name: 'ROUGE-Lsum',
  key: 'rougeLsum',
  formula:
    'mean over rows of 2 × P × R / (P + R): P = hits / words predicted, R = hits / words wanted; hits = Σ over lines of the reference of the words in the union of its LCS with every line predicted, each word at most as often as both texts have it',
  count(prediction, reference, tokenize) {
    const [predicted, wanted] = [prediction, reference].map((text) =>
      text.split('\n').map((line) => tokenize(line)),
    ) as [string[][], string[][]];
    const left = [predicted, wanted].map((lines) => countNgrams(lines.flat(), 1));
    let hits = 0;
    for (const line of wanted) {
      const union = new Set(predicted.flatMap((candidate) => commonIndices(line, candidate)));
      for (const index of union) {
        const word = line[index]!;
        if (left.some((counts) => (counts.get(word) ?? 0) === 0)) continue;
        hits++;
        left.forEach((counts) => counts.set(word, counts.get(word)! - 1));
      }
    }
    return { hits, claimed: predicted.flat().length, support: wanted.flat().length };
  },
  examples: [
    {
      rows: [{ prediction: 'w1 w2 w6 w7 w8\nw1 w3 w8 w9 w5', references: ['w1 w2 w3 w4 w5'] }],
      values: {
        rougeLsum: 8 / 15,
        rougeLsum_precision: 4 / 10,
        rougeLsum_recall: 4 / 5,
        rougeLsum_without_stemmer: 8 / 15,
      },
      source: 'Lin 2004, section 3.2: the union of w1 w2 and w1 w3 w5 covers 4 of 5 words',
    },
  ],
});
