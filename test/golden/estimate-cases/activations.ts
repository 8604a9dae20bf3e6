import {
  blockActivationBytes,
  cookbookActivations,
  hiddenStates,
  interleavingFactor,
  logits,
  megatronBlockActivations,
  megatronBytesPerParameter,
  selectiveRecomputationCost,
  selectiveRecomputationSaving,
  zeroActivationElements,
  type ActivationOptions,
} from '../../../src/core/memory/index.js';
import { answers, inUnits, type Answerer, type CaseInput, type GroupAnswers } from './case-input.js';

const HALF_PRECISION_BYTES = 2;

const sequenceOf = (input: CaseInput): number => input.number('s', 'seq');
const hiddenOf = (input: CaseInput): number => input.number('h', 'hidden');
const batchOf = (input: CaseInput): number => input.numberOr(1, 'b', 'batch');
const sizesOf = (input: CaseInput): { batch: number; sequence: number; hidden: number } => ({
  ...{ batch: batchOf(input), sequence: sequenceOf(input), hidden: hiddenOf(input) },
});

/** A GPT block as in the paper: feed-forward of four times the width, dropout, scores that are held. */
function gptBlock(input: CaseInput, options: Partial<ActivationOptions>): number {
  input.pass('layers', 'bytes', 'tp', 'vocab');
  const hidden = hiddenOf(input);
  const heads = input.number('a', 'heads');
  const shape = {
    ...{ hidden, heads, kvHeads: heads, headDimension: hidden / heads, valueDimension: hidden / heads },
    ...{ cacheWidth: 2 * hidden, feedForward: 4 * hidden, feedForwardMatrices: 2 },
  };
  return blockActivationBytes(shape, {
    ...{ batch: batchOf(input), sequence: sequenceOf(input), elementBytes: HALF_PRECISION_BYTES },
    ...{ recompute: 'none', flashAttention: false, dropout: true, ...options },
  }).value;
}

const perLayer =
  (options: Partial<ActivationOptions>, isParallel = false): Answerer =>
  (input) =>
    gptBlock(input, { ...options, ...(isParallel ? { tensorParallel: input.number('tp', 't') } : {}) });

const attention = (input: CaseInput): { sequence: number; hidden: number; heads: number } => ({
  ...{ sequence: sequenceOf(input), hidden: hiddenOf(input), heads: input.number('a', 'heads') },
});

const zeroElements = (input: CaseInput): number =>
  zeroActivationElements({ ...sizesOf(input), layers: input.number('layers') }).value;

function copies(input: CaseInput, count: number): number {
  input.pass('layers');
  return hiddenStates({
    ...{ ...sizesOf(input), copies: count, elementBytes: input.numberOr(HALF_PRECISION_BYTES, 'bytes') },
  }).value;
}

const table = answers({
  per_layer_none: perLayer({}),
  per_layer_tp: perLayer({}, true),
  per_layer_tp_sp: perLayer({ sequenceParallel: true }, true),
  per_layer_selective: perLayer({ recompute: 'selective' }),
  per_layer_flash: perLayer({ flashAttention: true }),
  per_layer_tp_selective: perLayer({ recompute: 'selective' }, true),
  per_layer_tp_sp_selective: perLayer({ recompute: 'selective', sequenceParallel: true }, true),
  per_layer_full: perLayer({ recompute: 'full' }),
  saving: (input) => selectiveRecomputationSaving(attention(input)).value,
  extra_flops: (input) => {
    input.pass('a', 'heads');
    return selectiveRecomputationCost({ sequence: sequenceOf(input), hidden: hiddenOf(input) }).value;
  },
  elements: zeroElements,
  elements_g: (input) => zeroElements(input) / 1e9,
  ...inUnits('', (input) => {
    if (!input.has('vocab')) return allBlocks(input);
    return logits({
      ...{ batch: batchOf(input), sequence: sequenceOf(input) },
      ...{ vocabulary: input.number('vocab'), elementBytes: input.numberOr(4, 'bytes') },
    }).value;
  }),
  gb_fp16: (input) => (HALF_PRECISION_BYTES * zeroElements(input)) / 1e9,
  ...inUnits('hidden', (input) => copies(input, 1)),
  ...inUnits('checkpoint_only', (input) => copies(input, input.number('layers'))),
  ...inUnits('per_layer', (input) => {
    return megatronBlockActivations({
      ...{ ...sizesOf(input), feedForward: input.number('ffn'), tensorParallel: input.numberOr(1, 'tp', 't') },
    }).value;
  }),
  bytes_per_param: (input) => {
    input.pass('params');
    return megatronBytesPerParameter(input.numberOr(1, 'dp'), input.flag('distributed_optimizer')).value;
  },
  interleaving_factor: (input) => interleavingFactor(input.number('p', 'pp'), input.number('m')).value,
});

/** EleutherAI's script, for all blocks. */
function allBlocks(input: CaseInput): number {
  const checkpointing = input.flag('checkpoint');
  return cookbookActivations({
    ...{ ...sizesOf(input), layers: input.number('layers'), checkpointing },
    heads: checkpointing ? input.numberOr(1, 'a', 'heads') : input.number('a', 'heads'),
    elementBytes: input.numberOr(HALF_PRECISION_BYTES, 'low_prec_bytes'),
  }).value;
}

const COPIES = /^per_layer_(?<count>\d+)_copies_gib$/;

export const activations: GroupAnswers = (key) => {
  const { count } = COPIES.exec(key)?.groups ?? {};
  return count === undefined ? table(key) : (input) => copies(input, Number(count)) / 2 ** 30;
};
