/** What an optimizer keeps for each parameter between two steps. */
export interface OptimizerStates {
  /** Values kept for each parameter of a matrix inside the blocks. */
  readonly values: number;
  /** Bytes of one value; where absent it has the format of the weights that are updated. */
  readonly valueBytes?: number;
  /** Values kept for every other parameter, where they differ: embeddings, norms, the output matrix. */
  readonly otherValues?: number;
  readonly source: string;
  readonly leavesOut?: string;
}

const TWO_MOMENTS = 'first and second moment';
const STAS = 'Stas Bekman, Machine Learning Engineering, training/performance';
/** Block-wise quantised moments carry a scale in 32 bits for each block of 256 (bitsandbytes) or 128 values (torchao). */
const BLOCK_SCALES =
  'the scales of quantised blocks, and layers too small to quantise: 1 to 5 % of the states';

const STATES = {
  adamw: { values: 2, source: `${TWO_MOMENTS} (Loshchilov and Hutter 2017, arXiv 1711.05101)` },
  'adamw-bf16': { values: 2, valueBytes: 2, source: `${TWO_MOMENTS} in bfloat16; ${STAS}` },
  'adamw-8bit': {
    values: 2,
    valueBytes: 1,
    source: `${TWO_MOMENTS} in 8 bits (Dettmers et al. 2021, arXiv 2110.02861)`,
    leavesOut: BLOCK_SCALES,
  },
  'adamw-4bit': {
    values: 2,
    valueBytes: 0.5,
    source: `${TWO_MOMENTS} in 4 bits (Li et al. 2023, arXiv 2309.01507)`,
    leavesOut: BLOCK_SCALES,
  },
  sgd: { values: 0, source: 'plain stochastic gradient descent remembers nothing' },
  'sgd-momentum': { values: 1, source: `momentum; ${STAS}` },
  lion: { values: 1, source: 'momentum (Chen et al. 2023, arXiv 2302.06675)' },
  adafactor: {
    values: 1,
    source: `first moment; ${STAS}`,
    leavesOut:
      'the second moment, factored into one row and one column for each matrix (Shazeer and Stern 2018, arXiv 1804.04235); without the first moment nothing else is kept',
  },
  muon: {
    values: 1,
    otherValues: 2,
    source:
      'momentum for matrices inside the blocks, the two moments of AdamW for the rest (Liu et al. 2025, arXiv 2502.16982)',
  },
} as const satisfies Record<string, OptimizerStates>;

/** Optimizers whose memory is known. */
export type OptimizerName = keyof typeof STATES;
export const OPTIMIZERS = Object.keys(STATES) as readonly OptimizerName[];

/** What an optimizer keeps. */
export function optimizerStates(optimizer: OptimizerName): OptimizerStates {
  return STATES[optimizer];
}

/**
 * Bytes of state for one parameter of a matrix inside the blocks, and for one of any other tensor.
 *
 * @param elementBytes bytes of the weight that the optimizer updates: 4 where there is a copy in 32 bits
 */
export function stateBytesPerParameter(
  optimizer: OptimizerName,
  elementBytes: number,
): { readonly matrices: number; readonly others: number } {
  const { values, valueBytes = elementBytes, otherValues = values } = optimizerStates(optimizer);
  return { matrices: values * valueBytes, others: otherValues * valueBytes };
}
