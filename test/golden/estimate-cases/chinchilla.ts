import { trainingFlops } from '../../../src/core/compute/index.js';
import { findLaw, RULE_TOKENS_PER_PARAMETER, type ScalingLaw } from '../../../src/core/scaling-laws/index.js';
import { answers, Unanswered, type CaseInput } from './case-input.js';

/** The law of one of the paper's approaches; without one the rule of 20 tokens per parameter. */
function lawOf(input: CaseInput): ScalingLaw {
  const id = input.has('approach') ? `chinchilla-${input.number('approach')}` : 'rule-of-20';
  const law = findLaw(id);
  if (law === undefined) throw new Unanswered(`the law ${id}`);
  return law;
}

function tokens(input: CaseInput): number {
  const ratio = input.numberOr(RULE_TOKENS_PER_PARAMETER, 'tokens_per_param');
  if (ratio !== RULE_TOKENS_PER_PARAMETER) throw new Unanswered(`${ratio} tokens for each parameter`);
  if (input.has('flops')) return lawOf(input).optimum(input.number('flops')).tokens.value;
  return lawOf(input).tokensFor(input.number('params')).value;
}

/** Slope of a law's tokens over its parameters, both as logarithms. */
function slope(law: ScalingLaw): number {
  return Math.log10(law.tokensFor(10e9).value / law.tokensFor(1e9).value);
}

export const chinchilla = answers({
  flops: (input) =>
    input.has('tokens')
      ? trainingFlops({ parameters: input.number('params'), tokens: input.number('tokens') }).value
      : lawOf(input).flopsFor(input.number('params')).value,
  tokens,
  params: (input) =>
    input.has('flops')
      ? lawOf(input).optimum(input.number('flops')).parameters.value
      : lawOf(input).parametersFor(input.number('tokens')).value,
  slope: (input) => slope(lawOf(input)),
  intercept: (input) => {
    const law = lawOf(input);
    return Math.log10(law.tokensFor(1e9).value) - 9 * slope(law);
  },
  exponent_params: (input) => 1 / (1 + slope(lawOf(input))),
  exponent_tokens: (input) => 1 - 1 / (1 + slope(lawOf(input))),
});
