import {
  findLaw,
  kaplanLossOfCompute,
  kaplanLossOfSize,
  kaplanLossOfTokens,
  type ScalingLaw,
} from '../../../src/core/scaling-laws/index.js';
import { answers, Unanswered, type Answerer, type CaseInput } from './case-input.js';

/** `hoffmann-rounded` are the constants as the paper prints them. */
function lawOf(input: CaseInput): ScalingLaw {
  const constants = input.text('constants');
  const id = constants.startsWith('hoffmann-rounded') ? 'hoffmann' : constants;
  const law = findLaw(id);
  if (law === undefined) throw new Unanswered(`the constants ${constants}`);
  return law;
}

function predictedLoss(input: CaseInput): number {
  if (input.has('pf_days')) return kaplanLossOfCompute(input.number('pf_days')).value;
  if (input.has('non_embedding_params')) {
    return kaplanLossOfSize(input.number('non_embedding_params')).value;
  }
  const tokens = input.number('D', 'tokens');
  if (!input.has('constants')) return kaplanLossOfTokens(tokens).value;
  const law = lawOf(input);
  if (law.predictedLoss === undefined) throw new Unanswered('the loss by this law');
  return law.predictedLoss(input.number('N', 'params'), tokens).value;
}

const optimum =
  (part: 'parameters' | 'tokens' | 'tokens_per_parameter'): Answerer =>
  (input) =>
    lawOf(input).optimum(input.number('flops', 'C'))[part].value;

/** Exponent of compute that size grows with. */
function exponent(input: CaseInput): number {
  const law = lawOf(input);
  return Math.log10(law.optimum(1e22).parameters.value / law.optimum(1e21).parameters.value);
}

export const loss = answers({
  loss: predictedLoss,
  params: optimum('parameters'),
  tokens: optimum('tokens'),
  tokens_per_param: optimum('tokens_per_parameter'),
  exponent,
  exponent_params: exponent,
  exponent_tokens: (input) => 1 - exponent(input),
});
