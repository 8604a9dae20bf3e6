import { DTYPE_BYTES, type Dtype } from './dtype.js';
import { stateBytesPerParameter, type OptimizerName } from './optimizer-states.js';

/**
 * In which formats a training keeps what it updates:
 * - `mixed`: weights and gradients in 16 bits beside weights in 32 (Micikevicius et al. 2017, arXiv 1710.03740), 16
 *   bytes for each parameter with AdamW, the K = 12 of ZeRO (Rajbhandari et al. 2019, arXiv 1910.02054);
 * - `mixed-fp32-gradients`: with gradients in 32 bits, 18 bytes (Megatron-LM; Stas Bekman, Machine Learning Engineering);
 * - `pure`: everything in the format of the weights: 16 bytes in 32 bits, 8 in 16.
 */
export const PRECISIONS = ['mixed', 'mixed-fp32-gradients', 'pure'] as const;
export type Precision = (typeof PRECISIONS)[number];

/** Formats of weights that a training may start from; where only adapters are trained the base may be quantised. */
export const TRAINING_DTYPES = [
  'fp32',
  'fp16',
  'bf16',
  'fp8',
  'int8',
  'int4',
  'nf4',
] as const satisfies readonly Dtype[];
export type TrainingDtype = (typeof TRAINING_DTYPES)[number];

const FULL_PRECISION_BYTES = 4;
const HALF_PRECISION_BYTES = 2;

/** Bytes for each parameter that is trained; the optimizer's states come on top. */
export interface PrecisionRecipe {
  /** What the forward and backward pass read. */
  readonly weightBytes: number;
  /** The copy in 32 bits that the optimizer updates; 0 where it updates the weights themselves. */
  readonly masterWeightBytes: number;
  readonly gradientBytes: number;
  /** Bytes of the weight that the optimizer updates, whose format its states have unless they are quantised. */
  readonly updatedBytes: number;
}

/** The bytes of a recipe for weights of some format. */
export function precisionRecipe(precision: Precision, dtype: TrainingDtype): PrecisionRecipe {
  const weightBytes = DTYPE_BYTES[dtype];
  if (precision === 'pure') {
    return { weightBytes, masterWeightBytes: 0, gradientBytes: weightBytes, updatedBytes: weightBytes };
  }
  return {
    weightBytes,
    masterWeightBytes: FULL_PRECISION_BYTES,
    gradientBytes: precision === 'mixed' ? HALF_PRECISION_BYTES : FULL_PRECISION_BYTES,
    updatedBytes: FULL_PRECISION_BYTES,
  };
}

/** Format of what is computed, and of adapters, beside weights of some format: never narrower than 16 bits. */
export function computeDtype(dtype: TrainingDtype): TrainingDtype {
  return DTYPE_BYTES[dtype] < HALF_PRECISION_BYTES ? 'bf16' : dtype;
}

/** Bytes of memory for each trained parameter. */
export interface StatesPerParameter {
  /** With the copy in 32 bits where there is one. */
  readonly weights: number;
  readonly gradients: number;
  readonly optimizer: number;
  readonly total: number;
}

/**
 * Bytes for each parameter that a recipe and an optimizer keep, activations aside: 16 for mixed AdamW, 18 with
 * gradients in 32 bits, 14 with momentum alone, 12 with moments in 8 bits. For Muon that of a matrix inside the blocks.
 */
export function statesPerParameter({
  precision,
  optimizer,
  dtype = 'bf16',
}: {
  readonly precision: Precision;
  readonly optimizer: OptimizerName;
  readonly dtype?: TrainingDtype;
}): StatesPerParameter {
  const recipe = precisionRecipe(precision, dtype);
  const weights = recipe.weightBytes + recipe.masterWeightBytes;
  const gradients = recipe.gradientBytes;
  const states = stateBytesPerParameter(optimizer, recipe.updatedBytes).matrices;
  return { weights, gradients, optimizer: states, total: weights + gradients + states };
}
