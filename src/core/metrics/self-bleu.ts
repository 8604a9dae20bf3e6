import { bleuNgrams, bleuScore, bleuTotals, nearestLength } from './text/bleu-score.js';
import { BLEU_TOKENIZERS } from './text/bleu-tokenizers.js';
import { mean } from './text/mean.js';
import { stripEnd } from './text/words.js';
import type { Metric } from './metric.js';

/** The text that has an n-gram most often, and the most that any other text has. */
interface Holders {
  first: number;
  most: number;
  next: number;
}

/**
 * How alike generated texts are: the mean BLEU of each with all others as its references. The counts of all texts are
 * gathered once, so the time grows with the text, not with the number of pairs.
 */
export const selfBleu: Metric<'generation', readonly string[]> = {
  id: 'self-bleu',
  name: 'Self-BLEU',
  needs: 'generation',
  formula:
    'mean over rows of the sentence BLEU of a row with every other row as a reference; 0 for a single row',
  source:
    'Zhu et al. 2018 (Texygen), arXiv 1802.01886; sacreBLEU 2.6.0 (sentence_bleu: exponential smoothing, effective order)',
  higherIsBetter: false,
  range: [0, 100],
  allowsBootstrap: false,
  statistic: ({ prediction }) => BLEU_TOKENIZERS['13a'](stripEnd(prediction)),
  aggregate(texts) {
    if (texts.length < 2) return { self_bleu: 0 };
    const orders = texts.map(bleuNgrams);
    const holders = new Map<string, Holders>();
    orders.forEach((counts, text) => {
      for (const [ngram, count] of counts.flatMap((order) => [...order])) {
        const known = holders.get(ngram);
        if (known === undefined) holders.set(ngram, { first: text, most: count, next: 0 });
        else if (count > known.most) holders.set(ngram, { first: text, most: count, next: known.most });
        else known.next = Math.max(known.next, count);
      }
    });
    const lengths = new Map<number, number>();
    for (const { length } of texts) lengths.set(length, (lengths.get(length) ?? 0) + 1);
    const scores = orders.map((counts, text) => {
      const matches = counts.map((order) => {
        let matched = 0;
        for (const [ngram, count] of order) {
          const { first, most, next } = holders.get(ngram)!;
          matched += Math.min(count, first === text ? next : most);
        }
        return matched;
      });
      const { length } = texts[text]!;
      // A text is no reference of its own, but another of its length is.
      const others = [...lengths.keys()].filter((other) => other !== length || lengths.get(length)! > 1);
      const referenceLength = nearestLength(length, others);
      return bleuScore({ length, referenceLength, matches, totals: bleuTotals(length) }, true).bleu;
    });
    return { self_bleu: mean(scores) };
  },
  examples: [
    {
      rows: [{ prediction: 'all the same' }, { prediction: 'all the same' }, { prediction: 'nothing alike' }],
      values: { self_bleu: 200 / 3 },
      source: 'by hand: 100, 100 and 0',
    },
  ],
};
