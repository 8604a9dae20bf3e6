import { editDistance } from './text/edit-distance.js';
import { strip, WHITE_SPACE } from './text/words.js';
import type { Metric } from './metric.js';

const SPACE_RUN = new RegExp(`[${WHITE_SPACE}]{2,}`, 'g');

/** Words as jiwer's default transform leaves them: a single tab or line break does not part them. */
function transcriptWords(text: string): string[] {
  return strip(text.replace(SPACE_RUN, ' '))
    .split(' ')
    .filter((word) => word !== '');
}

interface Errors {
  readonly errors: number;
  /** Words of the reference. */
  readonly words: number;
}

function rate({ errors, words }: Errors): number {
  // Without words to get right, every word is an error.
  return words === 0 ? errors : errors / words;
}

/** Words to mend in a transcript, per word of what was said. With several references, the one that is nearest counts. */
export const wordErrorRate: Metric<'text', Errors> = {
  id: 'word-error-rate',
  name: 'Word error rate',
  needs: 'text',
  formula: '(words replaced + words left out + words put in) / words wanted, over all rows together',
  source:
    'Levenshtein distance over words; jiwer 4.0 wer() with its default transform, case and punctuation kept',
  higherIsBetter: false,
  range: [0, null],
  statistic({ prediction, references }) {
    const predicted = transcriptWords(prediction);
    return references
      .map((reference) => {
        const wanted = transcriptWords(reference);
        return { errors: editDistance(wanted, predicted), words: wanted.length };
      })
      .reduce((best, candidate) => (rate(candidate) < rate(best) ? candidate : best));
  },
  aggregate(rows) {
    const sum = (count: keyof Errors): number => rows.reduce((total, row) => total + row[count], 0);
    return { wer: rate({ errors: sum('errors'), words: sum('words') }) };
  },
  examples: [
    {
      rows: [
        { prediction: 'the quick fox jumped', references: ['the quick brown fox jumps'] },
        { prediction: 'hello', references: ['hello'] },
      ],
      values: { wer: 2 / 6 },
      source: 'by hand: brown left out and jumps replaced, of 6 words',
    },
    {
      rows: [{ prediction: 'all of it is wrong', references: ['yes'] }],
      values: { wer: 5 },
      source: 'by hand: one replaced and four put in, of 1 word',
    },
  ],
};
