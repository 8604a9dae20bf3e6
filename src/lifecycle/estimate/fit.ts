import type { Machine } from '../../core/accelerators/machine.js';
import { planToFit, type AppliedChange, type Change } from '../../core/memory/fit.js';
import { ToolkitError } from '../../core/errors/toolkit-error.js';

/** Whether something fits, and what to do where it does not. */
export interface Fit {
  readonly fits: boolean;
  readonly needed_bytes: number;
  /** Of the device's memory. */
  readonly share: number;
  /** Equal devices between which it would have to be divided, in powers of two; `null` where no number suffices. */
  readonly devices_needed: number | null;
  /** The cheapest changes that make it fit; empty where it fits. */
  readonly changes: readonly AppliedChange[];
  readonly fits_after_changes: boolean;
}

/** More devices than any cluster of today has. */
const MOST_DEVICES = 2 ** 16;

/**
 * Holds a need for memory against a device.
 *
 * @param measure bytes needed on each device
 * @param divide the options for so many devices
 */
export function checkFit<Options>(
  device: Pick<Machine, 'memory_bytes'>,
  options: Options,
  changes: readonly Change<Options>[],
  measure: (options: Options) => number,
  divide: (options: Options, devices: number) => Options,
): Fit {
  const needed = measure(options);
  const capacity = device.memory_bytes;
  // Combinations that cannot be need more than any device has.
  const measured = (candidate: Options): number => {
    try {
      return measure(candidate);
    } catch (error) {
      if (error instanceof ToolkitError) return Infinity;
      throw error;
    }
  };
  const plan = planToFit(options, changes, measured, capacity);
  return {
    fits: needed <= capacity,
    needed_bytes: needed,
    share: needed / capacity,
    devices_needed: needed <= capacity ? 1 : devicesNeeded(options, measured, divide, capacity),
    changes: plan.changes,
    fits_after_changes: plan.fits,
  };
}

function devicesNeeded<Options>(
  options: Options,
  measure: (options: Options) => number,
  divide: (options: Options, devices: number) => Options,
  capacity: number,
): number | null {
  for (let devices = 2; devices <= MOST_DEVICES; devices *= 2) {
    if (measure(divide(options, devices)) <= capacity) return devices;
  }
  return null;
}
