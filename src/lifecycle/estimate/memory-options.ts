import { z } from 'zod';
import { RECOMPUTATIONS } from '../../core/memory/activations.js';
import { STAGES } from '../../core/memory/alignment.js';
import { STRATEGIES } from '../../core/memory/distribution.js';
import { DTYPES, isTrainable, parseDtype, type Dtype } from '../../core/memory/dtype.js';
import type { InferenceOptions } from '../../core/memory/inference-memory.js';
import { CACHE_DTYPES } from '../../core/memory/key-value-cache.js';
import type { MemoryModel } from '../../core/memory/memory-model.js';
import { OPTIMIZERS } from '../../core/memory/optimizer-states.js';
import { PRECISIONS, TRAINING_DTYPES, type TrainingDtype } from '../../core/memory/precision-recipe.js';
import {
  METHODS,
  OFFLOADS,
  TRAINING_DEFAULTS,
  type TrainingOptions,
} from '../../core/memory/training-options.js';
import { didYouMean } from '../../core/near-matches.js';

/** Positions assumed where the user names none and the model allows more. */
const USUAL_CONTEXT = 4096;
const USUAL_SEQUENCE = 2048;

const positive = z.number().int().positive();

const dtype = z.string().transform((text, context): Dtype => {
  const found = parseDtype(text);
  if (found !== undefined) return found;
  const guess = didYouMean(text, DTYPES);
  context.addIssue({
    code: 'custom',
    message: `${JSON.stringify(text)} is no format of weights. ${guess === undefined ? '' : `${guess} `}Known: ${DTYPES.join(', ')}`,
  });
  return z.NEVER;
});

/** Options of `estimateMemory`; each is a flag of `genai estimate memory`. */
export const memoryOptionsSchema = z.object({
  /** A parameter count, a model card, a configuration, a checkpoint, a GGUF file, or `hf:ORG/NAME`. */
  model: z.string().min(1),
  /** Format of the weights, in any case: `bf16`, `int4`, `Q4_K_M`. */
  dtype: dtype.default('bf16'),
  /** Format of keys and values; by default 16 bits, or 32 where the weights have them. */
  cacheDtype: z.enum(CACHE_DTYPES).optional(),
  /** Sequences at once; in training, of one micro-batch of one GPU. */
  batch: positive.default(1),
  /** Tokens of one sequence when the model is run; by default 4,096, or the model's own limit where that is less. */
  context: positive.optional(),
  /** Tokens of one training sequence; by default 2,048, or the model's own limit where that is less. */
  sequenceLength: positive.optional(),
  /** By default full training, or LoRA where the weights are in 8 bits or fewer, which cannot be trained themselves. */
  method: z.enum(METHODS).optional(),
  /** LoRA's inner dimension. */
  rank: positive.default(TRAINING_DEFAULTS.rank),
  /** Linear layers that get an adapter, by the last part of their names; by default all inside the blocks. */
  targets: z.array(z.string().min(1)).min(1).optional(),
  /** By default mixed, or pure where the weights are in 32 bits. */
  precision: z.enum(PRECISIONS).optional(),
  optimizer: z.enum(OPTIMIZERS).default(TRAINING_DEFAULTS.optimizer),
  recompute: z.enum(RECOMPUTATIONS).default(TRAINING_DEFAULTS.recompute),
  flashAttention: z.boolean().default(TRAINING_DEFAULTS.flashAttention),
  chunkedLoss: z.boolean().default(TRAINING_DEFAULTS.chunkedLoss),
  stage: z.enum(STAGES).default(TRAINING_DEFAULTS.stage),
  /** GPUs in all. */
  gpus: positive.default(TRAINING_DEFAULTS.gpus),
  strategy: z.enum(STRATEGIES).default(TRAINING_DEFAULTS.strategy),
  shardingFactor: positive.optional(),
  offload: z.array(z.enum(OFFLOADS)).default([]),
  tensorParallel: positive.default(TRAINING_DEFAULTS.tensorParallel),
  sequenceParallel: z.boolean().default(TRAINING_DEFAULTS.sequenceParallel),
  pipelineParallel: positive.default(TRAINING_DEFAULTS.pipelineParallel),
  /** An accelerator by name; by default this machine. */
  gpu: z.string().min(1).optional(),
});

/** Options of `estimateMemory` as a program gives them. */
export type EstimateMemoryOptions = z.input<typeof memoryOptionsSchema>;
export type ParsedMemoryOptions = z.output<typeof memoryOptionsSchema>;

const isTrainingDtype = (name: Dtype): name is TrainingDtype =>
  (TRAINING_DTYPES as readonly Dtype[]).includes(name);

/** How the model is run, with the defaults that depend on it. */
export function inferenceOptions(
  chosen: ParsedMemoryOptions,
  { shape }: MemoryModel,
  storedBytes: number | undefined,
): InferenceOptions {
  return {
    dtype: chosen.dtype,
    batch: chosen.batch,
    context: chosen.context ?? Math.min(USUAL_CONTEXT, shape.contextLength),
    cacheDtype: chosen.cacheDtype,
    flashAttention: chosen.flashAttention,
    tensorParallel: chosen.gpus,
    weightBytes: storedBytes,
  };
}

/** How the model is trained, with the defaults that depend on it and on each other. */
export function trainingOptions(chosen: ParsedMemoryOptions, { shape }: MemoryModel): TrainingOptions {
  // What llama.cpp's formats hold is trained from 16 bits.
  const weights = isTrainingDtype(chosen.dtype) ? chosen.dtype : 'bf16';
  const method = chosen.method ?? (weights === 'nf4' ? 'qlora' : isTrainable(weights) ? 'full' : 'lora');
  const { rank, optimizer, recompute, flashAttention, chunkedLoss, stage } = chosen;
  const { gpus, strategy, shardingFactor, offload, tensorParallel, sequenceParallel, pipelineParallel } =
    chosen;
  return {
    ...TRAINING_DEFAULTS,
    ...{ method, rank, optimizer, recompute, flashAttention, chunkedLoss, stage },
    ...{ gpus, strategy, shardingFactor, offload, tensorParallel, sequenceParallel, pipelineParallel },
    dtype: method === 'qlora' && weights !== 'int4' ? 'nf4' : weights,
    precision: chosen.precision ?? (weights === 'fp32' && method !== 'qlora' ? 'pure' : 'mixed'),
    batch: chosen.batch,
    sequence: chosen.sequenceLength ?? Math.min(USUAL_SEQUENCE, shape.contextLength),
    targets: chosen.targets ?? TRAINING_DEFAULTS.targets,
  };
}
