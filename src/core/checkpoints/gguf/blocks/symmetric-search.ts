import { nearestInteger } from './nearest-integer.js';

/** A group whose values, or a block whose scales, are all smaller counts as zeros. */
export const ZERO_BELOW = Math.fround(1e-15);

/** Values that share a scale in Q6_K. */
export const GROUP_ELEMENTS = 16;

/** Candidates on each side of the first one, and how far apart their ranges are. */
const STEPS = 9;
const STEP = Math.fround(0.1);

// The group at work. Float32 numbers widened once are faster than widened at each use.
const group = new Float64Array(GROUP_ELEMENTS);
const squares = new Float64Array(GROUP_ELEMENTS);
const cubes = new Float64Array(GROUP_ELEMENTS);

/**
 * Finds a scale such that the errors of `scale * integer`, weighted by the squares of the values, are small, for
 * integers from -half to half - 1. The candidates give the value farthest from zero an integer around -half; the scale
 * follows from the integers by least squares.
 *
 * As ggml's `make_qx_quants`, every float32 rounding in its order, on which the chosen candidate may hang.
 * @param levels receives the integers plus half, from `levelsFrom` on; zeros for a group of zeros
 * @returns the scale; 0 for a group of zeros
 */
export function searchSymmetricScale(
  values: Float32Array,
  from: number,
  half: number,
  levels: Uint8Array,
  levelsFrom: number,
): number {
  let extreme = 0;
  for (let i = 0; i < GROUP_ELEMENTS; i++) {
    const value = values[from + i]!;
    if (Math.abs(value) > Math.abs(extreme)) extreme = value;
    group[i] = value;
    squares[i] = Math.fround(value * value);
    cubes[i] = Math.fround(squares[i]! * value);
  }
  if (Math.abs(extreme) < ZERO_BELOW) {
    levels.fill(0, levelsFrom, levelsFrom + GROUP_ELEMENTS);
    return 0;
  }

  let scale = 0;
  let best = 0;
  let bestInverse = Math.fround(-half / extreme);
  for (let candidate = 0; candidate <= 2 * STEPS; candidate++) {
    // The plain range first, then the others in their order.
    const step = candidate === 0 ? 0 : candidate <= STEPS ? candidate - STEPS - 1 : candidate - STEPS;
    const inverse = Math.fround(-Math.fround(half + Math.fround(STEP * step)) / extreme);
    let sumProducts = 0;
    let sumSquares = 0;
    for (let i = 0; i < GROUP_ELEMENTS; i++) {
      const level = clampedLevel(group[i]!, inverse, half);
      sumProducts = Math.fround(sumProducts + Math.fround(cubes[i]! * level));
      sumSquares = Math.fround(sumSquares + Math.fround(Math.fround(squares[i]! * level) * level));
    }
    const isBetter =
      candidate === 0 || Math.fround(sumProducts * sumProducts) > Math.fround(best * sumSquares);
    if (sumSquares > 0 && isBetter) {
      scale = Math.fround(sumProducts / sumSquares);
      best = Math.fround(scale * sumProducts);
      bestInverse = inverse;
    }
  }
  for (let i = 0; i < GROUP_ELEMENTS; i++) {
    levels[levelsFrom + i] = clampedLevel(group[i]!, bestInverse, half) + half;
  }
  return scale;
}

function clampedLevel(value: number, inverse: number, half: number): number {
  const level = nearestInteger(Math.fround(inverse * value));
  return level < -half ? -half : level >= half ? half - 1 : level;
}
