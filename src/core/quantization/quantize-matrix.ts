import { ToolkitError } from '../errors/toolkit-error.js';
import { BLOCK_SIZES, largestInteger, type IntegerScheme } from './integer-scheme.js';
import { blocksPerRow, type QuantizedMatrix } from './quantized-matrix.js';
import { blockScale, quantizeValue, type BlockScale } from './scale.js';

/** How the scales of blocks are chosen. */
export interface QuantizeOptions {
  /**
   * Tries ranges narrower and a little wider than what a block holds, and takes the one with the least squared error;
   * otherwise the range is what it holds.
   */
  readonly searchRange?: boolean;
  /** [inputs] What a squared error at each input weighs in that search: the input's mean square. Default: 1. */
  readonly importance?: Float32Array | undefined;
}

/** Ranges tried, as shares of what a block holds: from 1.1 to 0.5 in steps of 0.02, the block's own first. */
const RANGE_SHARES = [1, ...[...Array(31).keys()].map((step) => 1.1 - 0.02 * step).filter((x) => x !== 1)];

/** Block that the scale of a whole row is repeated for, so that rows need no padding: the largest that divides them. */
export function rowBlockSize(inputs: number): number {
  return [...BLOCK_SIZES].reverse().find((size) => inputs % size === 0) ?? BLOCK_SIZES[0];
}

/** Squared error of a block, each input's weighed by its importance. */
function squaredError(
  block: Float32Array,
  chosen: BlockScale,
  levels: number,
  importance: Float32Array | undefined,
): number {
  const { scale, zeroPoint } = chosen;
  let sum = 0;
  for (let i = 0; i < block.length; i++) {
    const difference = block[i]! - scale * (quantizeValue(block[i]!, chosen, levels) - zeroPoint);
    sum += difference * difference * (importance === undefined ? 1 : importance[i]!);
  }
  return sum;
}

function chooseScale(
  block: Float32Array,
  scheme: IntegerScheme,
  searchRange: boolean,
  importance: Float32Array | undefined,
): BlockScale {
  let [low, high] = [0, 0];
  for (const value of block) {
    if (value < low) low = value;
    else if (value > high) high = value;
  }
  const own = blockScale(low, high, scheme);
  if (!searchRange || (low === 0 && high === 0)) return own;
  const levels = largestInteger(scheme);
  let [best, least] = [own, Infinity];
  for (const share of RANGE_SHARES) {
    const tried = blockScale(low * share, high * share, scheme);
    const error = squaredError(block, tried, levels, importance);
    if (error < least) [best, least] = [tried, error];
  }
  return best;
}

/**
 * Rounds a matrix to integers.
 *
 * @param weights [outputs, inputs], all finite
 * @returns the matrix in blocks of `scheme.blockSize`; where a whole row shares one scale, in blocks that repeat it
 * @throws ToolkitError `UNSUPPORTED` where a scale is beyond the range of `scheme.scaleType`
 */
export function quantizeMatrix(
  weights: Float32Array,
  { outputs, inputs }: Pick<QuantizedMatrix, 'outputs' | 'inputs'>,
  scheme: IntegerScheme,
  { searchRange = false, importance }: QuantizeOptions = {},
): QuantizedMatrix {
  const { bits, symmetric } = scheme;
  const levels = largestInteger(scheme);
  const blockSize = scheme.blockSize ?? rowBlockSize(inputs);
  const blocks = blocksPerRow({ inputs, blockSize });
  const sharedLength = scheme.blockSize ?? inputs;
  const rowBytes = (blocks * blockSize * bits) / 8;
  const values = new Uint8Array(outputs * rowBytes);
  const scales = new Float32Array(outputs * blocks);
  const zeroPoints = symmetric ? undefined : new Uint8Array(outputs * blocks);
  for (let output = 0; output < outputs; output++) {
    for (let start = 0; start < inputs; start += sharedLength) {
      const end = Math.min(inputs, start + sharedLength);
      const block = weights.subarray(output * inputs + start, output * inputs + end);
      const chosen = chooseScale(block, scheme, searchRange, importance?.subarray(start, end));
      if (!Number.isFinite(chosen.scale)) {
        throw new ToolkitError(
          `weights of row ${output} are too large for scales in ${scheme.scaleType}`,
          'UNSUPPORTED',
          'Store the model as bfloat16 first.',
        );
      }
      const [first, last] = [Math.floor(start / blockSize), Math.ceil(end / blockSize)];
      scales.fill(chosen.scale, output * blocks + first, output * blocks + last);
      zeroPoints?.fill(chosen.zeroPoint, output * blocks + first, output * blocks + last);
      for (let i = 0; i < block.length; i++) {
        const integer = quantizeValue(block[i]!, chosen, levels);
        const place = start + i;
        if (bits === 8) values[output * rowBytes + place] = integer;
        else values[output * rowBytes + (place >> 1)]! |= place % 2 === 0 ? integer : integer << 4;
      }
    }
  }
  return { outputs, inputs, bits, blockSize, values, scales, ...(zeroPoints && { zeroPoints }) };
}
