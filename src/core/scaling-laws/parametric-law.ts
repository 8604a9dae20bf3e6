import { trainingFlops, TRAINING_FLOPS_PER_PARAMETER_TOKEN } from '../compute/training-flops.js';
import { figure, type Figure } from '../estimates/figure.js';
import { tokensPerParameter, type Optimum, type ScalingLaw } from './scaling-law.js';

/** Constants of L(N, D) = E + A / N^α + B / D^β, in nats per token (Hoffmann et al. 2022, equation 2). */
export interface ParametricConstants {
  /** E: the loss that neither size nor data removes. */
  readonly irreducibleLoss: number;
  /** A and α. */
  readonly sizeCoefficient: number;
  readonly sizeExponent: number;
  /** B and β. */
  readonly dataCoefficient: number;
  readonly dataExponent: number;
}

type Description = Pick<
  ScalingLaw,
  'id' | 'title' | 'source' | 'fittedOn' | 'fittedParameters' | 'fittedTokens'
>;

/** G: how size is weighed against data where the gradients of both, for equal compute, are equal. */
const BALANCE =
  '(size_exponent * size_coefficient / (data_exponent * data_coefficient)) ^ (1 / (size_exponent + data_exponent))';
const SIZE_SHARE = 'data_exponent / (size_exponent + data_exponent)';
const DATA_SHARE = 'size_exponent / (size_exponent + data_exponent)';

/**
 * A law that gives the loss of any size and data. Its optimum has a closed form: with C = 6 N D,
 * N = G (C/6)^(β/(α+β)) and D = (C/6)^(α/(α+β)) / G, where G = (αA / βB)^(1/(α+β)).
 */
export function parametricLaw(description: Description, constants: ParametricConstants): ScalingLaw {
  const inputs = {
    irreducible_loss: constants.irreducibleLoss,
    size_coefficient: constants.sizeCoefficient,
    size_exponent: constants.sizeExponent,
    data_coefficient: constants.dataCoefficient,
    data_exponent: constants.dataExponent,
  };
  const { irreducible_loss, ...slopes } = inputs;
  const perPair = { flops_per_parameter_token: TRAINING_FLOPS_PER_PARAMETER_TOKEN };
  const notes = { source: description.source };

  const predictedLoss = (parameters: number, tokens: number): Figure =>
    figure(
      'irreducible_loss + size_coefficient / parameters ^ size_exponent + data_coefficient / tokens ^ data_exponent',
      { ...inputs, parameters, tokens },
      notes,
    );

  const tokensFor = (parameters: number): Figure =>
    figure(
      '(data_exponent * data_coefficient * parameters ^ size_exponent / (size_exponent * size_coefficient)) ^ (1 / data_exponent)',
      { ...slopes, parameters },
      notes,
    );

  return {
    ...description,
    predictedLoss,
    tokensFor,
    flopsFor: (parameters) => trainingFlops({ parameters, tokens: tokensFor(parameters).value }),

    optimum(flops): Optimum {
      const budget = { ...slopes, ...perPair, flops };
      const parameters = figure(
        `${BALANCE} * (flops / flops_per_parameter_token) ^ (${SIZE_SHARE})`,
        budget,
        notes,
      );
      const tokens = figure(
        `(flops / flops_per_parameter_token) ^ (${DATA_SHARE}) / ${BALANCE}`,
        budget,
        notes,
      );
      return {
        parameters,
        tokens,
        tokens_per_parameter: tokensPerParameter(parameters.value, tokens.value),
        loss: predictedLoss(parameters.value, tokens.value),
      };
    },

    parametersFor: (tokens) =>
      figure(
        '(size_exponent * size_coefficient * tokens ^ data_exponent / (data_exponent * data_coefficient)) ^ (1 / size_exponent)',
        { ...slopes, tokens },
        notes,
      ),

    flopsForLoss(loss) {
      if (loss <= irreducible_loss) return undefined;
      const balance = `(${BALANCE})`;
      return figure(
        `flops_per_parameter_token * ((size_coefficient * ${balance} ^ (-size_exponent) + data_coefficient * ${balance} ^ data_exponent) / (loss - irreducible_loss)) ^ (1 / size_exponent + 1 / data_exponent)`,
        { ...inputs, ...perPair, loss },
        notes,
      );
    },

    tokensForLoss(parameters, loss) {
      const sizeLoss = constants.sizeCoefficient / parameters ** constants.sizeExponent;
      if (loss <= irreducible_loss + sizeLoss) return undefined;
      return figure(
        '(data_coefficient / (loss - irreducible_loss - size_coefficient / parameters ^ size_exponent)) ^ (1 / data_exponent)',
        { ...inputs, parameters, loss },
        notes,
      );
    },
  };
}
