/** One row of Chinchilla's tables: a size and the tokens with which it is compute-optimal. */
export type OptimalRow = readonly [parameters: number, tokens: number, printedFlops: number];

/** Approach 1, the envelope of training curves: Hoffmann et al. 2022, arXiv 2203.15556, Table 3. */
export const APPROACH_1: readonly OptimalRow[] = [
  [400e6, 8.0e9, 1.92e19],
  [1e9, 20.2e9, 1.21e20],
  [10e9, 205.1e9, 1.23e22],
  [67e9, 1.5e12, 5.76e23],
  [175e9, 3.7e12, 3.85e24],
  [280e9, 5.9e12, 9.9e24],
  [520e9, 11.0e12, 3.43e25],
  [1e12, 21.2e12, 1.27e26],
  [10e12, 216.2e12, 1.3e28],
];

/** Approach 2, minima of isoFLOP curves: the same paper, Table A3. */
export const APPROACH_2: readonly OptimalRow[] = [
  [400e6, 7.7e9, 1.84e19],
  [1e9, 20.0e9, 1.2e20],
  [10e9, 219.5e9, 1.32e22],
  [67e9, 1.7e12, 6.88e23],
  [175e9, 4.3e12, 4.54e24],
  [280e9, 7.1e12, 1.18e25],
  [520e9, 13.4e12, 4.19e25],
  [1e12, 26.5e12, 1.59e26],
  [10e12, 292.0e12, 1.75e28],
];

/**
 * Approach 3, minima of the fitted loss: the same table. It prints 1.26e24 FLOP for 175B; 6 N D gives 1.26e25, as do
 * the rows around it, so that the exponent is a misprint, corrected here.
 */
export const APPROACH_3: readonly OptimalRow[] = [
  [400e6, 9.2e9, 2.21e19],
  [1e9, 27.1e9, 1.62e20],
  [10e9, 410.1e9, 2.46e22],
  [67e9, 4.1e12, 1.71e24],
  [175e9, 12.0e12, 1.26e25],
  [280e9, 20.1e12, 3.52e25],
  [520e9, 43.5e12, 1.35e26],
  [1e12, 94.1e12, 5.65e26],
  [10e12, 1425.5e12, 8.55e28],
];
