import { figure, type Figure } from '../estimates/figure.js';
import { TRAINING_FLOPS_PER_PARAMETER_TOKEN, type AttentionShape } from './training-flops.js';

/** Utilisation reached where nothing better is known. */
export const USUAL_TRAINING_UTILISATION = 0.4;
export const USUAL_TRAINING_UTILISATION_SOURCE =
  'Llama 3 405B reached 38 to 43 % on 8,192 to 16,384 H100 (arXiv 2407.21783, table 4); published runs lie between 21 % (GPT-3) and 57 % (Megatron)';

const PALM = 'Chowdhery et al. 2022, PaLM, arXiv 2204.02311, appendix B';
const KORTHIKANTI = 'Korthikanti et al. 2022, arXiv 2205.05198';

/** A measured training speed. */
export interface TrainingSpeed {
  /** Of all GPUs together. */
  readonly tokens_per_second: number;
  readonly parameters: number;
  /** Of one GPU, without sparsity. */
  readonly peak_tflops: number;
  readonly gpus?: number;
  readonly flops_per_parameter_token?: number;
  readonly attention?: AttentionShape;
}

/** Model FLOPs utilisation: operations that the model needs over those that the hardware could have done. */
export function mfu({
  tokens_per_second,
  parameters,
  peak_tflops,
  gpus = 1,
  flops_per_parameter_token = TRAINING_FLOPS_PER_PARAMETER_TOKEN,
  attention,
}: TrainingSpeed): Figure {
  const inputs = { tokens_per_second, flops_per_parameter_token, parameters, gpus, peak_tflops };
  if (attention === undefined) {
    return figure(
      'tokens_per_second * flops_per_parameter_token * parameters / (gpus * peak_tflops * 1e12)',
      inputs,
      { source: PALM, leavesOut: 'attention’s products, so that it comes out a little too low' },
    );
  }
  return figure(
    'tokens_per_second * flops_per_parameter_token * (parameters + 2 * layers * heads * head_dimension * sequence) / (gpus * peak_tflops * 1e12)',
    { ...inputs, ...attention },
    { source: PALM },
  );
}

/** Utilisation of GPUs whose achieved rate is known. */
export function utilisationOfRate(rate: { achieved_tflops: number; peak_tflops: number }): Figure {
  return figure('achieved_tflops / peak_tflops', rate, { source: PALM });
}

/** A finished training run. */
export interface FinishedRun {
  readonly parameters: number;
  readonly tokens: number;
  readonly gpu_hours: number;
  readonly peak_tflops: number;
  readonly flops_per_parameter_token?: number;
}

/** Model FLOPs utilisation of a whole run, from the GPU-hours that it took, downtime included where they include it. */
export function impliedMfu({
  parameters,
  tokens,
  gpu_hours,
  peak_tflops,
  flops_per_parameter_token = TRAINING_FLOPS_PER_PARAMETER_TOKEN,
}: FinishedRun): Figure {
  return figure(
    'flops_per_parameter_token * parameters * tokens / (gpu_hours * 3600 * peak_tflops * 1e12)',
    { flops_per_parameter_token, parameters, tokens, gpu_hours, peak_tflops },
    { source: `6ND over what the hardware could have done; ${PALM}`, leavesOut: 'attention’s products' },
  );
}

/** What was computed again in the backward pass, and for the attention alone the sizes that say how much that is. */
export type Recomputed =
  | { readonly recompute: 'none' | 'full' }
  | { readonly recompute: 'selective'; readonly sequence: number; readonly hidden: number };

/** Operations done over operations that the model needs. */
export function recomputationFactor(recomputed: Recomputed): Figure {
  switch (recomputed.recompute) {
    case 'none':
      return figure('1', {}, { source: 'nothing is computed twice' });
    case 'full':
      return figure('8 / 6', {}, { source: `a second forward pass, 8ND in place of 6ND; ${KORTHIKANTI}` });
    case 'selective': {
      const { sequence, hidden } = recomputed;
      return figure(
        '1 + sequence / (6 * hidden)',
        { sequence, hidden },
        {
          source: `${KORTHIKANTI}, which counts the attention’s forward and backward pass again; its forward pass alone is a third of that`,
        },
      );
    }
  }
}

/** Hardware FLOPs utilisation, which counts what was computed again, from model FLOPs utilisation. */
export function hardwareUtilisation(mfu: number, recomputed: Recomputed): Figure {
  const factor = recomputationFactor(recomputed);
  return figure(`mfu * (${factor.formula})`, { mfu, ...factor.inputs }, { source: factor.source });
}

/** Model FLOPs utilisation from hardware FLOPs utilisation. */
export function modelUtilisation(hfu: number, recomputed: Recomputed): Figure {
  const factor = recomputationFactor(recomputed);
  return figure(`hfu / (${factor.formula})`, { hfu, ...factor.inputs }, { source: factor.source });
}
