import { blocksPerRow, type QuantizedMatrix } from './quantized-matrix.js';

/** The values that a quantised matrix stands for, [outputs, inputs]. */
export function dequantizeMatrix(matrix: QuantizedMatrix): Float32Array {
  const { outputs, inputs, bits, blockSize, values, scales, zeroPoints, offsets } = matrix;
  const blocks = blocksPerRow(matrix);
  const blockBytes = (blockSize * bits) / 8;
  const middle = 2 ** (bits - 1);
  const result = new Float32Array(outputs * inputs);
  for (let output = 0; output < outputs; output++) {
    for (let input = 0; input < inputs; input++) {
      const block = output * blocks + Math.floor(input / blockSize);
      const place = input % blockSize;
      const byte = values[block * blockBytes + (bits === 8 ? place : place >> 1)]!;
      const integer = bits === 8 ? byte : place % 2 === 0 ? byte & 15 : byte >> 4;
      const centred = integer - (zeroPoints?.[block] ?? middle);
      result[output * inputs + input] = centred * scales[block]! + (offsets?.[block] ?? 0);
    }
  }
  return result;
}
