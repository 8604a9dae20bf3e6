import type { ModelShape } from '../architectures/architecture.js';
import { memoryPart, totalBytes, type MemoryPart } from '../estimates/figure.js';
import { trainingActivationParts } from './activations.js';
import { alignmentStage } from './alignment.js';
import { distribute, divided, shardsWeights, type Distribution } from './distribution.js';
import { DTYPE_BYTES } from './dtype.js';
import type { MemoryModel } from './memory-model.js';
import { frozenFormat, largestMatrix, modelSizes, scaled, type ModelSizes } from './model-sizes.js';
import { computeDtype, precisionRecipe } from './precision-recipe.js';
import {
  frozenMatrixBytes,
  frozenWeights,
  trainedStateParts,
  type StateKind,
  type StatePart,
} from './trained-states.js';
import {
  dataParallelVolumes,
  modelParallelVolumes,
  type CommunicationVolume,
} from './training-communication.js';
import type { TrainingOptions } from './training-options.js';
import { assertTrainable } from './training-problems.js';

/** Memory to train a model, of the GPU that needs most. */
export interface TrainingMemory {
  readonly parts: readonly MemoryPart[];
  /** Sum of the parts. */
  readonly total_bytes: number;
  /** The host's memory for each GPU: what is offloaded. */
  readonly host: { readonly parts: readonly MemoryPart[]; readonly total_bytes: number };
  /** With one micro-batch in the step. */
  readonly communication: readonly CommunicationVolume[];
  /** GPUs, or groups of them that share the model, that read different data. */
  readonly data_parallel: number;
  readonly assumptions: readonly string[];
}

/** A running program and its device context: 0.47 GiB with lazily loaded kernels. */
const RUNTIME_BYTES = 0.5 * 2 ** 30;
/** What torch.distributed and its collectives add, at the low end of 1 to 2 GiB. */
const COLLECTIVES_BYTES = 2 ** 30;
/** Share of the tensors that allocators lose to rounding and fragmentation; serving tools keep 5 % free. */
const ALLOCATOR_SHARE = 0.05;
const STAS = 'Stas Bekman, Machine Learning Engineering, training/performance';

/** What one trained model keeps; `owner` stands before the names. */
function modelParts(
  owner: string,
  sizes: ModelSizes,
  options: TrainingOptions,
  distribution: Distribution,
): StatePart[] {
  const { method, precision, optimizer } = options;
  if (method === 'full') {
    const recipe = precisionRecipe(precision, options.dtype);
    const liveGradients = options.optimizerInBackward ? sizes.largestLayerParameters : undefined;
    return trainedStateParts(owner, sizes, { recipe, optimizer, distribution, liveGradients });
  }
  const adapter = { parameters: sizes.adapterParameters, matrixParameters: sizes.adapterParameters };
  const recipe = precisionRecipe(precision, computeDtype(options.dtype));
  const named = (name: string): string => (owner === '' ? name : `${owner} ${name}`);
  return [
    frozenWeights(named('weights'), sizes, frozenFormat(options), distribution),
    ...trainedStateParts(named('adapter'), adapter, { recipe, optimizer, distribution }),
  ];
}

function valueSizes(sizes: ModelSizes, { valueParameters }: TrainingOptions): ModelSizes {
  return scaled(sizes, valueParameters ?? sizes.parameters);
}

/** The states of every model that the stage needs. */
function stateParts(sizes: ModelSizes, options: TrainingOptions, distribution: Distribution): StatePart[] {
  const stage = alignmentStage(options.stage);
  const frozen = (name: string, parameters: number): StatePart =>
    frozenWeights(name, scaled(sizes, parameters), frozenFormat(options), distribution);
  const parts = modelParts('', sizes, options, distribution);
  // Beside adapters the reference is the model itself with them switched off.
  if (stage.reference && options.method === 'full') parts.push(frozen('reference model', sizes.parameters));
  if (stage.reward) parts.push(frozen('reward model', options.rewardParameters ?? sizes.parameters));
  if (stage.value) {
    parts.push(...modelParts('value model', valueSizes(sizes, options), options, distribution));
  }
  return parts;
}

