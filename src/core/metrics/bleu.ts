import { bleuScore, countBleu, sumBleu, type BleuCounts } from './text/bleu-score.js';
import { BLEU_TOKENIZERS, type BleuTokenizer } from './text/bleu-tokenizers.js';
import { sacrebleuSignature } from './text/sacrebleu-signature.js';
import { stripEnd } from './text/words.js';
import type { Metric } from './metric.js';

interface BleuStatistic extends BleuCounts {
  /** How many references the row has. */
  readonly references: number;
}

/** BLEU with another tokenizer: values differ between tokenizers, so the signature names it. */
export function bleuWith(tokenizer: BleuTokenizer): Metric<'text', BleuStatistic> {
  const tokenize = (text: string): string[] => BLEU_TOKENIZERS[tokenizer](stripEnd(text));
  return {
    id: 'bleu',
    name: 'BLEU',
    needs: 'text',
    formula:
      'BP × exp(mean over n = 1 … 4 of ln(p_n)) × 100, over all rows together: p_n = n-grams shared with a reference / n-grams predicted; BP = min(1, exp(1 - words wanted / words predicted))',
    source:
      'Papineni et al. 2002, P02-1040; sacreBLEU 2.6.0 (corpus_bleu: exponential smoothing, mixed case, no effective order)',
    higherIsBetter: true,
    range: [0, 100],
    statistic: ({ prediction, references }) => ({
      ...countBleu(
        tokenize(prediction),
        references.map((reference) => tokenize(reference)),
      ),
      references: references.length,
    }),
    aggregate(rows) {
      const { bleu: score, precisions, brevityPenalty } = bleuScore(sumBleu(rows));
      return {
        bleu: score,
        ...Object.fromEntries(
          precisions.map((precision, index) => [`bleu_precision_${index + 1}`, precision]),
        ),
        bleu_brevity_penalty: brevityPenalty,
      };
    },
    signature: (rows) =>
      sacrebleuSignature(
        rows.map(({ references }) => references),
        { case: 'mixed', eff: 'no', tok: tokenizer, smooth: 'exp' },
      ),
    examples: [
      {
        rows: [{ prediction: 'the the the the the the the', references: ['the cat is on the mat'] }],
        values: {
          bleu: 100 * (2 / 7 / 12 / 20 / 32) ** (1 / 4),
          bleu_precision_1: 200 / 7,
          bleu_precision_2: 100 / 12,
          bleu_precision_3: 100 / 20,
          bleu_precision_4: 100 / 32,
          bleu_brevity_penalty: 1,
        },
        source: 'Papineni et al. 2002, section 2.1: p_1 = 2/7; by hand: 0 of 6, 5 and 4 as 1/2, 1/4 and 1/8',
      },
      {
        rows: [{ prediction: 'one two three four', references: ['one two three four five'] }],
        values: {
          bleu: 100 * Math.exp(-1 / 4),
          bleu_precision_1: 100,
          bleu_precision_2: 100,
          bleu_precision_3: 100,
          bleu_precision_4: 100,
          bleu_brevity_penalty: Math.exp(-1 / 4),
        },
        source: 'by hand: every run is shared, and 4 words for 5 make exp(1 - 5/4)',
      },
    ],
  };
}

/** How much a text has in common with translations of the same, in runs of up to four words; tokenizer 13a. */
export const bleu = bleuWith('13a');
