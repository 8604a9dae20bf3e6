import tf from '../tensorflow-js.js';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs';
import { dequantizeMatrix } from '../../quantization/dequantize-matrix.js';
import { blocksPerRow, type QuantizedMatrix } from '../../quantization/quantized-matrix.js';
import type { Trace } from '../tracing/trace.js';
import { runOperation } from './operation.js';

/**
 * How exactly ONNX Runtime multiplies: 4 rounds the inputs to 8-bit integers, block by block, as llama.cpp does too.
 * Anything finer is several times slower.
 */
const ACCURACY_LEVEL = 4;

/**
 * `x` times the transposed matrix, whose integers are multiplied as they are: `com.microsoft.MatMulNBits`. Engines that
 * have not got it multiply with the values that the integers stand for.
 *
 * @param x [..., inputs]
 * @returns [..., outputs]
 */
export function quantizedProduct(x: Tensor, matrix: QuantizedMatrix): Tensor {
  const { outputs, inputs } = matrix;
  const shape = [...x.shape.slice(0, -1), outputs];
  const [product] = runOperation([x], [{ shape, dtype: 'float32' }], {
    isPortable: true,
    lower: (trace, [value]) => [lowerProduct(trace, value!, x.shape, matrix)],
    compose: () => {
      const weight = tf.tensor2d(dequantizeMatrix(matrix), [outputs, inputs]);
      return [tf.reshape(tf.matMul(tf.reshape(x, [-1, inputs]) as Tensor2D, weight, false, true), shape)];
    },
  });
  return product!;
}

function lowerProduct(trace: Trace, x: string, shape: readonly number[], matrix: QuantizedMatrix): string {
  const { graph } = trace;
  const { outputs, inputs, bits, blockSize, values, scales, zeroPoints, offsets } = matrix;
  const blocks = blocksPerRow(matrix);
  const operands = [
    x,
    graph.constant([outputs, blocks, (blockSize * bits) / 8], 'uint8', values),
    graph.constant([outputs * blocks], 'float32', scales),
  ];
  if (zeroPoints !== undefined) {
    const packed = bits === 8 ? zeroPoints : packHalves(zeroPoints, outputs, blocks);
    operands.push(graph.constant([packed.length], 'uint8', packed));
  }
  const product = graph.node('MatMulNBits', operands, {
    domain: 'com.microsoft',
    attributes: { K: inputs, N: outputs, bits, block_size: blockSize, accuracy_level: ACCURACY_LEVEL },
  });
  if (offsets === undefined) return product;
  // What every element of a block has in common is added as (sum of the block's inputs) times the offset.
  const sums = blockSums(trace, x, shape, matrix);
  const byBlock = new Float32Array(blocks * outputs);
  for (let output = 0; output < outputs; output++) {
    for (let block = 0; block < blocks; block++)
      byBlock[block * outputs + output] = offsets[output * blocks + block]!;
  }
  const common = graph.node('MatMul', [sums, graph.constant([blocks, outputs], 'float32', byBlock)]);
  return graph.node('Add', [product, common]);
}

/** [..., inputs] → [..., blocks] */
function blockSums(trace: Trace, x: string, shape: readonly number[], matrix: QuantizedMatrix): string {
  const { graph, sizes } = trace;
  const { inputs, blockSize } = matrix;
  const blocks = blocksPerRow(matrix);
  const leading = shape.slice(0, -1);
  const excess = blocks * blockSize - inputs;
  const whole =
    excess === 0
      ? x
      : graph.node('Pad', [x, graph.int64([...shape.map(() => 0), ...leading.map(() => 0), excess])]);
  const split = graph.node('Reshape', [whole, sizes.list([...leading, blocks, blockSize])]);
  return graph.node('ReduceSum', [split, graph.int64([-1])], { attributes: { keepdims: 0 } });
}

/** Two numbers of four bits in a byte, the first in its low half; every row starts with a new byte. */
function packHalves(numbers: Uint8Array, rows: number, columns: number): Uint8Array {
  const width = Math.ceil(columns / 2);
  const packed = new Uint8Array(rows * width);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      packed[row * width + (column >> 1)]! |= numbers[row * columns + column]! << (column % 2 === 0 ? 0 : 4);
    }
  }
  return packed;
}
