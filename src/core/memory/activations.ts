import type { ModelShape } from '../architectures/architecture.js';

/** What the backward pass recomputes: nothing, the attention scores (as fused attention does), or whole blocks. */
export const RECOMPUTATIONS = ['none', 'selective', 'full'] as const;
export type Recomputation = (typeof RECOMPUTATIONS)[number];

/** One training step as its activations see it. */
export interface ActivationOptions {
  readonly batch: number;
  /** Tokens in one sequence. */
  readonly sequence: number;
  /** Bytes of one activation element. */
  readonly elementBytes: number;
  readonly recompute: Recomputation;
  /** Counts the masks and outputs of dropout, of one byte for each element a mask covers. */
  readonly dropout?: boolean;
}

/** Softmax and cross-entropy work in 32 bits whatever the model is held in. */
const LOGIT_BYTES = 4;

/** Matrices of width `feedForward` that the backward pass needs: before and after the activation, gated also the gate. */
function feedForwardElements({ feedForward, feedForwardMatrices }: ModelShape): number {
  return feedForward * (feedForwardMatrices === 3 ? 4 : 2);
}

/**
 * Bytes that one block keeps for its backward pass when nothing of it, or its attention scores, is recomputed. For
 * GPT's block (feed-forward of 4 h, as many key/value heads as heads) at 16 bits with dropout these are
 * sbh(34 + 5as/h) and 34 sbh: Korthikanti et al. 2022, arXiv 2205.05198, table 2.
 */
export function blockActivationBytes(shape: ModelShape, options: ActivationOptions): number {
  const { batch, sequence, elementBytes, dropout = false } = options;
  const tokens = batch * sequence;
  const queries = shape.heads * shape.headDimension;
  const keysAndValues = 2 * shape.kvHeads * shape.headDimension;
  // Inputs of both norms, of attention and of the feed-forward network; queries, keys, values; attention's output.
  const elements = 4 * shape.hidden + queries + keysAndValues + queries + feedForwardElements(shape);
  const dropoutMasks = dropout ? 2 * tokens * shape.hidden : 0;
  const kept = tokens * elements * elementBytes + dropoutMasks;
  if (options.recompute !== 'none') return kept;
  const scores = batch * shape.heads * sequence ** 2;
  // The probabilities; with dropout also its mask and what it lets through.
  return kept + scores * (dropout ? 2 * elementBytes + 1 : elementBytes);
}

/**
 * Bytes of activations at the peak of a training step: what every block keeps, the input and output of the final norm,
 * and the logits once in 32 bits. With full recomputation every block keeps its input only, and one block at a time
 * is computed again. Leaves out what allocators waste, and a second copy of the logits where the loss makes one.
 */
export function trainingActivationBytes(shape: ModelShape, options: ActivationOptions): number {
  const tokens = options.batch * options.sequence;
  const hiddenStates = tokens * shape.hidden * options.elementBytes;
  const block = blockActivationBytes(shape, options);
  const blocks = options.recompute === 'full' ? shape.layers * hiddenStates + block : shape.layers * block;
  return blocks + 2 * hiddenStates + tokens * shape.vocabulary * LOGIT_BYTES;
}

/**
 * Bytes of activations at the peak of one pass without gradients over whole sequences: the residual stream and its
 * normalised copy, the wider of attention's and the feed-forward network's inner tensors in one block, and the logits
 * of the last position. Attention scores are counted as fused, that is not at all.
 */
export function inferenceActivationBytes(
  shape: ModelShape,
  { batch, positions, elementBytes }: { batch: number; positions: number; elementBytes: number },
): number {
  const attention = 2 * (shape.heads + shape.kvHeads) * shape.headDimension;
  const feedForward = shape.feedForward * (shape.feedForwardMatrices === 3 ? 3 : 2);
  const elements = 2 * shape.hidden + Math.max(attention, feedForward);
  return batch * (positions * elements * elementBytes + shape.vocabulary * LOGIT_BYTES);
}
