import { figure, type Figure } from '../estimates/figure.js';

/**
 * How training states are divided between the GPUs that read different data: not at all (`ddp`), the optimizer's
 * states (`zero1`), also the gradients (`zero2`), also the weights (`zero3`, and PyTorch's `fsdp`).
 */
export const STRATEGIES = ['ddp', 'zero1', 'zero2', 'zero3', 'fsdp'] as const;
export type Strategy = (typeof STRATEGIES)[number];

/** Where the GPUs stand. */
export interface DistributionOptions {
  readonly gpus: number;
  readonly strategy: Strategy;
  /**
   * GPUs that share one copy of the states under `zero3` and `fsdp`: 1 replicates everything as `ddp` does, and by
   * default all with different data share one. Between the two the copies are as many as groups (hybrid sharding).
   */
  readonly shardingFactor?: number | undefined;
  /** GPUs that every matrix is divided between. */
  readonly tensorParallel: number;
  /** Stages that the layers are divided between. */
  readonly pipelineParallel: number;
}

/** Between how many GPUs each state is divided. */
export interface Distribution {
  /** GPUs, or groups of them, that read different data. */
  readonly dataParallel: number;
  readonly tensorParallel: number;
  readonly pipelineParallel: number;
  readonly weightShards: number;
  readonly gradientShards: number;
  readonly optimizerShards: number;
}

/** Whether a strategy can divide the weights too. */
export function shardsWeights(strategy: Strategy): boolean {
  return strategy === 'zero3' || strategy === 'fsdp';
}

/** How the states lie on the GPUs; the options must divide evenly. */
export function distribute(options: DistributionOptions): Distribution {
  const { strategy, tensorParallel, pipelineParallel } = options;
  const dataParallel = options.gpus / (tensorParallel * pipelineParallel);
  const shards = shardsWeights(strategy) ? (options.shardingFactor ?? dataParallel) : dataParallel;
  return {
    ...{ dataParallel, tensorParallel, pipelineParallel },
    weightShards: shardsWeights(strategy) ? shards : 1,
    gradientShards: strategy === 'ddp' || strategy === 'zero1' ? 1 : shards,
    optimizerShards: strategy === 'ddp' ? 1 : shards,
  };
}

/** A formula divided by those of some numbers that are more than one. */
export function divided(
  formula: string,
  divisors: Readonly<Record<string, number>>,
): { readonly formula: string; readonly inputs: Readonly<Record<string, number>> } {
  const inputs = Object.fromEntries(Object.entries(divisors).filter(([, divisor]) => divisor > 1));
  return { formula: [formula, ...Object.keys(inputs)].join(' / '), inputs };
}

const ZERO = 'ZeRO, Rajbhandari et al. 2019, arXiv 1910.02054';
/** The paper's K for mixed AdamW: weights, momentum and variance in 32 bits. */
const ZERO_ADAM_BYTES = 12;

/** ZeRO's stages: 0 replicates all, 1 divides the optimizer's states, 2 also gradients, 3 also weights. */
export type ZeroStage = 0 | 1 | 2 | 3;

const ZERO_BYTES_PER_PARAMETER = [
  '(4 + optimizer_bytes)',
  '(4 + optimizer_bytes / data_parallel)',
  '(2 + (2 + optimizer_bytes) / data_parallel)',
  '(4 + optimizer_bytes) / data_parallel',
] as const satisfies readonly string[];

/** What a stage of ZeRO is asked for. */
export interface ZeroOptions {
  readonly stage: ZeroStage;
  readonly dataParallel: number;
  /** The paper's K, bytes of optimizer states for each parameter: 12 for mixed AdamW. */
  readonly optimizerBytes?: number;
}

function zeroInputs({ dataParallel, optimizerBytes = ZERO_ADAM_BYTES }: ZeroOptions): Record<string, number> {
  return { data_parallel: dataParallel, optimizer_bytes: optimizerBytes };
}

/** Bytes of weights, gradients and optimizer states on each GPU, in 16 bits with K more bytes for each parameter. */
export function zeroStateBytes(parameters: number, options: ZeroOptions): Figure {
  return figure(
    `parameters * ${ZERO_BYTES_PER_PARAMETER[options.stage]}`,
    { parameters, ...zeroInputs(options) },
    { source: `${ZERO}, section 5 and table 1`, leavesOut: 'activations, buffers and fragmentation' },
  );
}

/** Parameters of the largest model whose states fit on each GPU: 128B on 64 GPUs of 32 GB in stage 3. */
export function largestZeroModel(deviceBytes: number, options: ZeroOptions): Figure {
  return figure(
    `device_bytes / (${ZERO_BYTES_PER_PARAMETER[options.stage]})`,
    { device_bytes: deviceBytes, ...zeroInputs(options) },
    {
      source: `${ZERO}, table 2, maximum theoretical model size`,
      leavesOut: 'activations, buffers and fragmentation',
    },
  );
}

/** Parameters that every GPU sends for each step: twice the model, in stage 3 three times. */
export function zeroCommunication(parameters: number, stage: ZeroStage): Figure {
  return figure(
    stage === 3 ? '3 * parameters' : '2 * parameters',
    { parameters },
    { source: `${ZERO}, section 7`, leavesOut: 'that a ring of N sends (N - 1) / N of it' },
  );
}

/**
 * Bytes for each parameter in Megatron-LM with mixed AdamW and gradients in 32 bits: 18, and 6 + 12 / N with its
 * distributed optimizer, which divides what is in 32 bits but the gradients.
 */
export function megatronBytesPerParameter(dataParallel: number, distributedOptimizer: boolean): Figure {
  const source = 'Megatron-LM, megatron/training/theoretical_memory_usage.py';
  return distributedOptimizer
    ? figure('6 + 12 / data_parallel', { data_parallel: dataParallel }, { source })
    : figure('6 + 12', {}, { source });
}
