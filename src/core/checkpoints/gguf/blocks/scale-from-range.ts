/** Values of a block of ggml's older types. */
const ELEMENTS = 32;

/** A block's smallest value, and the step from one integer to the next. */
export interface Range {
  minimum: number;
  scale: number;
}

/** Quantizes 32 values to 0 … largest, which stand for the smallest and the largest of them. */
export function quantizeFromRange(
  values: Float32Array,
  from: number,
  largest: number,
  into: Uint8Array,
): Range {
  let minimum = Infinity;
  let maximum = -Infinity;
  for (let i = 0; i < ELEMENTS; i++) {
    const value = values[from + i]!;
    if (value < minimum) minimum = value;
    if (value > maximum) maximum = value;
  }
  const scale = Math.fround(Math.fround(maximum - minimum) / largest);
  const inverse = scale === 0 ? 0 : Math.fround(1 / scale);
  for (let i = 0; i < ELEMENTS; i++) {
    const scaled = Math.fround(Math.fround(values[from + i]! - minimum) * inverse);
    into[i] = Math.min(largest, Math.trunc(Math.fround(scaled + 0.5)));
  }
  return { minimum, scale };
}
