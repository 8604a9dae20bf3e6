import { BLEU_TOKENIZERS } from './text/bleu-tokenizers.js';
import { mean } from './text/mean.js';
import { porterStem } from './text/porter-stemmer.js';
import type { Metric } from './metric.js';

/** Weight of precision beside recall, and shape and weight of the penalty (Lavie and Agarwal 2007; nltk's defaults). */
const ALPHA = 0.9;
const BETA = 3;
const GAMMA = 0.5;

interface Word {
  readonly position: number;
  readonly form: string;
}

/** Pairs equal words, each once and the last ones first; what finds none is left for the next stage. */
function pairWords(
  predicted: readonly Word[],
  wanted: readonly Word[],
): [pairs: [number, number][], ...left: Word[][]] {
  const waiting = new Map<string, Word[]>();
  for (const word of wanted) {
    const words = waiting.get(word.form);
    if (words === undefined) waiting.set(word.form, [word]);
    else words.push(word);
  }
  const pairs: [number, number][] = [];
  const unpaired: Word[] = [];
  for (const word of predicted.toReversed()) {
    const partner = waiting.get(word.form)?.pop();
    if (partner === undefined) unpaired.push(word);
    else pairs.push([word.position, partner.position]);
  }
  return [pairs, unpaired.reverse(), [...waiting.values()].flat().sort((a, b) => a.position - b.position)];
}

function scoreAlignment(prediction: string, reference: string): number {
  const [predicted, wanted] = [prediction, reference].map((text) =>
    BLEU_TOKENIZERS['13a'](text).map((word, position) => ({ position, form: word.toLowerCase() })),
  ) as [Word[], Word[]];
  const [exact, ...left] = pairWords(predicted, wanted);
  const [stemmed] = pairWords(
    ...(left.map((words) => words.map(({ position, form }) => ({ position, form: porterStem(form) }))) as [
      Word[],
      Word[],
    ]),
  );
  const pairs = [...exact, ...stemmed].sort(([a], [b]) => a - b);
  if (pairs.length === 0) return 0;
  const [precision, recall] = [pairs.length / predicted.length, pairs.length / wanted.length];
  const chunks = pairs.filter(
    ([position, partner], index) =>
      pairs[index - 1]?.[0] !== position - 1 || pairs[index - 1]?.[1] !== partner - 1,
  ).length;
  const harmonicMean = (precision * recall) / (ALPHA * precision + (1 - ALPHA) * recall);
  return (1 - GAMMA * (chunks / pairs.length) ** BETA) * harmonicMean;
}

/**
 * Words that a text shares with its reference, by form or by stem, less a penalty for each break in their order. METEOR
 * also knows synonyms, from a dictionary that this toolkit does not carry: texts that say the same in other words score
 * lower here than there.
 */
export const meteor: Metric<'text', number> = {
  id: 'meteor',
  name: 'METEOR without synonyms',
  needs: 'text',
  formula:
    'mean over rows of (1 - 0.5 × (chunks / matches)³) × P × R / (0.9 × P + 0.1 × R): P = matches / words predicted, R = matches / words wanted; a chunk is a run of matches in the same order',
  source:
    'Lavie and Agarwal 2007, W07-0734; nltk 3.10 meteor_score with an empty dictionary of synonyms, on tokens of the 13a tokenizer',
  higherIsBetter: true,
  range: [0, 1],
  isMean: true,
  statistic: ({ prediction, references }) =>
    Math.max(...references.map((reference) => scoreAlignment(prediction, reference))),
  aggregate: (scores) => ({ meteor: mean(scores) }),
  examples: [
    {
      rows: [{ prediction: 'the cat sat on the mat', references: ['on the mat sat the cat'] }],
      values: { meteor: 0.5 },
      source:
        "published worked example of METEOR: all 6 words match, in 6 chunks by the alignment 'last first'",
    },
    {
      rows: [{ prediction: 'Cats jumped high', references: ['cat jumped low'] }],
      values: { meteor: ((1 - 0.5 * (1 / 2) ** 3) * 2) / 3 },
      source: 'by hand: 2 of 3 words match, cats by its stem, in one chunk',
    },
  ],
};
