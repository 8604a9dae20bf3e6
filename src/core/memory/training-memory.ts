import { ToolkitError } from '../errors/toolkit-error.js';
import { trainingActivationBytes, type Recomputation } from './activations.js';
import { computeBytes, DTYPE_BYTES, isTrainable, type Dtype } from './dtype.js';
import type { MemoryModel } from './memory-model.js';

/** Which parameters are trained: all of them, or two thin matrices beside every linear layer. */
export const METHODS = ['full', 'lora'] as const;
export type Method = (typeof METHODS)[number];

/** Bytes of state for each trained parameter, in 32 bits: AdamW has two moments, plain SGD none. */
export const OPTIMIZER_STATE_BYTES = { adamw: 8, sgd: 0 } as const;
export type OptimizerName = keyof typeof OPTIMIZER_STATE_BYTES;
export const OPTIMIZERS = Object.keys(OPTIMIZER_STATE_BYTES) as readonly OptimizerName[];

/** Weights trained in 16 bits keep a copy in 32, or small updates would be lost (Micikevicius et al., arXiv 1710.03740). */
const MASTER_WEIGHT_BYTES = 4;
/** Adapters are small and trained in 32 bits. */
const ADAPTER_DTYPE: Dtype = 'fp32';

/** How a model is to be trained. */
export interface TrainingOptions {
  /** Format of the model's weights; with LoRA they are frozen, and may be integers. */
  readonly dtype: Dtype;
  readonly batch: number;
  /** Tokens in one training sequence. */
  readonly sequence: number;
  readonly method: Method;
  /** Inner dimension of a LoRA adapter. */
  readonly rank: number;
  readonly optimizer: OptimizerName;
  readonly recompute: Recomputation;
}

/** Bytes to train a model; the total is the sum of the four parts. */
export interface TrainingMemory {
  readonly weights_bytes: number;
  readonly gradients_bytes: number;
  readonly optimizer_bytes: number;
  readonly activations_bytes: number;
  readonly total_bytes: number;
  /** The share of one device; the total, as long as nothing is divided. */
  readonly per_gpu_bytes: number;
}

type States = Pick<TrainingMemory, 'weights_bytes' | 'gradients_bytes' | 'optimizer_bytes'>;

/** Parameters of LoRA adapters of one rank on these layers: rank · (inputs + outputs) each (arXiv 2106.09685). */
export function loraParameters(layers: MemoryModel['linearLayers'], rank: number): number {
  return layers.reduce((sum, { inputs, outputs }) => sum + rank * (inputs + outputs), 0);
}

/**
 * Weights, gradients and optimizer state of parameters that are trained. With AdamW 16 bytes for each, at 32 bits
 * (4 + 4 + 8) as at 16 (2 + 2 + 4 + 8, the "K = 12" of ZeRO, arXiv 1910.02054).
 */
export function trainedStates(parameters: number, dtype: Dtype, optimizer: OptimizerName): States {
  const elementBytes = DTYPE_BYTES[dtype];
  const masterBytes = elementBytes < MASTER_WEIGHT_BYTES ? MASTER_WEIGHT_BYTES : 0;
  return {
    weights_bytes: elementBytes * parameters,
    gradients_bytes: elementBytes * parameters,
    optimizer_bytes: (masterBytes + OPTIMIZER_STATE_BYTES[optimizer]) * parameters,
  };
}

function states(model: MemoryModel, { dtype, method, rank, optimizer }: TrainingOptions): States {
  if (method === 'full') return trainedStates(model.parameters, dtype, optimizer);
  const frozenBytes = Math.ceil(model.parameters * DTYPE_BYTES[dtype]);
  const adapters = trainedStates(loraParameters(model.linearLayers, rank), ADAPTER_DTYPE, optimizer);
  return { ...adapters, weights_bytes: adapters.weights_bytes + frozenBytes };
}

/**
 * Memory at the peak of a training step on one device. Activations are those of the whole model under LoRA too, since
 * the gradient must pass through the frozen layers. Leaves out the runtime's own memory and what allocators waste.
 *
 * @throws ToolkitError `USAGE` for full training of integer weights
 */
export function trainingMemory(model: MemoryModel, options: TrainingOptions): TrainingMemory {
  const { dtype, batch, sequence, recompute } = options;
  if (options.method === 'full' && !isTrainable(dtype)) {
    throw new ToolkitError(
      `Weights in ${dtype} cannot be trained in full: steps are smaller than the distance between two integers`,
      'USAGE',
      'Train adapters beside them with --method lora, or choose --dtype bf16, fp16 or fp32.',
    );
  }
  const trained = states(model, options);
  const activations_bytes = trainingActivationBytes(model.shape, {
    batch,
    sequence,
    recompute,
    elementBytes: computeBytes(dtype),
  });
  const total_bytes =
    trained.weights_bytes + trained.gradients_bytes + trained.optimizer_bytes + activations_bytes;
  return { ...trained, activations_bytes, total_bytes, per_gpu_bytes: total_bytes };
}
