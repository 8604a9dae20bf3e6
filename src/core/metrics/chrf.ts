import { characterFScore } from './text/character-f-score.js';

/** Runs of up to six characters that a text shares with a translation of the same: kind to languages with many endings. */
export const chrf = characterFScore({
  id: 'chrf',
  name: 'chrF2',
  key: 'chrf',
  formula:
    '5 × P × R / (4 × P + R) × 100, over all rows together: P and R are means over n = 1 … 6 of shared character n-grams / those predicted, and / those wanted; white space left out',
  wordOrder: 0,
  examples: [
    {
      rows: [{ prediction: 'abc', references: ['abd'] }],
      values: { chrf: 100 * ((2 / 3 + 1 / 2) / 3) },
      source: 'by hand: 2 of 3, 1 of 2 and 0 of 1 on both sides, and no longer runs: P = R = F',
    },
  ],
});
