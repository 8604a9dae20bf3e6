import { ToolkitError } from '../../../errors/toolkit-error.js';
import { float16ToFloat32, float32ToFloat16 } from '../../half-precision.js';

const HALF_INFINITY = 0x7c00;
const LARGEST_HALF = 65504;

let widened: Float32Array | undefined;
const single = new Float32Array(1);
const half = new Uint16Array(1);

/** Value of the little-endian float16 at a place. */
export function readHalf(bytes: Uint8Array, at: number): number {
  widened ??= float16ToFloat32(Uint16Array.from({ length: 0x10000 }, (_, pattern) => pattern));
  return widened[bytes[at]! | (bytes[at + 1]! << 8)]!;
}

/**
 * Writes a block's scale or minimum as float16.
 * @returns what the float16 holds
 * @throws ToolkitError BAD_CHECKPOINT if it would be infinite, for then no value of the block could be read again
 */
export function writeHalf(value: number, into: Uint8Array, at: number): number {
  single[0] = value;
  float32ToFloat16(single, half);
  const pattern = half[0]!;
  if ((pattern & HALF_INFINITY) === HALF_INFINITY) {
    throw new ToolkitError(
      `A block of weights is so large that its scale of ${value.toPrecision(3)} is beyond float16, ` +
        `whose largest number is ${LARGEST_HALF}`,
      'BAD_CHECKPOINT',
      'Write this tensor as F32 or BF16, or look for what made its weights so large.',
    );
  }
  into[at] = pattern & 0xff;
  into[at + 1] = pattern >>> 8;
  return readHalf(into, at);
}
