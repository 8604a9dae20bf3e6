import { logarithmicTicks } from './logarithmic-ticks.js';
import { ticks } from './svg.js';

/** How numbers are laid along one side of a chart. */
export interface Axis {
  /** Default linear. A logarithmic axis leaves out what is not above zero. */
  readonly scale?: 'linear' | 'logarithmic';
  /** Writes a tick's number; default as JavaScript does. */
  readonly format?: (value: number) => string;
}

/** An axis over the values that are drawn along it. */
export interface FittedAxis {
  /** Where a value lies between the lowest (0) and the highest (1). */
  readonly position: (value: number) => number;
  readonly ticks: readonly { readonly value: number; readonly text: string }[];
}

/** Range, as a share of the values, below which they are drawn as equal: ticks could no longer be told apart. */
const FLAT = 1e-9;

/** Whether a value has a place on an axis. */
export function canBeDrawn(value: number, { scale }: Axis): boolean {
  return Number.isFinite(value) && (scale !== 'logarithmic' || value > 0);
}

/** Fits an axis to values that can be drawn. */
export function fitAxis(values: readonly number[], { scale, format = String }: Axis): FittedAxis {
  const isLogarithmic = scale === 'logarithmic';
  const [low, high] = isLogarithmic ? logarithmicRange(values) : linearRange(values);
  const along = isLogarithmic ? Math.log : (value: number): number => value;
  const marks = isLogarithmic ? logarithmicTicks(low, high) : ticks(low, high);
  return {
    position: (value) => (along(value) - along(low)) / (along(high) - along(low)),
    ticks: marks.map((value) => ({ value, text: format(value) })),
  };
}

function extent(values: readonly number[]): [number, number] | undefined {
  const [low, high] = values.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity]);
  return low === Infinity ? undefined : [low!, high!];
}

function linearRange(values: readonly number[]): [number, number] {
  const [low, high] = extent(values) ?? [0, 1];
  const isFlat = high - low <= FLAT * Math.max(Math.abs(low), Math.abs(high));
  return isFlat ? [low - 0.5, high + 0.5] : [low, high];
}

function logarithmicRange(values: readonly number[]): [number, number] {
  const [low, high] = extent(values) ?? [1, 10];
  return Math.log(high / low) <= FLAT ? [low / 2, high * 2] : [low, high];
}
