import type { Change } from './fit.js';
import type { TrainingOptions } from './training-options.js';

/** Texts shorter than this lose too much of most tasks to be worth suggesting. */
const SHORTEST_SEQUENCE = 512;
const SMALL_RANK = 8;
/** From a million tokens down to the shortest. */
const MOST_HALVINGS = 11;

/** A change where it applies, and what the options become. */
function change(
  description: string | ((after: TrainingOptions) => string),
  price: string,
  applies: (options: TrainingOptions) => boolean,
  altered: (options: TrainingOptions) => Partial<TrainingOptions>,
): Change<TrainingOptions> {
  return {
    describe: typeof description === 'string' ? () => description : description,
    price,
    apply: (options) => (applies(options) ? { ...options, ...altered(options) } : undefined),
  };
}

const isWholeModel = ({ method }: TrainingOptions): boolean => method === 'full';

/** What makes a training smaller, cheapest first: what changes nothing in the result, then what costs time, then quality. */
export const TRAINING_CHANGES: readonly Change<TrainingOptions>[] = [
  change(
    'fused attention, which never holds its scores',
    'nothing: the same result, faster',
    ({ flashAttention }) => !flashAttention,
    () => ({ flashAttention: true }),
  ),
  change(
    'the loss in pieces, so that the logits never stand whole',
    'nothing: the same result',
    ({ chunkedLoss }) => !chunkedLoss,
    () => ({ chunkedLoss: true }),
  ),
  change(
    'the states divided between the GPUs (FSDP, full sharding)',
    'half as much communication again',
    ({ strategy, gpus, tensorParallel, pipelineParallel }) =>
      strategy !== 'fsdp' && strategy !== 'zero3' && gpus > tensorParallel * pipelineParallel,
    () => ({ strategy: 'fsdp', shardingFactor: undefined }),
  ),
  change(
    'weights in bf16 beside a copy in 32 bits',
    'a GPU that computes in bf16',
    ({ dtype }) => dtype === 'fp32',
    () => ({ dtype: 'bf16', precision: 'mixed' }),
  ),
  change(
    'a micro-batch of 1, accumulated to the same batch',
    'smaller products, which fill the GPU less',
    ({ batch }) => batch > 1,
    () => ({ batch: 1 }),
  ),
  change(
    'gradient checkpointing: every block is computed again in the backward pass',
    'a third more computation',
    ({ recompute }) => recompute !== 'full',
    () => ({ recompute: 'full' }),
  ),
  change(
    'AdamW with states in 8 bits',
    'the same quality in the published comparisons',
    (options) => isWholeModel(options) && options.optimizer === 'adamw',
    () => ({ optimizer: 'adamw-8bit' }),
  ),
  change(
    'LoRA: adapters of rank 16 instead of every weight',
    'less capacity to learn what is new; the usual choice for instructions and style',
    isWholeModel,
    () => ({ method: 'lora', rank: 16, optimizer: 'adamw' }),
  ),
  change(
    `rank ${SMALL_RANK} instead`,
    'less capacity to learn what is new',
    ({ method, rank }) => method !== 'full' && rank > SMALL_RANK,
    () => ({ rank: SMALL_RANK }),
  ),
  change(
    'QLoRA: the frozen weights in 4 bits',
    'slower steps, and slightly less exact weights',
    ({ method }) => method === 'lora',
    () => ({ method: 'qlora', dtype: 'nf4', precision: 'mixed' }),
  ),
  ...Array.from({ length: MOST_HALVINGS }, () =>
    change(
      ({ sequence }) => `sequences of ${sequence} tokens`,
      'what stands behind the cut is not learnt',
      ({ sequence }) => sequence / 2 >= SHORTEST_SEQUENCE,
      ({ sequence }) => ({ sequence: Math.floor(sequence / 2) }),
    ),
  ),
  change(
    'the optimizer in the host’s memory',
    'every step waits for the host',
    ({ offload }) => !offload.includes('optimizer'),
    ({ offload }) => ({ offload: [...offload, 'optimizer'] }),
  ),
];
