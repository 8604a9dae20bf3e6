import { trainingFlops } from '../compute/training-flops.js';
import { figure, type Figure } from '../estimates/figure.js';
import { tokensPerParameter, type Optimum, type ScalingLaw } from './scaling-law.js';

/** Whether a model saw more or fewer tokens than is best for the compute it took. */
export const VERDICTS = ['under-trained', 'compute-optimal', 'over-trained'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** Tokens over optimal tokens up to which a model counts as compute-optimal: the laws differ by more among themselves. */
const TOLERANCE = 1.25;

/** A model and its training data beside what a law says is best. */
export interface Assessment {
  readonly flops: Figure;
  readonly tokens_per_parameter: Figure;
  readonly verdict: Verdict;
  /** Tokens with which this size is compute-optimal. */
  readonly optimal_tokens: Figure;
  /** Tokens over optimal tokens. */
  readonly token_ratio: Figure;
  /** What the same compute is best spent on. */
  readonly same_compute: Optimum;
  readonly loss: Figure | null;
  /** Loss above that of `same_compute`. */
  readonly loss_penalty: Figure | null;
  /** The least compute that reaches the same loss. */
  readonly same_loss_flops: Figure | null;
  /** Part of the compute that a compute-optimal model of the same loss saves; between 0 and 1. */
  readonly excess_compute: Figure | null;
}

/** Compares a model trained on some tokens with the compute-optimal one. */
export function assessTraining(law: ScalingLaw, parameters: number, tokens: number): Assessment {
  const { source } = law;
  const flops = trainingFlops({ parameters, tokens });
  const optimal_tokens = law.tokensFor(parameters);
  const token_ratio = figure(
    'tokens / optimal_tokens',
    { tokens, optimal_tokens: optimal_tokens.value },
    { source },
  );
  const same_compute = law.optimum(flops.value);
  const loss = law.predictedLoss?.(parameters, tokens);
  const same_loss_flops = loss && law.flopsForLoss?.(loss.value);
  return {
    flops,
    tokens_per_parameter: tokensPerParameter(parameters, tokens),
    verdict: verdictOf(token_ratio.value),
    optimal_tokens,
    token_ratio,
    same_compute,
    loss: loss ?? null,
    loss_penalty:
      loss === undefined || same_compute.loss === undefined
        ? null
        : figure(
            'loss - optimal_loss',
            { loss: loss.value, optimal_loss: same_compute.loss.value },
            { source },
          ),
    same_loss_flops: same_loss_flops ?? null,
    excess_compute:
      same_loss_flops === undefined
        ? null
        : figure(
            // Rounding may put the least compute a hair above an optimal model's own.
            'max(0, 1 - same_loss_flops / flops)',
            { same_loss_flops: same_loss_flops.value, flops: flops.value },
            { source },
          ),
  };
}

function verdictOf(tokenRatio: number): Verdict {
  if (tokenRatio > TOLERANCE) return 'over-trained';
  return tokenRatio < 1 / TOLERANCE ? 'under-trained' : 'compute-optimal';
}
