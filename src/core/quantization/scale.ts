import type { StorageType } from '../checkpoints/checkpoint.js';
import {
  bfloat16ToFloat32,
  float16ToFloat32,
  float32ToBfloat16,
  float32ToFloat16,
} from '../checkpoints/half-precision.js';
import { largestInteger, middleInteger, type IntegerScheme } from './integer-scheme.js';

/** What the integers of one block are multiples of, and where their zero lies. */
export interface BlockScale {
  readonly scale: number;
  /** Unsigned. */
  readonly zeroPoint: number;
}

/** What takes the place of a scale of 0, in a block of nothing but zeros: the distance from 1 to its neighbour. */
export const SMALLEST_STEP: Readonly<Record<StorageType, number>> = {
  F32: 2 ** -23,
  F16: 2 ** -10,
  BF16: 2 ** -7,
};

/** Added to a number below 2^51 and taken away again, it leaves the nearest integer, of two the even one. */
const ROUNDING_OFFSET = 2 ** 52 + 2 ** 51;

const single = new Float32Array(1);
const half = new Uint16Array(1);

/** Rounds to the nearest integer, of two equally near the even one. */
export function roundHalfEven(value: number): number {
  return value + ROUNDING_OFFSET - ROUNDING_OFFSET;
}

/** The nearest value of a storage type, as a number. */
export function roundTo(type: StorageType, value: number): number {
  single[0] = value;
  if (type === 'F16') float16ToFloat32(float32ToFloat16(single, half), single);
  if (type === 'BF16') bfloat16ToFloat32(float32ToBfloat16(single, half), single);
  return single[0];
}

/**
 * Scale and zero point that the integers of a block need to reach from `low` to `high`, and 0 in any case.
 *
 * Symmetric integers go from -2^(bits-1) to 2^(bits-1)-1, and the scale is the largest magnitude over half of their
 * range, 7.5 or 127.5, as the `compressed-tensors` package has it: the largest of a block is off by half a step,
 * and all steps are 7 % finer than with 7. It may round beyond the type to infinity, which the caller must refuse.
 */
export function blockScale(low: number, high: number, scheme: IntegerScheme): BlockScale {
  const { symmetric, scaleType } = scheme;
  const [least, most] = [Math.min(low, 0), Math.max(high, 0)];
  const levels = largestInteger(scheme);
  const exact = symmetric ? Math.max(-least, most) / (levels / 2) : Math.fround(most - least) / levels;
  const scale = roundTo(scaleType, exact) || SMALLEST_STEP[scaleType];
  if (symmetric) return { scale, zeroPoint: middleInteger(scheme) };
  return { scale, zeroPoint: Math.max(0, Math.min(levels, roundHalfEven(Math.fround(-least / scale)))) };
}

/** The unsigned integer that stands for a value: divided, shifted and rounded in float32, as the reference does. */
export function quantizeValue(value: number, { scale, zeroPoint }: BlockScale, levels: number): number {
  const middle = (levels + 1) / 2;
  const shifted = Math.fround(Math.fround(value / scale) + (zeroPoint - middle));
  const integer = roundHalfEven(shifted) + middle;
  return integer < 0 ? 0 : integer > levels ? levels : integer;
}
