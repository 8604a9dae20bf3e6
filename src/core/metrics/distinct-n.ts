import { ratio } from './labels/label-scores.js';
import { BLEU_TOKENIZERS } from './text/bleu-tokenizers.js';
import { countNgrams } from './text/ngrams.js';
import type { Metric } from './metric.js';

/** Runs of up to this many words are looked at. */
const LONGEST = 3;

/** How varied generated texts are: the share of runs of words that were not seen before, over all texts together. */
export const distinctN: Metric<'generation', readonly string[]> = {
  id: 'distinct-n',
  name: 'Distinct-n',
  needs: 'generation',
  formula: 'different n-grams / n-grams, n = 1, 2, 3, over all rows together',
  source: 'Li et al. 2016, N16-1014, there divided by words; on tokens of the 13a tokenizer',
  higherIsBetter: true,
  range: [0, 1],
  allowsBootstrap: false,
  statistic: ({ prediction }) => BLEU_TOKENIZERS['13a'](prediction),
  aggregate: (texts) =>
    Object.fromEntries(
      Array.from({ length: LONGEST }, (_, index) => {
        const n = index + 1;
        const different = new Set<string>();
        let total = 0;
        for (const words of texts) {
          total += Math.max(0, words.length - index);
          for (const ngram of countNgrams(words, n).keys()) different.add(ngram);
        }
        return [`distinct_${n}`, ratio(different.size, total)];
      }),
    ),
  examples: [
    {
      rows: [{ prediction: 'I do not know' }, { prediction: 'I do not care' }],
      values: { distinct_1: 5 / 8, distinct_2: 4 / 6, distinct_3: 3 / 4 },
      source: 'by hand: I, do, not, know, care of 8 words; 4 of 6 pairs; 3 of 4 runs of three',
    },
  ],
};
