import { meanSurprise } from './likelihood/surprise.js';
import type { LikelihoodRow, Metric } from './metric.js';

/** Bits that a text takes, compressed by the model, for each byte of its UTF-8: comparable between models of any tokenizer. */
export const bitsPerByte: Metric<'likelihood', LikelihoodRow> = {
  id: 'bits-per-byte',
  name: 'Bits per byte',
  needs: 'likelihood',
  formula: '-Σ ln P(text) / (ln 2 × Σ bytes), over all rows together; byte perplexity = 2^(bits per byte)',
  source:
    'Gao et al. 2020, arXiv 2101.00027, section 3.1; lm-evaluation-harness, bits_per_byte and byte_perplexity',
  higherIsBetter: false,
  range: [0, null],
  statistic: (row) => row,
  aggregate: (rows) => ({
    bits_per_byte: meanSurprise(rows, 'bytes') / Math.LN2,
    byte_perplexity: Math.exp(meanSurprise(rows, 'bytes')),
  }),
  examples: [
    {
      rows: [
        { logLikelihood: -2 * Math.log(4), tokens: 2, bytes: 8, words: 1 },
        { logLikelihood: -6 * Math.log(2), tokens: 6, bytes: 12, words: 4 },
      ],
      values: { bits_per_byte: 0.5, byte_perplexity: Math.SQRT2 },
      source: 'by hand: 10 bits in 20 bytes',
    },
  ],
};
