import { cheapestPrice } from '../../core/accelerators/prices.js';
import { findAccelerator } from '../../core/accelerators/find-accelerator.js';
import { peakRate } from '../../core/compute/peak-rate.js';
import { flopsOfPetaflopDays } from '../../core/compute/petaflop-days.js';
import { USUAL_TRAINING_UTILISATION_SOURCE } from '../../core/compute/utilisation.js';
import { ToolkitError } from '../../core/errors/toolkit-error.js';
import { figure, type Figure } from '../../core/estimates/figure.js';
import { flopsOfAcceleratorTime, hoursOfMoney } from '../../core/scaling-laws/compute-budget.js';

/** The ways to say what may be spent on training, one of which is used. */
export interface BudgetOptions {
  readonly flops?: number | undefined;
  readonly pfDays?: number | undefined;
  /** Hours of all GPUs together. */
  readonly gpuHours?: number | undefined;
  readonly usd?: number | undefined;
  /** For hours and money. */
  readonly gpu?: string | undefined;
  readonly price?: number | undefined;
  readonly utilisation: number;
}

/** What may be spent on training. */
export interface TrainingBudget {
  readonly flops: Figure;
  /** The GPU that hours or money are spent on; `null` for a budget in operations. */
  readonly gpu: string | null;
  readonly gpu_hours: Figure | null;
}

/** For messages: every way to give a budget. */
export const BUDGET_WAYS =
  '--flops 1e21, --pf-days 100, --gpu-hours 5000 --gpu H100, or --usd 10000 --gpu H100';

/**
 * The budget that the options give.
 *
 * @returns `undefined` where they give none
 * @throws ToolkitError `USAGE` for two budgets, for hours or money without a GPU, or for an unknown GPU
 */
export function trainingBudget(options: BudgetOptions): TrainingBudget | undefined {
  const { flops, pfDays, gpuHours, usd } = options;
  const given = Object.entries({
    '--flops': flops,
    '--pf-days': pfDays,
    '--gpu-hours': gpuHours,
    '--usd': usd,
  })
    .filter(([, value]) => value !== undefined)
    .map(([flag]) => flag);
  if (given.length > 1) {
    throw new ToolkitError(
      `${given.join(' and ')}: a budget can be given only once`,
      'USAGE',
      'Keep one of them.',
    );
  }
  if (gpuHours === undefined && usd === undefined) assertNoGpu(options);
  if (flops !== undefined) {
    return { flops: figure('flops', { flops }, { source: 'as given' }), gpu: null, gpu_hours: null };
  }
  if (pfDays !== undefined) return { flops: flopsOfPetaflopDays(pfDays), gpu: null, gpu_hours: null };
  if (gpuHours === undefined && usd === undefined) return undefined;

  if (options.gpu === undefined) {
    throw new ToolkitError(
      `${given.join('')}: which GPU is missing`,
      'USAGE',
      'Add for example --gpu H100; genai estimate time lists those that are known.',
    );
  }
  const accelerator = findAccelerator(options.gpu);
  const { tflops, dtype } = peakRate(accelerator, 'bf16');
  const gpu_hours =
    usd === undefined
      ? figure('gpu_hours', { gpu_hours: gpuHours! }, { source: 'as given' })
      : hoursBought(usd, accelerator, options.price);
  return {
    flops: flopsOfAcceleratorTime({
      hours: gpu_hours.value,
      peakTeraflops: tflops,
      utilisation: options.utilisation,
      source: `dense ${dtype} peak of ${accelerator.name}: ${accelerator.sources.join(', ')}; utilisation: ${USUAL_TRAINING_UTILISATION_SOURCE}`,
    }),
    gpu: accelerator.name,
    gpu_hours,
  };
}

function hoursBought(
  usd: number,
  { id, name }: { readonly id: string; readonly name: string },
  price: number | undefined,
): Figure {
  if (price !== undefined) return hoursOfMoney(usd, price, 'the price given');
  const offer = cheapestPrice(id);
  if (offer !== undefined) return hoursOfMoney(usd, offer.usdPerHour, `${offer.provider}, ${offer.date}`);
  throw new ToolkitError(
    `--usd: no price of ${name} is known`,
    'USAGE',
    'Add what an hour of it costs in US dollars, e.g. --price 2.5.',
  );
}

function assertNoGpu({ gpu, price }: BudgetOptions): void {
  const flag = gpu === undefined ? (price === undefined ? undefined : '--price') : '--gpu';
  if (flag === undefined) return;
  throw new ToolkitError(
    `${flag}: says nothing without hours or money to spend`,
    'USAGE',
    'Add --gpu-hours or --usd.',
  );
}
