import { figure, type Figure } from '../estimates/figure.js';

/** Operations for each parameter and token: a multiplication and an addition in the forward pass, twice that backward. */
export const TRAINING_FLOPS_PER_PARAMETER_TOKEN = 6;
/** With a second forward pass, where all activations are computed again. */
export const RECOMPUTED_FLOPS_PER_PARAMETER_TOKEN = 8;
/** Encoder–decoders: half of the weights see each token (GPT-3, table D.1). */
export const ENCODER_DECODER_FLOPS_PER_PARAMETER_TOKEN = 3;
/** The forward pass alone. */
export const INFERENCE_FLOPS_PER_PARAMETER_TOKEN = 2;

/** What the operations of attention's two products depend on; these have no weights, so that 6ND misses them. */
export interface AttentionShape {
  readonly layers: number;
  readonly heads: number;
  readonly head_dimension: number;
  /** Tokens of one sequence, all of which count as attended to, as in PaLM’s appendix B. */
  readonly sequence: number;
}

/** A training run as the rule of thumb sees it. */
export interface TrainingWork {
  /** That a token passes: without the other experts of a mixture. */
  readonly parameters: number;
  readonly tokens: number;
  readonly flops_per_parameter_token?: number;
  /** Counts attention’s products too. */
  readonly attention?: AttentionShape;
}

/**
 * Operations of a training run: C = 6ND (Kaplan et al. 2020, arXiv 2001.08361), and with `attention` also
 * 12 · layers · heads · head dimension · sequence for each token (Chowdhery et al. 2022, arXiv 2204.02311, appendix B).
 * With other than 6 operations per parameter and token, attention changes in proportion.
 */
export function trainingFlops({
  parameters,
  tokens,
  flops_per_parameter_token = TRAINING_FLOPS_PER_PARAMETER_TOKEN,
  attention,
}: TrainingWork): Figure {
  const inputs = { flops_per_parameter_token, parameters, tokens };
  if (attention === undefined) {
    return figure('flops_per_parameter_token * parameters * tokens', inputs, {
      source:
        'C = 6ND: Kaplan et al. 2020, arXiv 2001.08361 (8ND with recomputation: EleutherAI, Transformer Math 101; 3ND for encoder–decoders: GPT-3, table D.1)',
      leavesOut: 'attention’s products of queries, keys and values, which have no weights',
    });
  }
  return figure(
    'flops_per_parameter_token * (parameters + 2 * layers * heads * head_dimension * sequence) * tokens',
    { ...inputs, ...attention },
    { source: '6N + 12·L·H·Q·T for each token: Chowdhery et al. 2022, PaLM, arXiv 2204.02311, appendix B' },
  );
}
