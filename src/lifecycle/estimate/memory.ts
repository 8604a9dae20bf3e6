import { join } from 'node:path';
import { z } from 'zod';
import type { ModelShape } from '../../core/architectures/architecture.js';
import { readJsonObject } from '../../core/checkpoints/json-file.js';
import { ToolkitError } from '../../core/errors/toolkit-error.js';
import { RECOMPUTATIONS } from '../../core/memory/activations.js';
import { DTYPES, isTrainable } from '../../core/memory/dtype.js';
import { inferenceMemory, type InferenceMemory } from '../../core/memory/inference-memory.js';
import { memoryModel, type MemoryModel } from '../../core/memory/memory-model.js';
import { looksLikeNumber, parseParameterCount } from '../../core/memory/parameter-count.js';
import { ruleOfThumb, type RuleOfThumb } from '../../core/memory/rule-of-thumb.js';
import { OPTIMIZERS } from '../../core/memory/optimizer-states.js';
import { trainingMemory } from '../../core/memory/training-memory.js';
import { METHODS, TRAINING_DEFAULTS, type TrainingOptions } from '../../core/memory/training-options.js';
import { typicalModel } from '../../core/memory/typical-model.js';
import type { FileSystem } from '../../platform/file-system.js';
import { parseOptions } from '../parse-options.js';

/** Positions assumed where the user names none and the model allows more. */
const USUAL_CONTEXT = 4096;
const USUAL_SEQUENCE = 2048;

const positive = z.number().int().positive();

const optionsSchema = z.object({
  /** A parameter count such as `7B`, the path of a `config.json`, or of a folder that holds one. */
  model: z.string().min(1),
  /** Format of the weights. */
  dtype: z.enum(DTYPES).default('fp32'),
  /** Sequences at once. */
  batch: positive.default(1),
  /** Tokens of one sequence when the model is run; by default 4,096, or the model's own limit where that is less. */
  context: positive.optional(),
  /** Tokens of one training sequence; by default 2,048, or the model's own limit where that is less. */
  sequenceLength: positive.optional(),
  /** By default full training, or LoRA where the weights are integers, which cannot be trained themselves. */
  method: z.enum(METHODS).optional(),
  /** LoRA's inner dimension. */
  rank: positive.default(8),
  optimizer: z.enum(OPTIMIZERS).default('adamw'),
  recompute: z.enum(RECOMPUTATIONS).default('selective'),
});

/** Options of {@link estimateMemory}. */
export type EstimateMemoryOptions = z.input<typeof optionsSchema>;

/** What {@link estimateMemory} needs of the machine. */
export interface EstimateMemoryPorts {
  readonly fileSystem: FileSystem;
}

/** Bytes to train a model; the total is the sum of the four parts. */
export interface TrainingBytes {
  readonly weights_bytes: number;
  readonly gradients_bytes: number;
  readonly optimizer_bytes: number;
  readonly activations_bytes: number;
  readonly total_bytes: number;
  readonly per_gpu_bytes: number;
}

/** An estimate in bytes, with everything it rests on. */
export interface MemoryEstimate {
  /** Exact when read from a configuration. */
  readonly parameters: number;
  /** The rule of thumb, always for 32 bits. */
  readonly rule: RuleOfThumb;
  readonly inference: InferenceMemory;
  readonly training: TrainingBytes;
  readonly assumptions: {
    /** `config`: the shape was read; `typical`: only a count was given, and the shape is that of usual models. */
    readonly shape_source: 'config' | 'typical';
    readonly layers: number;
    readonly hidden: number;
    readonly heads: number;
    readonly kv_heads: number;
    readonly head_dimension: number;
    readonly feed_forward: number;
    readonly vocabulary: number;
    readonly dtype: string;
    readonly batch: number;
    readonly context: number;
    readonly sequence_length: number;
    readonly method: string;
    /** `null` unless the method is LoRA. */
    readonly rank: number | null;
    readonly optimizer: string;
    readonly recompute: string;
  };
}

/**
 * Estimates what memory a model takes to run and to train: by the rule of thumb, and in detail.
 *
 * @throws ToolkitError `USAGE` for options that make no sense, `NOT_FOUND` for a path that leads nowhere,
 *   `CONTEXT_OVERFLOW` for more tokens than the model has positions, `UNSUPPORTED` and `BAD_CHECKPOINT` for a configuration that cannot be read
 */
