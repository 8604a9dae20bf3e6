import type { StorageType } from '../checkpoints/checkpoint.js';

/** How weights are held in integers. */
export interface IntegerScheme {
  readonly bits: 4 | 8;
  /** Neighbours along a row that share one scale; `null` where a whole row does. */
  readonly blockSize: number | null;
  /** Integers around zero; otherwise each block has a zero point of its own. */
  readonly symmetric: boolean;
  /** Type that scales are stored in. They are rounded to it before anything is divided by them. */
  readonly scaleType: StorageType;
}

/** Sizes of blocks on offer. */
export const BLOCK_SIZES = [32, 64, 128] as const;

/** Neighbours that share a scale in 4 bits unless told, as in Dettmers and Zettlemoyer 2023, arXiv 2212.09720. */
export const INT4_BLOCK_SIZE = 64;

/** Largest unsigned integer: 15 or 255. */
export function largestInteger({ bits }: Pick<IntegerScheme, 'bits'>): number {
  return 2 ** bits - 1;
}

/** The zero point of symmetric integers as they are stored, unsigned: 8 or 128. */
export function middleInteger({ bits }: Pick<IntegerScheme, 'bits'>): number {
  return 2 ** (bits - 1);
}

/** Bits that one weight of a row of `inputs` takes, with its share of scale and zero point. */
export function bitsPerWeight(
  { bits, blockSize, symmetric, scaleType }: IntegerScheme,
  inputs: number,
): number {
  const scaleBits = scaleType === 'F32' ? 32 : 16;
  return bits + (scaleBits + (symmetric ? 0 : bits)) / (blockSize ?? inputs);
}
