import { figure, type Figure } from '../estimates/figure.js';

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
    'gpu_hours * 3600 * peak_tflops * 1e12 * utilisation',
    { gpu_hours: hours, peak_tflops: peakTeraflops, utilisation },
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
