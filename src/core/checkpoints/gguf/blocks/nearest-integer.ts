/** 1.5 * 2^52: numbers around it are one apart, so that adding it rounds, ties to even. */
const ROUNDER = 6_755_399_441_055_744;

/** The integer nearest to a number of at most 2^51, ties to even, as ggml's `nearest_int` has them. */
export function nearestInteger(value: number): number {
  return value + ROUNDER - ROUNDER;
}
