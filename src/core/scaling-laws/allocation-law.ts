import { trainingFlops, TRAINING_FLOPS_PER_PARAMETER_TOKEN } from '../compute/training-flops.js';
import { figure, type Figure } from '../estimates/figure.js';
import type { PowerLaw } from './power-law.js';
import { tokensPerParameter, type ScalingLaw } from './scaling-law.js';

type Description = Pick<
  ScalingLaw,
  'id' | 'title' | 'source' | 'fittedOn' | 'fittedParameters' | 'fittedTokens'
>;

/**
 * A law that says only how to divide a budget: D = k N^e, and so with C = 6 N D, N = (C / 6k)^(1/(1+e)).
 *
 * @param tokensOfSize optimal tokens as a power law of the parameters
 */
export function allocationLaw(description: Description, tokensOfSize: PowerLaw): ScalingLaw {
  const inputs = { coefficient: tokensOfSize.coefficient, exponent: tokensOfSize.exponent };
  const notes = { source: description.source };
  const tokensFor = (parameters: number): Figure =>
    figure('coefficient * parameters ^ exponent', { ...inputs, parameters }, notes);
  return {
    ...description,
    tokensFor,
    flopsFor: (parameters) => trainingFlops({ parameters, tokens: tokensFor(parameters).value }),
    optimum(flops) {
      const parameters = figure(
        '(flops / (flops_per_parameter_token * coefficient)) ^ (1 / (1 + exponent))',
        { ...inputs, flops_per_parameter_token: TRAINING_FLOPS_PER_PARAMETER_TOKEN, flops },
        notes,
      );
      const tokens = tokensFor(parameters.value);
      return {
        parameters,
        tokens,
        tokens_per_parameter: tokensPerParameter(parameters.value, tokens.value),
      };
    },
    parametersFor: (tokens) =>
      figure('(tokens / coefficient) ^ (1 / exponent)', { ...inputs, tokens }, notes),
  };
}
