import { figure, type Figure, type FigureNotes } from '../estimates/figure.js';
import { TRAINING_FLOPS_PER_PARAMETER_TOKEN } from './training-flops.js';

/** Operations a second that one GPU reaches: measured, or its dense peak and the share of it that is reached. */
export type GpuRate =
  { readonly tflops_per_gpu: number } | { readonly peak_tflops: number; readonly utilisation: number };

/** GPUs that work on one thing. */
export type GpuGroup = GpuRate & { readonly gpus: number };

const NOTES: FigureNotes = {
  source: 'operations over the rate that is reached: Narayanan et al. 2021, arXiv 2104.04473, section 5.1',
  leavesOut: 'restarts and evaluation',
};

/** The rate's part of a formula, with its inputs. */
function rateOf(group: GpuGroup): { text: string; inputs: Record<string, number> } {
  const { gpus } = group;
  if ('tflops_per_gpu' in group) {
    return { text: '(gpus * tflops_per_gpu * 1e12)', inputs: { gpus, tflops_per_gpu: group.tflops_per_gpu } };
  }
  const { peak_tflops, utilisation } = group;
  return { text: '(gpus * peak_tflops * utilisation * 1e12)', inputs: { gpus, peak_tflops, utilisation } };
}

/** Seconds that GPUs take for so many operations. */
export function secondsForFlops(flops: number, group: GpuGroup): Figure {
  const { text, inputs } = rateOf(group);
  return figure(`flops / ${text}`, { flops, ...inputs }, NOTES);
}

/** What is trained, as the rule of thumb sees it. */
export interface TrainedModel {
  readonly parameters: number;
  readonly flops_per_parameter_token?: number;
}

/** Days of a training run: from its size and the rate of its GPUs, or from its steps. */
export function trainingDays(
  run:
    | (TrainedModel & GpuGroup & { readonly tokens: number })
    | { readonly steps: number; readonly step_seconds: number },
): Figure {
  if ('steps' in run) {
    const { steps, step_seconds } = run;
    return figure(
      'steps * step_seconds / 86400',
      { steps, step_seconds },
      { ...NOTES, source: 'steps, one after the other' },
    );
  }
  const { parameters, tokens, flops_per_parameter_token = TRAINING_FLOPS_PER_PARAMETER_TOKEN } = run;
  const { text, inputs } = rateOf(run);
  return figure(
    `flops_per_parameter_token * parameters * tokens / ${text} / 86400`,
    { flops_per_parameter_token, parameters, tokens, ...inputs },
    NOTES,
  );
}

/** Seconds of one step. */
export function stepSeconds(step: TrainedModel & GpuGroup & { readonly tokens_per_step: number }): Figure {
  const {
    parameters,
    tokens_per_step,
    flops_per_parameter_token = TRAINING_FLOPS_PER_PARAMETER_TOKEN,
  } = step;
  const { text, inputs } = rateOf(step);
  return figure(
    `flops_per_parameter_token * parameters * tokens_per_step / ${text}`,
    { flops_per_parameter_token, parameters, tokens_per_step, ...inputs },
    NOTES,
  );
}

/** Seconds for so many tokens at a measured speed. */
export function secondsAtSpeed(work: { tokens: number; tokens_per_second: number }): Figure {
  return figure('tokens / tokens_per_second', work, { source: 'the speed that was measured' });
}

/** Hours of all GPUs together. */
export function gpuHours(run: { gpus: number; seconds: number }): Figure {
  return figure('gpus * seconds / 3600', run, { source: 'hours of every GPU, added up' });
}

/** Seconds for so many GPU-hours. */
export function secondsOfGpuHours(run: { gpus: number; gpu_hours: number }): Figure {
  return figure('gpu_hours * 3600 / gpus', run, { source: 'all GPUs at the same time' });
}
