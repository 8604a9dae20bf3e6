import tf from '../tensorflow-js.js';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs';
import { ONNX_TYPE } from '../onnx/protobuf.js';
import { runOperation } from './operation.js';

/** Cosines and sines of every position's angles. */
export interface RotaryTable {
  /** Number of positions. */
  readonly length: number;
  /** Half the head dimension: angles per position. */
  readonly angles: number;
  /** [length, angles], row-major. */
  readonly cosine: Float32Array;
  /** [length, angles], row-major. */
  readonly sine: Float32Array;
}

/**
 * Rotates pairs of features by their position's angles (Su et al. 2021, arXiv 2104.09864), first half against second
 * half of each head, as published LLaMA checkpoints are laid out.
 *
 * @param x [batch, length, heads * 2 * angles]
 * @param positions [batch, length] int32, each below `table.length`
 * @param inverse rotates backwards; this is also the gradient, since a rotation's transpose is its inverse
 */
export function rotaryEmbedding(x: Tensor, positions: Tensor, table: RotaryTable, inverse: boolean): Tensor {
  const sine = inverse ? table.sine.map((value) => -value) : table.sine;
  const tableShape = [table.length, table.angles];
  const [rotated] = runOperation([x, positions], [{ shape: x.shape, dtype: 'float32' }], {
    lower: ({ graph }, [value, position]) => [
      graph.node(
        'RotaryEmbedding',
        [
          value!,
          graph.node('Cast', [position!], { attributes: { to: ONNX_TYPE.int64 } }),
          graph.constant(tableShape, 'float32', table.cosine),
          graph.constant(tableShape, 'float32', sine),
        ],
        { domain: 'com.microsoft' },
      ),
    ],
    compose: () => {
      const [batch, length, width] = x.shape as [number, number, number];
      const heads = width / (2 * table.angles);
      const lookUp = (values: Float32Array): Tensor =>
        tf.expandDims(
          tf.gather(tf.tensor(values, tableShape as [number, number]) as Tensor2D, positions as Tensor2D),
          2,
        );
      const [cos, sin] = [lookUp(table.cosine), lookUp(sine)]; // [batch, length, 1, angles]
      const [first, second] = tf.split(tf.reshape(x, [batch, length, heads, 2 * table.angles]), 2, 3) as [
        Tensor,
        Tensor,
      ];
      const turned = tf.concat(
        [tf.sub(tf.mul(first, cos), tf.mul(second, sin)), tf.add(tf.mul(second, cos), tf.mul(first, sin))],
        3,
      );
      return [tf.reshape(turned, x.shape)];
    },
  });
  return rotated!;
}
