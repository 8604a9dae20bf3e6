import type { Recomputation } from './activations.js';
import type { Stage } from './alignment.js';
import type { Strategy } from './distribution.js';
import type { LoraTargets } from './lora-parameters.js';
import type { OptimizerName } from './optimizer-states.js';
import type { Precision, TrainingDtype } from './precision-recipe.js';

/** Which parameters are trained: all, or two thin matrices beside linear layers, whose own weights QLoRA holds in 4 bits. */
export const METHODS = ['full', 'lora', 'qlora'] as const;
export type Method = (typeof METHODS)[number];

/** What may lie in the host's memory instead of the GPU's. */
export const OFFLOADS = ['optimizer', 'params'] as const;
export type Offload = (typeof OFFLOADS)[number];

/** How a model is to be trained. */
export interface TrainingOptions {
  /** Format of the model's weights; where only adapters are trained it may be an integer's. */
  readonly dtype: TrainingDtype;
  readonly precision: Precision;
  readonly optimizer: OptimizerName;
  /** Every weight is updated as soon as its gradient is there, so that gradients of one layer are held at once. */
  readonly optimizerInBackward: boolean;
  /** Examples in the micro-batch of one GPU. */
  readonly batch: number;
  /** Tokens in one training sequence. */
  readonly sequence: number;
  readonly recompute: Recomputation;
  readonly flashAttention: boolean;
  /** The logits are made and compared a few tokens at a time. */
  readonly chunkedLoss: boolean;
  readonly dropout: boolean;
  readonly method: Method;
  /** Inner dimension of a LoRA adapter. */
  readonly rank: number;
  readonly targets: LoraTargets;
  /** QLoRA quantises the scales too. */
  readonly doubleQuantization: boolean;
  readonly stage: Stage;
  /** Size of the value model of `ppo`; that of the model where absent. */
  readonly valueParameters?: number | undefined;
  /** Size of the reward model of `ppo`; that of the model where absent. */
  readonly rewardParameters?: number | undefined;
  readonly gpus: number;
  readonly strategy: Strategy;
  /** Between how many GPUs `zero3` and `fsdp` divide one copy of the states; all where absent, 1 as `ddp`. */
  readonly shardingFactor?: number | undefined;
  readonly offload: readonly Offload[];
  readonly tensorParallel: number;
  /** Divides along the sequence what tensor parallelism leaves whole. */
  readonly sequenceParallel: boolean;
  readonly pipelineParallel: number;
  /** Counts the program itself and what allocators lose, which a framework's own figures leave out. */
  readonly overhead: boolean;
}

/** What is usual, on one GPU: a start for options. */
export const TRAINING_DEFAULTS = {
  dtype: 'bf16',
  precision: 'mixed',
  optimizer: 'adamw',
  optimizerInBackward: false,
  batch: 1,
  sequence: 2048,
  recompute: 'none',
  flashAttention: true,
  chunkedLoss: false,
  dropout: false,
  method: 'full',
  rank: 8,
  targets: 'all-linear',
  doubleQuantization: true,
  stage: 'sft',
  gpus: 1,
  strategy: 'ddp',
  offload: [],
  tensorParallel: 1,
  sequenceParallel: false,
  pipelineParallel: 1,
  overhead: true,
} as const satisfies TrainingOptions;
