import { labelScores, type LabelCounts, type LabelScores } from '../labels/label-scores.js';
import type { Metric, MetricExample, TextRow } from '../metric.js';
import { mean } from './mean.js';
import { countNgrams, countShared } from './ngrams.js';
import { porterStem } from './porter-stemmer.js';

/** Words up to this length are compared as they are (ROUGE 1.5.5). */
const LONGEST_UNSTEMMED = 3;

/** Takes a text apart; ROUGE sees Latin letters without accents and digits alone. */
export type Tokenize = (text: string) => string[];

function rougeWords(text: string): string[] {
  return text
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '');
}

function rougeStems(text: string): string[] {
  return rougeWords(text).map((word) => (word.length > LONGEST_UNSTEMMED ? porterStem(word) : word));
}

/** What a text scores on its best reference, by stems and by words as they stand. */
export interface RougeStatistic extends LabelScores {
  readonly withoutStemmer: number;
}

function bestScores(scores: readonly LabelScores[]): LabelScores {
  return scores.reduce((best, score) => (score.f1 > best.f1 ? score : best));
}

/** A metric of the ROUGE family (Lin 2004), from what it counts in two texts. */
export function rougeMetric(options: {
  readonly id: string;
  readonly name: string;
  /** Name of the value in the package `rouge_score`. */
  readonly key: string;
  readonly formula: string;
  readonly count: (prediction: string, reference: string, tokenize: Tokenize) => LabelCounts;
  readonly examples: readonly MetricExample<TextRow>[];
}): Metric<'text', RougeStatistic> {
  const { key, count, ...description } = options;
  const score = ({ prediction, references }: TextRow, tokenize: Tokenize): LabelScores =>
    bestScores(references.map((reference) => labelScores(count(prediction, reference, tokenize))));
  return {
    ...description,
    needs: 'text',
    source:
      'Lin 2004, "ROUGE: a package for automatic evaluation of summaries"; rouge_score 0.1.2 with use_stemmer=True (and _without_stemmer: False)',
    higherIsBetter: true,
    range: [0, 1],
    isMean: true,
    statistic: (row) => ({ ...score(row, rougeStems), withoutStemmer: score(row, rougeWords).f1 }),
    aggregate: (rows) => ({
      [key]: mean(rows.map(({ f1 }) => f1)),
      [`${key}_precision`]: mean(rows.map(({ precision }) => precision)),
      [`${key}_recall`]: mean(rows.map(({ recall }) => recall)),
      [`${key}_without_stemmer`]: mean(rows.map(({ withoutStemmer }) => withoutStemmer)),
    }),
  };
}

/** What ROUGE-N counts: runs of `n` words. */
export function countSharedRuns(n: number): Parameters<typeof rougeMetric>[0]['count'] {
  return (prediction, reference, tokenize) => {
    const [predicted, wanted] = [prediction, reference].map((text) => tokenize(text)) as [string[], string[]];
    return {
      hits: countShared(countNgrams(predicted, n), countNgrams(wanted, n)),
      claimed: Math.max(0, predicted.length - n + 1),
      support: Math.max(0, wanted.length - n + 1),
    };
  };
}
