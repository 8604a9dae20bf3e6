import { findAccelerator } from '../../core/accelerators/find-accelerator.js';
import type { Accelerator } from '../../core/accelerators/accelerator.js';
import { peakRate, type ComputeDtype } from '../../core/compute/peak-rate.js';

export { COMPUTE_DTYPES } from '../../core/compute/peak-rate.js';

/** Accelerators that an estimate is made for where none is named: four generations that most models were trained on. */
const USUAL_ACCELERATORS = ['v100-16', 'a100-80', 'h100-sxm', 'h200'] as const;

/** An accelerator in an estimate's result. */
export interface EstimatedGpu {
  readonly id: string;
  readonly name: string;
  /** Dense, in `dtype`. */
  readonly peak_tflops: number;
  /** What it computes in: not what was asked for where it has only the other 16-bit format. */
  readonly dtype: ComputeDtype;
}

/**
 * The accelerators of these names, or the usual ones.
 *
 * @throws ToolkitError `USAGE` for an unknown name, `UNSUPPORTED` where no peak in that format is known
 */
export function chooseAccelerators(names: readonly string[] = USUAL_ACCELERATORS): Accelerator[] {
  const found = names.map((name) => findAccelerator(name));
  return [...new Map(found.map((accelerator) => [accelerator.id, accelerator])).values()];
}

/** An accelerator with its peak in a number format. */
export function estimatedGpu(accelerator: Accelerator, dtype: ComputeDtype): EstimatedGpu {
  const { tflops, dtype: computed } = peakRate(accelerator, dtype);
  return { id: accelerator.id, name: accelerator.name, peak_tflops: tflops, dtype: computed };
}
