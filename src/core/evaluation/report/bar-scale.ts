import { ticks } from '../../plots/svg.js';

/** The ends of an axis for bars. */
export interface BarScale {
  readonly low: number;
  readonly high: number;
}

/**
 * An axis for bars from zero: the whole range of the metric where that has ends and holds the values, else from zero to
 * a round number past the furthest value, because bars that begin elsewhere exaggerate differences.
 */
export function barScale(
  values: readonly number[],
  [least, most]: readonly [number | null, number | null],
): BarScale {
  const finite = values.filter(Number.isFinite);
  const lowest = finite.reduce((low, value) => Math.min(low, value), 0);
  const highest = finite.reduce((high, value) => Math.max(high, value), 0);
  const low = least !== null && least <= lowest ? Math.min(0, least) : lowest;
  if (most !== null && most >= highest) return { low, high: Math.max(0, most) };
  if (highest === 0) return { low, high: low === 0 ? 1 : 0 };
  const marks = ticks(0, highest);
  const step = (marks[1] ?? highest) - marks[0]!;
  return { low, high: Math.ceil(highest / step - 1e-9) * step };
}
