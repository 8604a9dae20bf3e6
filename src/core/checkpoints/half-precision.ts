/**
 * Conversion of whole arrays between float32 and the two 16-bit formats of checkpoints: IEEE 754 binary16
 * (float16: 5 exponent bits, 10 fraction bits) and bfloat16 (the upper half of a float32).
 *
 * Widening is exact. Narrowing rounds to nearest, ties to even, with subnormals, and overflows to infinity. A NaN
 * stays a NaN of the same sign with the quiet bit set and as much of its payload as fits, as F16C hardware does.
 * All work is on bit patterns, because a NaN that passes through a JavaScript number may lose its payload.
 */

const FLOAT32_INFINITY = 0x7f800000;
const FLOAT32_QUIET_BIT = 0x400000;
/** Smallest normal float16, 2^-14, as float32 bits. */
const FLOAT16_SMALLEST_NORMAL = 0x38800000;
/** 2^16, the first power of two beyond float16, as float32 bits. */
const FLOAT16_OVERFLOW = 0x47800000;
/** Difference of the exponent biases, 127 - 15, in place in a float32. */
const EXPONENT_REBIAS = 112 << 23;

function float16BitsToFloat32Bits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >>> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0x1f) {
    return sign | FLOAT32_INFINITY | (fraction << 13) | (fraction === 0 ? 0 : FLOAT32_QUIET_BIT);
  }
  if (exponent !== 0) return sign | (((exponent << 23) | (fraction << 13)) + EXPONENT_REBIAS);
  if (fraction === 0) return sign;
  // A subnormal is fraction · 2^-24: shift its leading one up to the hidden place (bit 10).
  const shift = Math.clz32(fraction) - 21;
  return sign | ((113 - shift) << 23) | (((fraction << shift) & 0x3ff) << 13);
}

let widenedFloat16: Int32Array | undefined;

/** The float32 bits of all 65,536 float16 patterns (256 KiB), built at first use. */
function widenedFloat16Table(): Int32Array {
  return (widenedFloat16 ??= Int32Array.from({ length: 0x10000 }, (_, half) =>
    float16BitsToFloat32Bits(half),
  ));
}

function float32BitsToFloat16Bits(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude >= FLOAT16_OVERFLOW) {
    return magnitude > FLOAT32_INFINITY ? sign | 0x7e00 | ((magnitude >>> 13) & 0x3ff) : sign | 0x7c00;
  }
  if (magnitude >= FLOAT16_SMALLEST_NORMAL) {
    // Rounding up may carry into the exponent, which is right: 65,520 and more become infinity this way.
    return sign | ((magnitude - EXPONENT_REBIAS + 0xfff + ((magnitude >>> 13) & 1)) >>> 13);
  }
  // Count in units of the smallest subnormal, 2^-24; half a unit and less is zero.
  const shift = 126 - (magnitude >>> 23);
  if (shift > 24) return sign;
  const significand = (magnitude & 0x7fffff) | 0x800000;
  return sign | ((significand + (1 << (shift - 1)) - 1 + ((significand >>> shift) & 1)) >>> shift);
}

function bitsOf(values: Float32Array): Int32Array {
  return new Int32Array(values.buffer, values.byteOffset, values.length);
}

/**
 * Widens float16 bit patterns.
 * @param target receives the values; at least as long as `source`
 * @returns `target`
 */
export function float16ToFloat32(
  source: Uint16Array,
  target: Float32Array = new Float32Array(source.length),
): Float32Array {
  const table = widenedFloat16Table();
  const bits = bitsOf(target);
  for (let i = 0; i < source.length; i++) bits[i] = table[source[i]!]!;
  return target;
}

/**
 * Narrows to float16 bit patterns.
 * @param target receives the patterns; at least as long as `source`
 * @returns `target`
 */
export function float32ToFloat16(
  source: Float32Array,
  target: Uint16Array = new Uint16Array(source.length),
): Uint16Array {
  const bits = bitsOf(source);
  for (let i = 0; i < bits.length; i++) target[i] = float32BitsToFloat16Bits(bits[i]!);
  return target;
}

/**
 * Widens bfloat16 bit patterns.
 * @param target receives the values; at least as long as `source`
 * @returns `target`
 */
export function bfloat16ToFloat32(
  source: Uint16Array,
  target: Float32Array = new Float32Array(source.length),
): Float32Array {
  const bits = bitsOf(target);
  for (let i = 0; i < source.length; i++) bits[i] = source[i]! << 16;
  return target;
}

/**
 * Narrows to bfloat16 bit patterns.
 * @param target receives the patterns; at least as long as `source`
 * @returns `target`
 */
export function float32ToBfloat16(
  source: Float32Array,
  target: Uint16Array = new Uint16Array(source.length),
): Uint16Array {
  const bits = bitsOf(source);
  for (let i = 0; i < bits.length; i++) {
    const value = bits[i]!;
    const upper = value >>> 16;
    const isNaN = (value & 0x7fffffff) > FLOAT32_INFINITY;
    target[i] = isNaN ? upper | 0x40 : ((value + 0x7fff + (upper & 1)) | 0) >>> 16;
  }
  return target;
}
