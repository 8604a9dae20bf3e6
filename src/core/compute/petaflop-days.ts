import { figure, type Figure } from '../estimates/figure.js';

const UNIT = 'the unit itself: 1e15 operations a second for 86,400 seconds (OpenAI 2018, AI and Compute)';

/** Operations as petaflop/s-days; one is 8.64e19. */
export function petaflopDays(flops: number): Figure {
  return figure('flops / (1e15 * 86400)', { flops }, { source: UNIT });
}

/** Operations in so many petaflop/s-days. */
export function flopsOfPetaflopDays(petaflop_days: number): Figure {
  return figure('petaflop_days * 1e15 * 86400', { petaflop_days }, { source: UNIT });
}

/** A group of equal GPUs at work. */
export interface GpuFleet {
  readonly gpus: number;
  readonly days: number;
  /** Of one GPU, without sparsity, in the number format that is computed in. */
  readonly peak_tflops: number;
  /** Share of the peak that is reached; 1 for an upper bound. */
  readonly utilisation?: number;
}

/** Petaflop/s-days that GPUs deliver. */
export function deliveredPetaflopDays({ gpus, days, peak_tflops, utilisation = 1 }: GpuFleet): Figure {
  return figure(
    'gpus * days * peak_tflops * utilisation / 1000',
    { gpus, days, peak_tflops, utilisation },
    { source: `${UNIT}; the vendor’s dense peak` },
  );
}

/** Days that one GPU needs for so many operations. */
export function gpuDays(work: { flops: number; peak_tflops: number; utilisation: number }): Figure {
  return figure('flops / (peak_tflops * 1e12 * utilisation) / 86400', work, {
    source: 'operations over the rate that is reached; the vendor’s dense peak',
    leavesOut:
      'restarts, evaluation, and time in which GPUs wait for each other beyond the utilisation given',
  });
}