export async function estimateMemory(
  options: EstimateMemoryOptions,
  ports: EstimateMemoryPorts,
): Promise<MemoryEstimate> {
  const chosen = parseOptions(optionsSchema, options);
  const method = chosen.method ?? (isTrainable(chosen.dtype) ? 'full' : 'lora');
  const count = parseParameterCount(chosen.model);
  const model = count === undefined ? await readModelAt(chosen.model, ports) : typicalModel(count);
  const { shape } = model;
  if (count === undefined) assertWithinContext(shape.contextLength, chosen);
  const context = chosen.context ?? Math.min(USUAL_CONTEXT, shape.contextLength);
  const sequence = chosen.sequenceLength ?? Math.min(USUAL_SEQUENCE, shape.contextLength);
  return {
    parameters: model.parameters,
    rule: ruleOfThumb(model.parameters),
    inference: inferenceMemory(model, { ...chosen, context }),
    training: trainingBytes(model, {
      ...TRAINING_DEFAULTS,
      ...chosen,
      ...{ method, sequence, flashAttention: false },
      precision: chosen.dtype === 'fp32' ? 'pure' : 'mixed',
    }),
    assumptions: {
      shape_source: count === undefined ? 'config' : 'typical',
      ...describeShape(shape),
      dtype: chosen.dtype,
      batch: chosen.batch,
      context,
      sequence_length: sequence,
      method,
      rank: method === 'lora' ? chosen.rank : null,
      optimizer: chosen.optimizer,
      recompute: chosen.recompute,
    },
  };
}

/** Tensors of one GPU by kind; the runtime's own memory and what allocators lose are left out. */
function trainingBytes(model: MemoryModel, options: TrainingOptions): TrainingBytes {
  const { parts } = trainingMemory(model, options);
  const sum = (kind: RegExp): number =>
    parts.filter(({ part }) => kind.test(part)).reduce((total, { bytes }) => total + bytes, 0);
  const tensors = {
    weights_bytes: sum(/^(adapter )?weights$/),
    gradients_bytes: sum(/^(adapter )?gradients$/),
    optimizer_bytes: sum(/master weights$|optimizer states$/),
    activations_bytes: sum(/^activations/),
  };
  const total_bytes = Object.values(tensors).reduce((total, bytes) => total + bytes, 0);
  return { ...tensors, total_bytes, per_gpu_bytes: total_bytes };
}

function assertWithinContext(
  limit: number,
  { context, sequenceLength }: z.output<typeof optionsSchema>,
): void {
  for (const [flag, tokens] of [
    ['--context', context],
    ['--sequence-length', sequenceLength],
  ] as const) {
    if (tokens === undefined || tokens <= limit) continue;
    throw new ToolkitError(
      `${flag} ${tokens}: the model was made for ${limit} positions`,
      'CONTEXT_OVERFLOW',
      `Choose at most ${limit}, or a model with a longer context.`,
    );
  }
}

function describeShape(shape: ModelShape) {
  const { layers, hidden, heads, vocabulary } = shape;
  return {
    ...{ layers, hidden, heads, vocabulary },
    kv_heads: shape.kvHeads,
    head_dimension: shape.headDimension,
    feed_forward: shape.feedForward,
  };
}

async function readModelAt(path: string, { fileSystem }: EstimateMemoryPorts): Promise<MemoryModel> {
  const info = await fileSystem.stat(path);
  if (info === undefined) {
    throw new ToolkitError(
      `${path}: neither a number of parameters nor a file or folder that exists`,
      looksLikeNumber(path) ? 'USAGE' : 'NOT_FOUND',
      'Give a count such as 7B, 124M or 1.5e9, the path of a config.json, or of a folder that holds one.',
    );
  }
  const configPath = info.kind === 'directory' ? join(path, 'config.json') : path;
  if ((await fileSystem.stat(configPath))?.kind !== 'file') {
    throw new ToolkitError(
      `${path}: the folder has no config.json`,
      'NOT_FOUND',
      'Give the folder of a checkpoint.',
    );
  }
  const config = await readJsonObject(fileSystem, configPath);
  // The architectures bring TensorFlow.js along, which a bare parameter count need not wait for.
  const { readModel } = await import('../../core/architectures/index.js');
  const model = readModel(config, configPath);
  return memoryModel(model);
}
