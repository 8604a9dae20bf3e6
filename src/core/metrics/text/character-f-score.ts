import type { Metric, MetricExample, TextRow } from '../metric.js';
import { countNgrams, countShared } from './ngrams.js';
import { sacrebleuSignature } from './sacrebleu-signature.js';
import { splitWords } from './words.js';

/** Longest runs of characters that count (Popović 2015). */
const CHARACTER_ORDER = 6;
/** Recall counts this many times as much as precision. */
const BETA = 2;
const PUNCTUATION = /[!-/:-@[-`{-~]/;

/** N-grams of one order. */
interface OrderCounts {
  readonly predicted: number;
  readonly wanted: number;
  readonly shared: number;
}

export interface CharacterStatistic {
  /** Characters in runs of 1 to 6, then words. */
  readonly orders: readonly OrderCounts[];
  readonly references: number;
}

/** Words with one sign of punctuation split off: from the end, or else from the start. */
function chrfWords(text: string): string[] {
  return splitWords(text).flatMap((word) => {
    const letters = Array.from(word);
    if (letters.length === 1) return [word];
    if (PUNCTUATION.test(letters.at(-1)!)) return [letters.slice(0, -1).join(''), letters.at(-1)!];
    return PUNCTUATION.test(letters[0]!) ? [letters[0]!, letters.slice(1).join('')] : [word];
  });
}

function textNgrams(text: string, wordOrder: number): Map<string, number>[] {
  const characters = Array.from(splitWords(text).join(''));
  const words = wordOrder > 0 ? chrfWords(text) : [];
  return [
    ...Array.from({ length: CHARACTER_ORDER }, (_, index) => countNgrams(characters, index + 1)),
    ...Array.from({ length: wordOrder }, (_, index) => countNgrams(words, index + 1)),
  ];
}

function total(counts: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const count of counts.values()) sum += count;
  return sum;
}

/** F of the mean precision and mean recall over the orders that both sides have, from 0 to 100. */
function fScore(orders: readonly OrderCounts[]): number {
  const used = orders.filter(({ predicted, wanted }) => predicted > 0 && wanted > 0);
  if (used.length === 0) return 0;
  const precision = used.reduce((sum, { shared, predicted }) => sum + shared / predicted, 0) / used.length;
  const recall = used.reduce((sum, { shared, wanted }) => sum + shared / wanted, 0) / used.length;
  if (precision + recall === 0) return 0;
  return (100 * (1 + BETA ** 2) * precision * recall) / (BETA ** 2 * precision + recall);
}

/** A metric of the chrF family (Popović 2015 and 2017). */
export function characterFScore(options: {
  readonly id: string;
  readonly name: string;
  readonly key: string;
  readonly formula: string;
  /** Longest runs of words that count beside the characters. */
  readonly wordOrder: number;
  readonly examples: readonly MetricExample<TextRow>[];
}): Metric<'text', CharacterStatistic> {
  const { key, wordOrder, ...description } = options;
  return {
    ...description,
    needs: 'text',
    source: `Popović ${wordOrder > 0 ? '2017, W17-4770' : '2015, W15-3049'}; sacreBLEU 2.6.0 (corpus_chrf, β = 2, word order ${wordOrder})`,
    higherIsBetter: true,
    range: [0, 100],
    statistic({ prediction, references }) {
      const predicted = textNgrams(prediction, wordOrder);
      const candidates = references.map((reference) =>
        textNgrams(reference, wordOrder).map((wanted, order) => ({
          // N-grams of lengths that the reference lacks are not held against a text.
          predicted: wanted.size > 0 ? total(predicted[order]!) : 0,
          wanted: total(wanted),
          shared: countShared(predicted[order]!, wanted),
        })),
      );
      const orders = candidates.reduce((best, orders) => (fScore(orders) > fScore(best) ? orders : best));
      return { orders, references: references.length };
    },
    aggregate(rows) {
      const sum = (order: number, count: keyof OrderCounts): number =>
        rows.reduce((total, { orders }) => total + orders[order]![count], 0);
      return {
        [key]: fScore(
          rows[0]!.orders.map((_, order) => ({
            predicted: sum(order, 'predicted'),
            wanted: sum(order, 'wanted'),
            shared: sum(order, 'shared'),
          })),
        ),
      };
    },
    signature: (rows) =>
      sacrebleuSignature(
        rows.map(({ references }) => references),
        { case: 'mixed', eff: 'yes', nc: CHARACTER_ORDER, nw: wordOrder, space: 'no' },
      ),
  };
}
