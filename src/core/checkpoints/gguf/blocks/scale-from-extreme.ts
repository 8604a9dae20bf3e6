/** Values of a block of ggml's older types. */
const ELEMENTS = 32;

/**
 * Quantizes 32 values to 0 … 2 * half - 1, of which `half` stands for zero: the value farthest from zero gets the
 * lowest integer exactly, whatever its sign.
 * @returns the scale, which has the sign opposite to that value's
 */
export function quantizeFromExtreme(
  values: Float32Array,
  from: number,
  half: number,
  into: Uint8Array,
): number {
  let extreme = 0;
  for (let i = 0; i < ELEMENTS; i++) {
    const value = values[from + i]!;
    if (Math.abs(value) > Math.abs(extreme)) extreme = value;
  }
  const scale = Math.fround(extreme / -half);
  const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
  const largest = 2 * half - 1;
  for (let i = 0; i < ELEMENTS; i++) {
    const scaled = Math.fround(values[from + i]! * inverse);
    into[i] = Math.min(largest, Math.trunc(Math.fround(scaled + (half + 0.5))));
  }
  return scale;
}
