import { labelScores } from './labels/label-scores.js';
import { mean } from './text/mean.js';
import { countNgrams, countShared } from './text/ngrams.js';
import { squadWords } from './text/squad-answer.js';
import type { Metric } from './metric.js';

interface AnswerScore {
  readonly f1: number;
  readonly exact: number;
}

function scoreAnswer(prediction: string, reference: string): AnswerScore {
  const [answered, wanted] = [squadWords(prediction), squadWords(reference)];
  const hits = countShared(countNgrams(answered, 1), countNgrams(wanted, 1));
  const { f1 } = labelScores({ hits, claimed: answered.length, support: wanted.length });
  const exact = Number(answered.join(' ') === wanted.join(' '));
  // Nothing said where nothing was to be said is right.
  return { f1: wanted.length === 0 ? exact : f1, exact };
}

/**
 * How many words of an answer are right, and whether all are; the best over the references, each for itself. Case,
 * punctuation and English articles do not count.
 */
export const squadF1: Metric<'text', AnswerScore> = {
  id: 'squad-f1',
  name: 'F1 of answers, as SQuAD',
  needs: 'text',
  formula:
    'mean over rows of 2 × P × R / (P + R): P = shared words / words predicted, R = shared words / words wanted',
  source:
    'Rajpurkar et al. 2016, arXiv 1606.05250: evaluate-v1.1.py, and version 2.0 for answers without words; as a share, there in per cent',
  higherIsBetter: true,
  range: [0, 1],
  isMean: true,
  statistic({ prediction, references }) {
    const scores = references.map((reference) => scoreAnswer(prediction, reference));
    return {
      f1: Math.max(...scores.map(({ f1 }) => f1)),
      exact: Math.max(...scores.map(({ exact }) => exact)),
    };
  },
  aggregate: (scores) => ({
    squad_f1: mean(scores.map(({ f1 }) => f1)),
    squad_exact_match: mean(scores.map(({ exact }) => exact)),
  }),
  examples: [
    {
      rows: [
        { prediction: 'The Norman dukes.', references: ['norman dukes'] },
        { prediction: 'in the city of Paris', references: ['Paris', 'the city of light'] },
      ],
      values: { squad_f1: (1 + 4 / 7) / 2, squad_exact_match: 0.5 },
      source: 'by hand: 1, and 2 of 4 words against 2 of 3: 2 × 2 / (4 + 3)',
    },
  ],
};
