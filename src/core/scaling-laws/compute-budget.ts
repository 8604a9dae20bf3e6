import { figure, type Figure } from '../estimates/figure.js';

/** One petaFLOP/s kept up for a day: 10^15 · 86,400 (OpenAI, AI and Compute, 2018). */
export const FLOPS_PER_PETAFLOP_DAY = 8.64e19;

const SECONDS_PER_HOUR = 3600;
const FLOPS_PER_TERAFLOP = 1e12;

/** Operations of a number of petaFLOP/s-days. */
export function flopsOfPetaflopDays(petaflopDays: number): Figure {
  return figure(
    'petaflop_days * flops_per_petaflop_day',
    { petaflop_days: petaflopDays, flops_per_petaflop_day: FLOPS_PER_PETAFLOP_DAY },
    { source: '1 petaFLOP/s for a day: OpenAI, AI and Compute, 2018' },
  );
}

/** Hours on accelerators of one kind. */
export interface AcceleratorTime {
  /** Hours added up over all accelerators. */
  readonly hours: number;
  /** Dense peak in the number format used, in 10^12 FLOP/s. */
  readonly peakTeraflops: number;
  /** Part of the peak that training really gets: model FLOP utilisation, above 0 and at most 1. */
  readonly utilisation: number;
  /** Where the peak comes from. */
  readonly source: string;
}

/** Operations that a model gets out of hours on accelerators. */
export function flopsOfAcceleratorTime({
  hours,
  peakTeraflops,
  utilisation,
  source,
}: AcceleratorTime): Figure {
  return figure(
    'gpu_hours * seconds_per_hour * peak_teraflops * flops_per_teraflop * utilisation',
    {
      gpu_hours: hours,
      seconds_per_hour: SECONDS_PER_HOUR,
      peak_teraflops: peakTeraflops,
      flops_per_teraflop: FLOPS_PER_TERAFLOP,
      utilisation,
    },
    { source, leavesOut: 'evaluation, restarts and failed runs' },
  );
}

/** Hours that an amount of money buys. */
export function hoursOfMoney(usd: number, usdPerHour: number, source: string): Figure {
  return figure(
    'usd / usd_per_gpu_hour',
    { usd, usd_per_gpu_hour: usdPerHour },
    { source, leavesOut: 'storage, network and idle time' },
  );
}
