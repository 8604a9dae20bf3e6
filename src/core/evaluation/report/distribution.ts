/** Bars of a histogram, enough to see its form on a phone. */
const BINS = 20;

/** How values spread. */
export interface Distribution {
  readonly count: number;
  readonly least: number;
  readonly median: number;
  readonly mean: number;
  readonly most: number;
  /** Numbers of values in equal parts from the least to the most; the last part holds its end. */
  readonly bins: readonly number[];
}

/** The spread of the finite ones among some values; `null` unless two of them differ. */
export function distribution(values: readonly number[]): Distribution | null {
  const sorted = values.filter(Number.isFinite).sort((first, second) => first - second);
  const least = sorted[0];
  const most = sorted.at(-1);
  if (least === undefined || most === undefined || least === most) return null;
  const bins = Array.from({ length: BINS }, () => 0);
  for (const value of sorted) {
    bins[Math.min(BINS - 1, Math.floor(((value - least) / (most - least)) * BINS))]!++;
  }
  const middle = (sorted.length - 1) / 2;
  return {
    count: sorted.length,
    least,
    median: (sorted[Math.floor(middle)]! + sorted[Math.ceil(middle)]!) / 2,
    mean: sorted.reduce((sum, value) => sum + value, 0) / sorted.length,
    most,
    bins,
  };
}
