import { characterFScore } from './text/character-f-score.js';

/** chrF with words and pairs of words beside the characters: nearer to human judgement. */
export const chrfPlusPlus = characterFScore({
  id: 'chrf-plus-plus',
  name: 'chrF2++',
  key: 'chrf_plus_plus',
  formula:
    '5 × P × R / (4 × P + R) × 100, over all rows together: P and R are means over character n-grams, n = 1 … 6, and word n-grams, n = 1, 2, of shared / those predicted, and / those wanted',
  wordOrder: 2,
  examples: [
    {
      rows: [{ prediction: 'ab c', references: ['ab d'] }],
      values: { chrf_plus_plus: 100 * ((2 / 3 + 1 / 2 + 0 + 1 / 2 + 0) / 5) },
      source:
        'by hand: characters 2 of 3, 1 of 2, 0 of 1; words 1 of 2, pairs 0 of 1; the same on both sides',
    },
  ],
});
