/**
 * A weight [outputs, inputs] in integers of few bits. Along each row, `blockSize` neighbours share one scale; the last
 * block of a row may be shorter than what is stored for it. The value of an integer q is
 * `scale * (q - zeroPoint) + offset`, with the block's own three numbers.
 *
 * Laid out as ONNX Runtime's `MatMulNBits` reads it
 * (https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.MatMulNBits).
 */
export interface QuantizedMatrix {
  readonly outputs: number;
  readonly inputs: number;
  readonly bits: 4 | 8;
  /** A power of two from 16 to 256. */
  readonly blockSize: number;
  /** [outputs, blocks, blockSize * bits / 8] unsigned integers; of two in a byte the first is in the low half. */
  readonly values: Uint8Array;
  /** [outputs, blocks] */
  readonly scales: Float32Array;
  /** [outputs, blocks] one per byte; absent where it is 2^(bits-1) everywhere. */
  readonly zeroPoints?: Uint8Array;
  /** [outputs, blocks]; absent where it is 0 everywhere. ggml's types with a minimum have it in place of zero points. */
  readonly offsets?: Float32Array;
}

/** Blocks in one row. */
export function blocksPerRow({ inputs, blockSize }: Pick<QuantizedMatrix, 'inputs' | 'blockSize'>): number {
  return Math.ceil(inputs / blockSize);
}
