import {
  hardwareUtilisation,
  mfu as modelFlopsUtilisation,
  modelUtilisation,
  utilisationOfRate,
  type AttentionShape,
  type Recomputed,
} from '../../../src/core/compute/index.js';
import type { CaseInput } from './case-input.js';

/** Attention's products need only their width in all, so that heads may be left out. */
function attentionOf(input: CaseInput): { attention: AttentionShape } | undefined {
  if (!input.has('layers')) return undefined;
  const [heads, width] = input.has('heads')
    ? [input.number('heads'), input.numberOr(undefined, 'head_dim')]
    : [1, undefined];
  input.pass('hidden');
  return {
    attention: {
      ...{ layers: input.number('layers'), sequence: input.number('seq', 's'), heads },
      head_dimension: width ?? input.number('hidden', 'h') / heads,
    },
  };
}

/** Utilisation from a speed, or from the rate that one device reaches. */
export function mfuOfSpeed(input: CaseInput): number {
  const peak_tflops = input.number('peak_tflops');
  if (input.has('tflops_per_gpu') || input.has('achieved_tflops')) {
    input.pass('gpus', 'chips');
    const achieved_tflops = input.number('tflops_per_gpu', 'achieved_tflops');
    return utilisationOfRate({ achieved_tflops, peak_tflops }).value;
  }
  return modelFlopsUtilisation({
    ...{ parameters: input.number('params'), peak_tflops, ...attentionOf(input) },
    tokens_per_second: input.number('tokens_per_s', 'tokens_per_s_per_gpu'),
    gpus: input.has('tokens_per_s_per_gpu') ? 1 : input.numberOr(1, 'gpus', 'chips'),
    flops_per_parameter_token: input.numberOr(6, 'flops_per_param_token'),
  }).value;
}

function recomputedOf(input: CaseInput): Recomputed {
  if (input.textOr('selective', 'recompute') === 'full') {
    input.pass('s', 'h', 'seq', 'hidden');
    return { recompute: 'full' };
  }
  return { recompute: 'selective', sequence: input.number('s', 'seq'), hidden: input.number('h', 'hidden') };
}

/** Where a case gives both utilisations and the sizes, each follows from the other. */
export function mfuOfHfu(input: CaseInput): number {
  return modelUtilisation(input.published('hfu'), recomputedOf(input)).value;
}

export function hfuOfMfu(input: CaseInput): number {
  const given = input.has('mfu') ? input.number('mfu') : input.published('mfu');
  return hardwareUtilisation(given, recomputedOf(input)).value;
}
