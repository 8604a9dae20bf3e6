import { meanSurprise } from './likelihood/surprise.js';
import type { LikelihoodRow, Metric } from './metric.js';

/** Perplexity spread over words, whatever the tokenizer: comparable between models. */
export const wordPerplexity: Metric<'likelihood', LikelihoodRow> = {
  id: 'word-perplexity',
  name: 'Perplexity per word',
  needs: 'likelihood',
  formula: 'exp(-Σ ln P(text) / Σ words), over all rows together; words are parts between white space',
  source: 'lm-evaluation-harness, word_perplexity (weighted_perplexity)',
  higherIsBetter: false,
  range: [1, null],
  statistic: (row) => row,
  aggregate: (rows) => ({ word_perplexity: Math.exp(meanSurprise(rows, 'words')) }),
  examples: [
    {
      rows: [
        { logLikelihood: -2 * Math.log(4), tokens: 2, bytes: 8, words: 1 },
        { logLikelihood: -6 * Math.log(2), tokens: 6, bytes: 12, words: 4 },
      ],
      values: { word_perplexity: 4 },
      source: 'by hand: 10 bits in 5 words',
    },
  ],
};
