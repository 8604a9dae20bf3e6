import { meanSurprise } from './likelihood/surprise.js';
import type { LikelihoodRow, Metric } from './metric.js';

/** How many tokens a model wavers between at each step. Comparable between models of one tokenizer alone. */
export const perplexity: Metric<'likelihood', LikelihoodRow> = {
  id: 'perplexity',
  name: 'Perplexity per token',
  needs: 'likelihood',
  formula: 'exp(-Σ ln P(text) / Σ tokens), over all rows together',
  source:
    'Jelinek et al. 1977; transformers, "Perplexity of fixed-length models": exp of the mean loss per token',
  higherIsBetter: false,
  range: [1, null],
  statistic: (row) => row,
  aggregate: (rows) => ({ perplexity: Math.exp(meanSurprise(rows, 'tokens')) }),
  examples: [
    {
      rows: [
        { logLikelihood: -2 * Math.log(4), tokens: 2, bytes: 8, words: 1 },
        { logLikelihood: -6 * Math.log(2), tokens: 6, bytes: 12, words: 4 },
      ],
      values: { perplexity: 2 ** (10 / 8) },
      source: 'by hand: 2 tokens of 2 bits and 6 of 1 bit, 10 bits in 8 tokens',
    },
  ],
};
