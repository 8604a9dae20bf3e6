const WANTED_TICKS = 6;
/** Numbers within a power of ten to mark where the axis holds few powers. */
const WITHIN_DECADE = [1, 2, 5];
/** Powers of ten up to which the numbers within them are marked too. */
const FEW_DECADES = 2;
/** A tick this near to the end of its axis, as a share of itself, still belongs to it. */
const ROUNDING = 1e-9;

/**
 * Round numbers that cover a range above zero evenly in its logarithm: powers of ten, some left out where they are
 * many; with 2 and 5 times them where they are few.
 */
export function logarithmicTicks(low: number, high: number): number[] {
  const [first, last] = [Math.log10(low), Math.log10(high)];
  const decades = last - first;
  const stride = Math.max(1, Math.ceil(decades / WANTED_TICKS));
  const factors = decades <= FEW_DECADES ? WITHIN_DECADE : [1];
  const values: number[] = [];
  for (let power = Math.floor(first / stride) * stride; power <= last + ROUNDING; power += stride) {
    for (const factor of factors) {
      // Not factor * 10 ** power, which may miss the decimal number by its last bit.
      const value = Number(`${factor}e${power}`);
      if (value >= low * (1 - ROUNDING) && value <= high * (1 + ROUNDING)) values.push(value);
    }
  }
  return values;
}
