import { mean } from '../metrics/text/mean.js';

/** Difference of two shares by which differences near 0, near 1 and in the middle compare (Cohen 1988, chapter 6). */
export function cohensH(shareA: number, shareB: number): number {
  return 2 * Math.asin(Math.sqrt(shareA)) - 2 * Math.asin(Math.sqrt(shareB));
}

function variance(values: readonly number[]): number {
  const centre = mean(values);
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1);
}

/**
 * Difference of two means in standard deviations, pooled over both (Cohen 1988, chapter 2); 0 for equal means without
 * spread.
 *
 * @param a at least two values
 * @param b at least two values
 */
export function cohensD(a: readonly number[], b: readonly number[]): number {
  const degrees = a.length + b.length - 2;
  const pooled = ((a.length - 1) * variance(a) + (b.length - 1) * variance(b)) / degrees;
  const difference = mean(a) - mean(b);
  return difference === 0 ? 0 : difference / Math.sqrt(pooled);
}

/** From which size on an effect has a name (Cohen 1988, by convention, for d and h alike). */
const MAGNITUDES = [
  { from: 0.8, name: 'large' },
  { from: 0.5, name: 'medium' },
  { from: 0.2, name: 'small' },
] as const;

/** What a size of Cohen's d or h is called. */
export function effectMagnitude(size: number): 'large' | 'medium' | 'small' | 'negligible' {
  return MAGNITUDES.find(({ from }) => Math.abs(size) >= from)?.name ?? 'negligible';
}
