import { ToolkitError } from '../../../errors/toolkit-error.js';
import { GGUF_TYPES, type GgufTypeName } from '../../../memory/gguf-types.js';
import type { QuantizedMatrix } from '../../../quantization/quantized-matrix.js';

/** How the values of one tensor type of ggml are read from their blocks, and written into them. */
export interface BlockCodec {
  readonly type: GgufTypeName;
  readonly blockElements: number;
  readonly blockBytes: number;

  /**
   * Reads whole blocks, with the float32 roundings of ggml.
   * @param into one value per element of the blocks
   * @throws ToolkitError BAD_CHECKPOINT if the bytes are no whole blocks or hold another number of values
   */
  decode(bytes: Uint8Array, into: Float32Array): void;

  /**
   * Writes whole blocks, byte for byte those of ggml's reference quantizers (`quantize_row_*_ref`, which know no
   * importance matrix). Absent where this toolkit only reads the type.
   * @param into exactly the bytes of the blocks
   * @throws ToolkitError UNSUPPORTED if the values do not fill whole blocks; BAD_CHECKPOINT if the type cannot hold
   *   one of them because it is not finite or too large
   */
  encode?(values: Float32Array, into: Uint8Array): void;

  /**
   * The same weights as integers, without loss: `scale * (q - zeroPoint) + offset` is what `decode` gives, up to the
   * float32 rounding of one multiplication and one addition. Absent for the types that hold floating-point numbers.
   * @param bytes blocks of a matrix [outputs, inputs], row by row
   * @throws ToolkitError BAD_CHECKPOINT if a row is no whole blocks or the bytes are not those of such a matrix
   */
  quantized?(bytes: Uint8Array, outputs: number, inputs: number): QuantizedMatrix;
}

/**
 * Number of blocks to read.
 * @throws ToolkitError BAD_CHECKPOINT if the sizes do not belong together
 */
export function blocksToDecode(type: GgufTypeName, bytes: Uint8Array, values: number): number {
  const { blockElements, blockBytes } = GGUF_TYPES[type];
  const blocks = values / blockElements;
  if (Number.isInteger(blocks) && bytes.length === blocks * blockBytes) return blocks;
  throw new ToolkitError(
    `${bytes.length} bytes of ${type} for ${values} values: each block holds ${blockElements} values in ` +
      `${blockBytes} bytes`,
    'BAD_CHECKPOINT',
    'The file is damaged or was cut short: fetch or convert it again.',
  );
}

/**
 * Number of blocks to write.
 * @throws ToolkitError UNSUPPORTED if the values do not fill them, BAD_CHECKPOINT if the room is another
 */
export function blocksToEncode(type: GgufTypeName, values: Float32Array, into: Uint8Array): number {
  const { blockElements } = GGUF_TYPES[type];
  if (values.length % blockElements !== 0) {
    throw new ToolkitError(
      `${values.length} values do not fill blocks of ${blockElements}, as ${type} has them`,
      'UNSUPPORTED',
      blockElements > 32
        ? 'Choose a type with smaller blocks for this tensor, as Q8_0 (32 values) or F16 (any number).'
        : 'Write this tensor as F16 or F32.',
    );
  }
  return blocksToDecode(type, into, values.length);
}
