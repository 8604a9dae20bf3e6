import { figure, type Figure } from '../estimates/figure.js';

/** Energy of the whole building over that of the computers in it. */
export const USUAL_PUE = 1.1;
export const USUAL_PUE_SOURCE =
  'power usage effectiveness of 1.1 as in Touvron et al. 2023, LLaMA, arXiv 2302.13971, table 15; large data centres report 1.1 to 1.2, older ones 1.5 and more';

/** Money for hours that are paid by the GPU. */
export function costUsd(run: { gpu_hours: number; usd_per_gpu_hour: number }): Figure {
  return figure('gpu_hours * usd_per_gpu_hour', run, {
    source: 'the price given',
    leavesOut: 'storage, traffic, failed runs and people',
  });
}

/** Energy in kWh of GPUs at full power, with the building’s share. */
export function energyKwh(run: { gpu_hours: number; tdp_w: number; pue: number }): Figure {
  return figure('gpu_hours * tdp_w / 1000 * pue', run, {
    source: `Touvron et al. 2023, arXiv 2302.13971, section 6; ${USUAL_PUE_SOURCE}`,
    leavesOut: 'processors, memory and network of the hosts; GPUs seldom draw all of their design power',
  });
}

/** Mass of CO₂ equivalents in kg. */
export function carbonKg(run: { energy_kwh: number; g_per_kwh: number }): Figure {
  return figure('energy_kwh * g_per_kwh / 1000', run, {
    source: 'the carbon intensity given (LLaMA, arXiv 2302.13971, counts 385 g/kWh, the average of the US)',
    leavesOut: 'making the hardware',
  });
}
