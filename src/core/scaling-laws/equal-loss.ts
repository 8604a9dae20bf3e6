import { trainingFlops } from '../compute/training-flops.js';
import { figure, type Figure } from '../estimates/figure.js';
import { tokensPerParameter, type ScalingLaw } from './scaling-law.js';

/** A model that reaches the same loss as the compute-optimal one, with another share of size and data. */
export interface EqualLossModel {
  readonly parameters: Figure;
  /** `null`, as all that follows from it, where a model of this size never reaches the loss. */
  readonly tokens: Figure | null;
  readonly tokens_per_parameter: Figure | null;
  readonly flops: Figure | null;
  /** Compute of its training over that of the compute-optimal model. */
  readonly compute_ratio: Figure | null;
}

/** Sizes to compare, as multiples of the compute-optimal one. */
const SIZE_RATIOS = [2, 1, 0.5, 0.25] as const;

/**
 * Models of several sizes with one loss: what a smaller one, cheaper to run ever after, costs more to train.
 *
 * @returns nothing for laws without a loss, or for a loss that no budget reaches
 */
export function equalLossModels(law: ScalingLaw, loss: number): EqualLossModel[] {
  const least = law.flopsForLoss?.(loss);
  const { tokensForLoss } = law;
  if (least === undefined || tokensForLoss === undefined) return [];
  const optimal_parameters = law.optimum(least.value).parameters.value;
  return SIZE_RATIOS.map((size_ratio) => {
    const parameters = figure(
      'size_ratio * optimal_parameters',
      { size_ratio, optimal_parameters },
      { source: law.source },
    );
    const tokens = tokensForLoss(parameters.value, loss);
    if (tokens === undefined) {
      return { parameters, tokens: null, tokens_per_parameter: null, flops: null, compute_ratio: null };
    }
    const flops = trainingFlops({ parameters: parameters.value, tokens: tokens.value });
    return {
      parameters,
      tokens,
      tokens_per_parameter: tokensPerParameter(parameters.value, tokens.value),
      flops,
      compute_ratio: figure(
        'flops / optimal_flops',
        { flops: flops.value, optimal_flops: least.value },
        { source: law.source },
      ),
    };
  });
}
