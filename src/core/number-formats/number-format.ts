/** What every number format has in common. */
interface CommonFormat {
  /** As it is named in configurations and flags. */
  readonly id: string;
  /** As it is named in text. */
  readonly name: string;
  /** Bits of one stored value, without a scale that a block of values shares. */
  readonly bits: number;
  /** Who defines it. */
  readonly source: string;
}

/** One scale for a block of values, stored beside them. */
export interface BlockScale {
  readonly valuesPerScale: number;
  readonly scaleBits: number;
}

/** Sign, exponent and mantissa, as IEEE 754 defines them: value = ±1.mantissa · 2^(exponent - bias). */
export interface FloatingPointFormat extends CommonFormat {
  readonly kind: 'floating point';
  readonly exponentBits: number;
  readonly mantissaBits: number;
  /** No infinities: of the patterns with the largest exponent only the last is kept, for NaN. */
  readonly finiteOnly: boolean;
}

/** Evenly spaced values from -range to range, `range` being the largest magnitude of a block (symmetric quantisation). */
export interface IntegerFormat extends CommonFormat {
  readonly kind: 'integer';
  /** Absent where a whole row of a matrix shares one scale, which takes below 0.1 % of its memory. */
  readonly blockScale?: BlockScale;
}

/** Values of a table times the largest magnitude of a block. */
export interface CodebookFormat extends CommonFormat {
  readonly kind: 'codebook';
  readonly blockScale: BlockScale;
  /** Ascending, from -1 to 1. */
  readonly codes: readonly number[];
}

/** How numbers are held. */
export type NumberFormat = FloatingPointFormat | IntegerFormat | CodebookFormat;

/** Bounds of a format; for integers and codebooks as shares of the block's largest magnitude. */
export interface FormatLimits {
  readonly largest: number;
  /** Smallest above zero with full precision. */
  readonly smallestNormal: number;
  /** Smallest above zero. */
  readonly smallest: number;
  /** Distance from 1 to the next value, or between two neighbours: the largest relative error is half of it. */
  readonly spacing: number;
}

/** Bits that one value takes, its share of the block's scale included. */
export function storedBits(format: NumberFormat): number {
  const scale = format.kind === 'floating point' ? undefined : format.blockScale;
  return format.bits + (scale === undefined ? 0 : scale.scaleBits / scale.valuesPerScale);
}

/** Largest integer of a symmetric integer format: 127 for 8 bits; -128 is not used. */
export function largestInteger({ bits }: IntegerFormat): number {
  return 2 ** (bits - 1) - 1;
}

function bias({ exponentBits }: FloatingPointFormat): number {
  return 2 ** (exponentBits - 1) - 1;
}

/** Largest, smallest, and the distance between neighbours. */
export function formatLimits(format: NumberFormat): FormatLimits {
  switch (format.kind) {
    case 'floating point': {
      const { exponentBits, mantissaBits, finiteOnly } = format;
      // IEEE 754 keeps the last exponent for infinities and NaN; a finite-only format loses one mantissa to NaN.
      const lastExponent = 2 ** exponentBits - (finiteOnly ? 1 : 2) - bias(format);
      const lastMantissa = 2 - 2 ** -mantissaBits * (finiteOnly ? 2 : 1);
      const smallestNormal = 2 ** (1 - bias(format));
      return {
        largest: lastMantissa * 2 ** lastExponent,
        smallestNormal,
        smallest: smallestNormal * 2 ** -mantissaBits,
        spacing: 2 ** -mantissaBits,
      };
    }
    case 'integer': {
      const step = 1 / largestInteger(format);
      return { largest: 1, smallestNormal: step, smallest: step, spacing: step };
    }
    case 'codebook': {
      const positive = format.codes.filter((code) => code > 0);
      const gaps = format.codes.slice(1).map((code, index) => code - format.codes[index]!);
      return {
        largest: 1,
        smallestNormal: positive[0]!,
        smallest: positive[0]!,
        spacing: Math.max(...gaps),
      };
    }
  }
}

/** Rounds to the nearest integer, of two equally near the even one. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

function projectFloatingPoint(value: number, format: FloatingPointFormat): number {
  if (value === 0) return value;
  const { largest, smallestNormal } = formatLimits(format);
  // Below the smallest normal number the distance between neighbours stays what it is there. All are powers of two, so
  // nothing but the one rounding loses anything.
  const exponent = Math.max(exponentOf(value), exponentOf(smallestNormal));
  const quantum = 2 ** (exponent - format.mantissaBits);
  const rounded = roundHalfEven(value / quantum) * quantum;
  if (Math.abs(rounded) <= largest) return rounded;
  return Math.sign(value) * (format.finiteOnly ? largest : Infinity);
}

/** Exponent e with 2^e ≤ |value| < 2^(e+1). */
function exponentOf(value: number): number {
  const magnitude = Math.abs(value);
  const exponent = Math.floor(Math.log2(magnitude));
  // The logarithm may be rounded over the border of a power of two.
  if (2 ** exponent > magnitude) return exponent - 1;
  return 2 ** (exponent + 1) <= magnitude ? exponent + 1 : exponent;
}

/**
 * The value that the format holds instead of `value`: the nearest, of two equally near the one with an even mantissa.
 * What is too large becomes infinite, or the largest value where the format has no infinity.
 *
 * @param value a finite number
 * @param range largest magnitude of the block that the value stands in; floating-point formats need none
 */
export function project(value: number, format: NumberFormat, range: number): number {
  switch (format.kind) {
    case 'floating point':
      return projectFloatingPoint(value, format);
    case 'integer': {
      const limit = largestInteger(format);
      const scale = range / limit;
      return Math.max(-limit, Math.min(limit, roundHalfEven(value / scale))) * scale;
    }
    case 'codebook': {
      const share = value / range;
      const nearest = format.codes.reduce((best, code) =>
        Math.abs(code - share) < Math.abs(best - share) ? code : best,
      );
      return nearest * range;
    }
  }
}
