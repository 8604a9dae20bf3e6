import { figure, type Figure } from '../estimates/figure.js';

/** Rules of others for what a training step keeps, to compare an estimate with; each counts what its source counts. */

/** The numbers of a GPT model that the rules are made of. */
export interface RuleNumbers {
  readonly batch: number;
  readonly sequence: number;
  readonly hidden: number;
}

function inputsOf({ batch, sequence, hidden }: RuleNumbers): Record<string, number> {
  return { batch, sequence, hidden };
}

/** Megatron-LM's bytes of one block with fused attention and sequence parallelism: sbh (18 + 4 f/h) / t. */
export function megatronBlockActivations(
  numbers: RuleNumbers & { readonly feedForward: number; readonly tensorParallel?: number },
): Figure {
  return figure(
    'sequence * batch * hidden * (18 + 4 * feed_forward / hidden) / tensor_parallel',
    {
      ...inputsOf(numbers),
      feed_forward: numbers.feedForward,
      tensor_parallel: numbers.tensorParallel ?? 1,
    },
    {
      source: 'NVIDIA/Megatron-LM, theoretical_memory_usage.py',
      leavesOut: 'experts, and the third matrix of gated networks',
    },
  );
}

/** The ZeRO paper's elements of all blocks: 12 hbsL, 60 GB at 16 bits for GPT-2 of 1.5B with 32 sequences of 1,024. */
export function zeroActivationElements(numbers: RuleNumbers & { readonly layers: number }): Figure {
  return figure(
    '12 * hidden * batch * sequence * layers',
    { ...inputsOf(numbers), layers: numbers.layers },
    { source: 'ZeRO, Rajbhandari et al. 2020, arXiv 1910.02054, section 3.2' },
  );
}

/**
 * EleutherAI's bytes of all blocks at a precision of so many bytes: sbhL (16 p + 2), and without what it calls
 * checkpointing (2 p + 1) as/h more. That is selective recomputation: full recomputation keeps p bytes, not 34.
 */
export function cookbookActivations(
  numbers: RuleNumbers & {
    readonly heads: number;
    readonly layers: number;
    readonly elementBytes: number;
    readonly checkpointing: boolean;
  },
): Figure {
  const { heads, layers, elementBytes, checkpointing } = numbers;
  const scores = checkpointing ? '' : ' + (2 * element_bytes + 1) * heads * sequence / hidden';
  return figure(
    `sequence * batch * hidden * layers * (16 * element_bytes + 2${scores})`,
    { ...inputsOf(numbers), layers, element_bytes: elementBytes, ...(checkpointing ? {} : { heads }) },
    { source: 'EleutherAI/cookbook, calc_transformer_mem.py' },
  );
}

/**
 * Bytes of so many hidden states of a sequence: one for each layer where only the inputs of blocks are kept; in one
 * block of Llama 3.1 8B in transformers 28 when nothing is recomputed (Stas Bekman, ML Engineering).
 */
export function hiddenStates(
  numbers: RuleNumbers & { readonly copies: number; readonly elementBytes: number },
): Figure {
  return figure(
    'copies * batch * sequence * hidden * element_bytes',
    { ...inputsOf(numbers), copies: numbers.copies, element_bytes: numbers.elementBytes },
    { source: 'Stas Bekman, ML Engineering' },
  );
}

/** Bytes of the logits of a batch: 15.66 GiB for Llama 3 with 32,768 tokens in 32 bits. */
export function logits(numbers: {
  readonly batch: number;
  readonly sequence: number;
  readonly vocabulary: number;
  readonly elementBytes: number;
}): Figure {
  const { batch, sequence, vocabulary, elementBytes } = numbers;
  return figure(
    'batch * sequence * vocabulary * element_bytes',
    { batch, sequence, vocabulary, element_bytes: elementBytes },
    { source: 'Stas Bekman, ML Engineering' },
  );
}

const KORTHIKANTI = 'Korthikanti et al. 2022, arXiv 2205.05198';

/** Share of a GPT block's activations that recomputing the attention scores saves: 5as/h of 34 + 5as/h, 70 % for GPT-3. */
export function selectiveRecomputationSaving(numbers: {
  readonly sequence: number;
  readonly hidden: number;
  readonly heads: number;
}): Figure {
  const { sequence, hidden, heads } = numbers;
  return figure(
    '5 * heads * sequence / hidden / (34 + 5 * heads * sequence / hidden)',
    { sequence, hidden, heads },
    { source: `${KORTHIKANTI}, section 5` },
  );
}

/** Floating-point operations it adds, as a share of those of a training step: s / 6h, 2.7 % for GPT-3. */
export function selectiveRecomputationCost(numbers: {
  readonly sequence: number;
  readonly hidden: number;
}): Figure {
  const { sequence, hidden } = numbers;
  return figure('sequence / (6 * hidden)', { sequence, hidden }, { source: `${KORTHIKANTI}, section 5` });
}