function liesOnHost(kind: StateKind, { offload, strategy }: TrainingOptions): boolean {
  if (kind === 'weights') return offload.includes('params');
  if (kind === 'optimizer') return offload.includes('optimizer');
  // ZeRO-Offload (arXiv 2101.06840): each gradient goes to the optimizer as soon as it has been summed.
  return offload.includes('optimizer') && strategy !== 'ddp' && strategy !== 'zero1';
}

/** Weights that are brought together for the layer at hand, and its gradients before they are divided. */
function gatheredPart(
  { shape, linearLayers }: MemoryModel,
  sizes: ModelSizes,
  options: TrainingOptions,
  { weightShards, tensorParallel }: Distribution,
): MemoryPart[] {
  if (weightShards === 1 && !options.offload.includes('params')) return [];
  const blocks = shape.layers + shape.encoderLayers;
  const isFsdp = options.strategy === 'fsdp';
  const unit = isFsdp ? Math.round(sizes.matrixParameters / blocks) : largestMatrix(linearLayers);
  const embedding = shape.vocabulary * shape.hidden;
  const computeBytes = DTYPE_BYTES[computeDtype(options.dtype)];
  const isFull = options.method === 'full';
  const { weightBytes, gradientBytes } = precisionRecipe(options.precision, options.dtype);
  const matrixBytes = isFull ? weightBytes : frozenMatrixBytes(frozenFormat(options)).value;
  const isEmbedding = embedding * computeBytes > unit * matrixBytes;
  const share = divided('gathered_parameters * (copies * bytes_per_weight + bytes_per_gradient)', {
    tensor_parallel: tensorParallel,
  });
  return [
    memoryPart(
      'gathered layer',
      share.formula,
      {
        gathered_parameters: isEmbedding ? embedding : unit,
        copies: isFsdp ? 2 : 1,
        bytes_per_weight: isEmbedding ? computeBytes : matrixBytes,
        bytes_per_gradient: isFull ? gradientBytes : 0,
        ...share.inputs,
      },
      {
        source: isFsdp
          ? 'PyTorch FSDP: a block is computed while the next is gathered (Zhao et al. 2023, arXiv 2304.11277)'
          : 'DeepSpeed, estimate_zero3_model_states_mem_needs: weights and gradients of the largest layer',
        leavesOut: isFsdp
          ? 'units larger than a block'
          : 'buckets for reduction and prefetching, up to 1 GB each',
      },
    ),
  ];
}

/** The weights of one layer that QLoRA computes with, out of their 4 bits. */
function dequantizedPart({ linearLayers }: MemoryModel, options: TrainingOptions): MemoryPart[] {
  if (frozenFormat(options).dtype !== 'nf4' || options.method === 'full') return [];
  const share = divided('largest_layer_parameters * 2', { tensor_parallel: options.tensorParallel });
  return [
    memoryPart(
      'dequantized layer',
      share.formula,
      { largest_layer_parameters: largestMatrix(linearLayers), ...share.inputs },
      {
        source: 'QLoRA, Dettmers et al. 2023, arXiv 2305.14314, section 3: products are computed in 16 bits',
      },
    ),
  ];
}

function activationParts(shape: ModelShape, options: TrainingOptions): MemoryPart[] {
  const { sequencesPerExample, scores } = alignmentStage(options.stage);
  return trainingActivationParts(scores ? { ...shape, vocabulary: 1 } : shape, {
    batch: options.batch * sequencesPerExample,
    sequence: options.sequence,
    elementBytes: DTYPE_BYTES[computeDtype(options.dtype)],
    recompute: options.recompute,
    flashAttention: options.flashAttention,
    tensorParallel: options.tensorParallel,
    sequenceParallel: options.sequenceParallel,
    pipelineParallel: options.pipelineParallel,
    dropout: options.dropout,
    chunkedLoss: options.chunkedLoss,
  });
}

