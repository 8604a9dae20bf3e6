import { nearestInteger } from './nearest-integer.js';

/** Values that share a scale and a minimum in Q4_K and Q5_K. */
export const GROUP_ELEMENTS = 32;

/** How far the search goes. */
export interface Search {
  /** Largest integer; the smallest is 0. */
  readonly largest: number;
  /** The values' range is divided by `largest + firstShift` for the first candidate, by a `STEP` more for each other. */
  readonly firstShift: number;
  readonly steps: number;
}

const STEP = Math.fround(0.1);

// The group at work, and the integers on trial. Float32 numbers widened once are faster than widened at each use.
const group = new Float64Array(GROUP_ELEMENTS);
const weights = new Float64Array(GROUP_ELEMENTS);
const trial = new Uint8Array(GROUP_ELEMENTS);

/**
 * Finds integers, a scale and a minimum for 32 values such that the weighted squares of the errors of
 * `scale * integer - minimum` are small: several widths of a step give candidate integers, for each of which scale and
 * minimum follow by least squares. The minimum is never negative, so that zero can be represented. An error weighs as
 * the root mean square of the group plus the magnitude of its value.
 *
 * As ggml's `make_qkx2_quants`, every float32 rounding in its order, on which the chosen candidate may hang.
 * @param levels receives the integers of the group from `levelsFrom` on
 * @param scales receives the scale at `index`, and `minimums` the minimum
 */
export function searchScaleAndMinimum(
  values: Float32Array,
  from: number,
  { largest, firstShift, steps }: Search,
  levels: Uint8Array,
  levelsFrom: number,
  scales: Float32Array,
  minimums: Float32Array,
  index: number,
): void {
  for (let i = 0; i < GROUP_ELEMENTS; i++) group[i] = values[from + i]!;
  weighByMagnitude();
  let lowest = group[0]!;
  let highest = lowest;
  let sumWeights = 0;
  let sumValues = 0;
  for (let i = 0; i < GROUP_ELEMENTS; i++) {
    const value = group[i]!;
    const weight = weights[i]!;
    if (value < lowest) lowest = value;
    if (value > highest) highest = value;
    sumWeights = Math.fround(sumWeights + weight);
    sumValues = Math.fround(sumValues + Math.fround(weight * value));
  }
  if (lowest > 0) lowest = 0;
  if (highest === lowest) {
    levels.fill(0, levelsFrom, levelsFrom + GROUP_ELEMENTS);
    scales[index] = 0;
    minimums[index] = -lowest;
    return;
  }

  let inverse = Math.fround(largest / Math.fround(highest - lowest));
  let scale = Math.fround(1 / inverse);
  for (let i = 0; i < GROUP_ELEMENTS; i++) trial[i] = levelOf(group[i]!, inverse, lowest, largest);
  levels.set(trial, levelsFrom);
  let leastError = weightedError(scale, lowest, Infinity);

  for (let step = 0; step <= steps; step++) {
    const width = Math.fround(Math.fround(firstShift + Math.fround(STEP * step)) + largest);
    inverse = Math.fround(width / Math.fround(highest - lowest));
    let sumLevels = 0;
    let sumSquares = 0;
    let sumProducts = 0;
    for (let i = 0; i < GROUP_ELEMENTS; i++) {
      const value = group[i]!;
      const level = levelOf(value, inverse, lowest, largest);
      trial[i] = level;
      const weighted = Math.fround(weights[i]! * level);
      sumLevels = Math.fround(sumLevels + weighted);
      sumSquares = Math.fround(sumSquares + Math.fround(weighted * level));
      sumProducts = Math.fround(sumProducts + Math.fround(weighted * value));
    }
    const determinant = difference(sumWeights, sumSquares, sumLevels, sumLevels);
    if (!(determinant > 0)) continue;
    let trialScale = Math.fround(difference(sumWeights, sumProducts, sumValues, sumLevels) / determinant);
    let trialLowest = Math.fround(difference(sumSquares, sumValues, sumLevels, sumProducts) / determinant);
    if (trialLowest > 0) {
      trialLowest = 0;
      trialScale = Math.fround(sumProducts / sumSquares);
    }
    const error = weightedError(trialScale, trialLowest, leastError);
    if (error < leastError) {
      levels.set(trial, levelsFrom);
      leastError = error;
      scale = trialScale;
      lowest = trialLowest;
    }
  }
  scales[index] = scale;
  minimums[index] = -lowest;
}

function weighByMagnitude(): void {
  let sumSquares = 0;
  for (let i = 0; i < GROUP_ELEMENTS; i++) {
    const value = group[i]!;
    sumSquares = Math.fround(sumSquares + Math.fround(value * value));
  }
  const rootMeanSquare = Math.fround(Math.sqrt(Math.fround(sumSquares / GROUP_ELEMENTS)));
  for (let i = 0; i < GROUP_ELEMENTS; i++) {
    weights[i] = Math.fround(rootMeanSquare + Math.abs(group[i]!));
  }
}

/** a * b - c * d in float32. */
function difference(a: number, b: number, c: number, d: number): number {
  return Math.fround(Math.fround(a * b) - Math.fround(c * d));
}

function levelOf(value: number, inverse: number, lowest: number, largest: number): number {
  const level = nearestInteger(Math.fround(inverse * Math.fround(value - lowest)));
  return level < 0 ? 0 : level > largest ? largest : level;
}

/** Weighted squares of the errors of the integers on trial, summed; no terms are added once it reaches the limit. */
function weightedError(scale: number, lowest: number, limit: number): number {
  let sum = 0;
  for (let i = 0; i < GROUP_ELEMENTS && !(sum >= limit); i++) {
    const value = Math.fround(Math.fround(scale * trial[i]!) + lowest);
    const error = Math.fround(value - group[i]!);
    sum = Math.fround(sum + Math.fround(weights[i]! * Math.fround(error * error)));
  }
  return sum;
}
