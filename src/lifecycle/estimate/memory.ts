import { findMachine, type Machine, type MachinePorts } from '../../core/accelerators/machine.js';
import { ToolkitError } from '../../core/errors/toolkit-error.js';
import { INFERENCE_CHANGES } from '../../core/memory/inference-changes.js';
import { inferenceMemory, type InferenceMemory } from '../../core/memory/inference-memory.js';
import type { MemoryModel } from '../../core/memory/memory-model.js';
import { ruleOfThumb, type RuleOfThumb } from '../../core/memory/rule-of-thumb.js';
import { TRAINING_CHANGES } from '../../core/memory/training-changes.js';
import { trainingMemory, type TrainingMemory } from '../../core/memory/training-memory.js';
import type { TrainingOptions } from '../../core/memory/training-options.js';
import { parseOptions } from '../parse-options.js';
import { checkFit, type Fit } from './fit.js';
import {
  inferenceOptions,
  memoryOptionsSchema,
  trainingOptions,
  type EstimateMemoryOptions,
  type ParsedMemoryOptions,
} from './memory-options.js';
import {
  resolveModel,
  type ResolvedModel,
  type ResolveModelPorts,
} from '../../core/selection/resolve-model.js';

export type { EstimateMemoryOptions } from './memory-options.js';

/** What {@link estimateMemory} needs of the machine. */
export interface EstimateMemoryPorts extends ResolveModelPorts, MachinePorts {}

/** An estimate in bytes, with everything it rests on. */
export interface MemoryEstimate {
  readonly model: ModelDescription;
  /** The course's rule of thumb, always for 32 bits. */
  readonly rule: RuleOfThumb;
  /** On each of the devices. */
  readonly inference: InferenceMemory;
  /** On the GPU that needs most. */
  readonly training: TrainingMemory;
  readonly device: Machine;
  readonly fit: { readonly inference: Fit; readonly training: Fit };
  readonly assumptions: MemoryAssumptions;
}

/** The model as the estimate sees it. */
export interface ModelDescription {
  readonly name: string;
  /** `count`: only a number was given, and the shape is that of usual models. */
  readonly source: ResolvedModel['source'];
  readonly parameters: number;
  /** Those that one token passes. */
  readonly active_parameters: number;
  readonly kind: string;
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly kv_heads: number;
  readonly head_dimension: number;
  readonly feed_forward: number;
  readonly vocabulary: number;
  readonly context_length: number;
}

/** What was chosen or taken for granted. */
export interface MemoryAssumptions {
  readonly dtype: string;
  readonly cache_dtype: string | null;
  readonly batch: number;
  readonly context: number;
  readonly gpus: number;
  readonly sequence_length: number;
  readonly training_dtype: string;
  readonly precision: string;
  readonly method: string;
  /** `null` unless adapters are trained. */
  readonly rank: number | null;
  readonly optimizer: string;
  readonly recompute: string;
  readonly flash_attention: boolean;
  readonly chunked_loss: boolean;
  readonly stage: string;
  readonly strategy: string;
  readonly sharding_factor: number | null;
  readonly offload: readonly string[];
  readonly tensor_parallel: number;
  readonly pipeline_parallel: number;
}

/**
 * Estimates what memory a model takes to run and to train, part by part, whether that fits, and what would make it fit.
 *
 * @throws ToolkitError `USAGE` for options that make no sense, `NOT_FOUND` for a model that is not known,
 *   `CONTEXT_OVERFLOW` for more tokens than the model has positions, and as {@link resolveModel}
 */
export async function estimateMemory(
  options: EstimateMemoryOptions,
  ports: EstimateMemoryPorts,
): Promise<MemoryEstimate> {
  const chosen = parseOptions(memoryOptionsSchema, options);
  const resolved = await resolveModel(chosen.model, ports);
  const { model } = resolved;
  if (resolved.source !== 'count') assertWithinContext(model, chosen);
  const device = await findMachine({ gpu: chosen.gpu }, ports);
  const running = inferenceOptions(chosen, model, usableBytes(resolved, options));
  const training = trainingOptions(chosen, model);
  return {
    model: describe(resolved),
    rule: ruleOfThumb(model.parameters),
    inference: inferenceMemory(model, running),
    training: trainingMemory(model, training),
    device,
    fit: {
      inference: checkFit(
        device,
        running,
        INFERENCE_CHANGES,
        (candidate) => inferenceMemory(model, candidate).total_bytes,
        (candidate, devices) => ({ ...candidate, tensorParallel: devices }),
      ),
      training: checkFit(
        device,
        training,
        TRAINING_CHANGES,
        (candidate) => trainingMemory(model, candidate).total_bytes,
        onDevices,
      ),
    },
    assumptions: assumptions(chosen, running, training),
  };
}

/** What a file stores is what is held, unless the user asks for another format. */
function usableBytes(
  { source, storedBytes }: ResolvedModel,
  { dtype }: EstimateMemoryOptions,
): number | undefined {
  return source === 'gguf' || dtype === undefined ? storedBytes : undefined;
}

/** The states divided fully between so many GPUs, which need not divide a single matrix for it. */
function onDevices(options: TrainingOptions, devices: number): TrainingOptions {
  const strategy = options.strategy === 'zero3' ? 'zero3' : 'fsdp';
  return { ...options, gpus: devices, strategy, shardingFactor: undefined };
}

function assertWithinContext({ shape }: MemoryModel, { context, sequenceLength }: ParsedMemoryOptions): void {
  for (const [flag, tokens] of [
    ['--context', context],
    ['--sequence-length', sequenceLength],
  ] as const) {
    if (tokens === undefined || tokens <= shape.contextLength) continue;
    throw new ToolkitError(
      `${flag} ${tokens}: the model was made for ${shape.contextLength} positions`,
      'CONTEXT_OVERFLOW',
      `Choose at most ${shape.contextLength}, or a model with a longer context.`,
    );
  }
}

function describe({ model, name, source }: ResolvedModel): ModelDescription {
  const { kind, layers, hidden, heads, vocabulary } = model.shape;
  return {
    name,
    source,
    parameters: model.parameters,
    active_parameters: model.activeParameters,
    ...{ kind, layers, hidden, heads },
    kv_heads: model.shape.kvHeads,
    head_dimension: model.shape.headDimension,
    feed_forward: model.shape.feedForward,
    vocabulary,
    context_length: model.shape.contextLength,
  };
}

function assumptions(
  chosen: ParsedMemoryOptions,
  running: ReturnType<typeof inferenceOptions>,
  training: TrainingOptions,
): MemoryAssumptions {
  const { batch, method, precision, optimizer, recompute, stage, strategy, offload } = training;
  return {
    dtype: running.dtype,
    cache_dtype: running.cacheDtype ?? null,
    batch,
    context: running.context,
    gpus: chosen.gpus,
    sequence_length: training.sequence,
    training_dtype: training.dtype,
    ...{ precision, method, optimizer, recompute, stage, strategy, offload },
    rank: method === 'full' ? null : training.rank,
    flash_attention: training.flashAttention,
    chunked_loss: training.chunkedLoss,
    sharding_factor: training.shardingFactor ?? null,
    tensor_parallel: training.tensorParallel,
    pipeline_parallel: training.pipelineParallel,
  };
}