function overheadParts(tensors: readonly MemoryPart[], gpus: number): MemoryPart[] {
  const runtime = memoryPart(
    'runtime',
    'runtime_bytes',
    { runtime_bytes: RUNTIME_BYTES },
    { source: STAS, leavesOut: 'kernels loaded all at once: up to 2 GiB' },
  );
  const allocator = memoryPart(
    'allocator',
    'tensor_bytes * lost_share',
    { tensor_bytes: totalBytes(tensors), lost_share: ALLOCATOR_SHARE },
    {
      source: 'Serving tools keep 5 % free',
      leavesOut: 'fragmentation, which may reach 30 % (ZeRO, section 3.2)',
    },
  );
  if (gpus === 1) return [runtime, allocator];
  const collectives = memoryPart(
    'collectives',
    'collectives_bytes',
    { collectives_bytes: COLLECTIVES_BYTES },
    { source: `${STAS}: torch.distributed takes 1 to 2 GiB` },
  );
  return [runtime, collectives, allocator];
}

function assumptions(options: TrainingOptions, { dataParallel, weightShards }: Distribution): string[] {
  const lines = [
    options.optimizerInBackward
      ? 'Every weight is updated in the backward pass, so gradients cannot be accumulated over micro-batches.'
      : 'Gradients and activations are held at once, as when gradients are accumulated over micro-batches.',
  ];
  if (options.method !== 'full') {
    lines.push('Adapters change the weights, not the activations: the gradient passes every frozen layer.');
  }
  const { reference, value, sequencesPerExample } = alignmentStage(options.stage);
  if (sequencesPerExample === 2) lines.push('Chosen and rejected answers pass the model together.');
  if (reference && options.method !== 'full') {
    lines.push('The reference model is the same weights with the adapters switched off.');
  }
  if (value) {
    lines.push('Policy and value model take turns, so that the activations of one are counted.');
    lines.push('The key/value cache while answers are generated is not counted.');
    if (options.valueParameters === undefined) lines.push('The value model is as large as the policy.');
    if (options.rewardParameters === undefined) lines.push('The reward model is as large as the policy.');
  }
  if (shardsWeights(options.strategy) && dataParallel > 1) {
    lines.push(
      weightShards === 1
        ? 'A sharding factor of 1 replicates everything, as DDP does.'
        : `Each copy of the weights is divided between ${weightShards} GPUs; copies in all: ${dataParallel / weightShards}.`,
    );
  }
  return lines;
}

/**
 * Memory at the peak of a training step, on the GPU that needs most: every state, all activations, and what the
 * runtime takes, each by its formula.
 *
 * @throws ToolkitError `USAGE` that lists everything about the options that cannot be
 */
export function trainingMemory(model: MemoryModel, options: TrainingOptions): TrainingMemory {
  assertTrainable(model, options);
  const distribution = distribute(options);
  const sizes = modelSizes(model, options);
  const states = stateParts(sizes, options, distribution);
  const host = states.filter(({ kind }) => liesOnHost(kind, options)).map(({ part }) => part);
  const tensors = [
    ...states.filter(({ kind }) => !liesOnHost(kind, options)).map(({ part }) => part),
    ...gatheredPart(model, sizes, options, distribution),
    ...dequantizedPart(model, options),
    ...activationParts(model.shape, options),
  ];
  const parts = options.overhead ? [...tensors, ...overheadParts(tensors, options.gpus)] : tensors;
  return {
    parts,
    total_bytes: totalBytes(parts),
    host: { parts: host, total_bytes: totalBytes(host) },
    communication: [
      ...dataParallelVolumes('', sizes, options, distribution),
      ...(alignmentStage(options.stage).value
        ? dataParallelVolumes('value model', valueSizes(sizes, options), options, distribution)
        : []),
      ...modelParallelVolumes(model.shape, options),
    ],
    data_parallel: distribution.dataParallel,
    assumptions: assumptions(options, distribution),
  };
}
