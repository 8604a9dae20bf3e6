import type { EstimateCase } from './case-input.js';

/** Cases that are not met, told by what they ask, and why. */
export interface Unmet {
  readonly group: string;
  /** Every one of these is in the case's input. */
  readonly input?: Readonly<Record<string, unknown>>;
  /** The input has none but these keys. */
  readonly givenAmong?: readonly string[];
  readonly reason: string;
}

const DEVICE_FORMAT =
  'the on-device format (4 bits in groups of 32, embedding and output in 8 bits, each stored) is none of the formats described; compared with 4 bits beside an embedding in 16';

const TORCHTITAN =
  "torchtitan's selective recomputation does every second matrix product again, the option here only the attention scores, so that the estimate is above the run";

const LLAMA_FACTORY =
  'a table of estimates, none of whose cells follows the rule in its own last column';

export const UNMET: readonly Unmet[] = [
  {
    group: 'accelerate',
    input: { model: 'timm/resnet50.a1_in1k' },
    reason: 'a convolutional network; only transformers have a table of weights here',
  },
  {
    group: 'gguf',
    input: { type: 'IQ2_S' },
    reason: 'the source leaves out the scales: ggml packs 256 weights into 82 bytes, 2.5625 bits each',
  },
  {
    group: 'mfu',
    givenAmong: ['gpus', 'gpu', 'model', 'context', 'seq', 'batch'],
    reason: 'a utilisation cannot be worked out from a number of GPUs without a speed',
  },
  ...['llama-3.2-1b-spinquant', 'llama-3.2-1b-qlora', 'llama-3.2-3b-qlora'].map((model) => ({
    ...{ group: 'measured', input: { model }, reason: DEVICE_FORMAT },
  })),
  {
    group: 'measured',
    input: { added: 'baseline' },
    reason: 'its examples are not packed, and how long they were is not said; counted as the longest of the data',
  },
  { group: 'measured', input: { model: 'llama-3-8b', recompute: 'selective' }, reason: TORCHTITAN },
  { group: 'llama-factory', reason: LLAMA_FACTORY },
];

/** Whether an entry speaks of a case. */
export function speaksOf({ group, input = {}, givenAmong }: Unmet, estimateCase: EstimateCase): boolean {
  return (
    group === estimateCase.group &&
    Object.entries(input).every(([key, value]) => estimateCase.input[key] === value) &&
    (givenAmong === undefined || Object.keys(estimateCase.input).every((key) => givenAmong.includes(key)))
  );
}
