import { mean } from '../metrics/text/mean.js';
import type { Metric } from '../metrics/metric.js';
import type { ChoiceScores } from './choice-scores.js';

/** A metric of rows whose choices were compared; of a row it keeps one number, and the value is their mean. */
export interface ChoiceMetric extends Metric<'label', number> {
  ofChoices(scores: ChoiceScores): number;
}

function choiceMetric(
  id: Exclude<keyof ChoiceScores, 'predicted'>,
  name: string,
  formula: string,
): ChoiceMetric {
  return {
    ...{ id, name, formula, needs: 'label', higherIsBetter: true, range: [0, 1], isMean: true },
    source: `lm-evaluation-harness, ${id === 'probability_mass' ? 'MC2 of TruthfulQA' : id}`,
    ofChoices: (scores) => scores[id],
    statistic: ({ prediction, reference }) => Number(prediction === reference),
    aggregate: (values) => ({ [id]: mean(values) }),
    examples: [],
  };
}

/** Metrics of rows whose choices were compared, under the names that published results have. */
export const CHOICE_METRICS: readonly ChoiceMetric[] = [
  choiceMetric('acc', 'Accuracy', 'rows whose most likely choice is right / rows'),
  choiceMetric(
    'acc_norm',
    'Accuracy by length',
    'as acc, each log-likelihood divided by the characters of its choice',
  ),
  choiceMetric(
    'acc_bytes',
    'Accuracy by bytes',
    'as acc, each log-likelihood divided by the bytes of its choice',
  ),
  choiceMetric(
    'probability_mass',
    'Probability of what is right',
    'probability of the right choices / of all choices',
  ),
];
