import type { Accelerator } from '../../core/accelerators/accelerator.js';
import { cheapestPrice } from '../../core/accelerators/prices.js';
import { carbonKg, costUsd, energyKwh } from '../../core/compute/cost.js';
import type { Figure } from '../../core/estimates/figure.js';

/** What an hour of one GPU costs, and who says so. */
export interface GpuPrice {
  readonly usd_per_gpu_hour: number;
  readonly source: string;
}

/** What a number of GPU-hours comes to. */
export interface RunExpenses {
  /** `null` where no price is known. */
  readonly price: GpuPrice | null;
  readonly cost_usd: Figure | null;
  /** `null` where the design power is not known. */
  readonly energy_kwh: Figure | null;
  readonly carbon_kg: Figure | null;
}

/** What the user says about money and energy. */
export interface ExpenseOptions {
  /** US dollars for an hour of one GPU; otherwise the cheapest offer that is known. */
  readonly price?: number | undefined;
  readonly pue: number;
  /** Grams of CO₂ equivalents for a kWh. */
  readonly carbon?: number | undefined;
}

function priceOf(accelerator: Accelerator | undefined, given: number | undefined): GpuPrice | null {
  if (given !== undefined) return { usd_per_gpu_hour: given, source: 'as given' };
  const offer = accelerator && cheapestPrice(accelerator.id);
  if (offer === undefined) return null;
  const withdrawn = offer.deprecated ? ', no longer offered' : '';
  return { usd_per_gpu_hour: offer.usdPerHour, source: `${offer.provider}, ${offer.date}${withdrawn}` };
}

/** Money, energy and carbon of so many GPU-hours, as far as price and power are known. */
export function runExpenses(
  accelerator: Accelerator | undefined,
  gpu_hours: number,
  options: ExpenseOptions,
): RunExpenses {
  const price = priceOf(accelerator, options.price);
  const tdp_w = accelerator?.tdpWatts ?? null;
  const energy = tdp_w === null ? null : energyKwh({ gpu_hours, tdp_w, pue: options.pue });
  const { carbon } = options;
  return {
    price,
    cost_usd: price && costUsd({ gpu_hours, usd_per_gpu_hour: price.usd_per_gpu_hour }),
    energy_kwh: energy,
    carbon_kg:
      energy === null || carbon === undefined
        ? null
        : carbonKg({ energy_kwh: energy.value, g_per_kwh: carbon }),
  };
}
