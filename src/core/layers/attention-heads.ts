import tf from '../engine/tensorflow-js.js';
import type { Tensor } from '@tensorflow/tfjs';

/** Added to scores that must not count: exp() of it is 0 in float32, and sums of a few, and rows of nothing else, stay finite. */
export const MASKED = -1e9;

/** [batch, length, heads * width] → [batch, heads, length, width]. */
export function splitHeads(x: Tensor, heads: number): Tensor {
  const [batch, length, width] = x.shape as [number, number, number];
  return tf.transpose(tf.reshape(x, [batch, length, heads, width / heads]), [0, 2, 1, 3]);
}

/** [batch, heads, length, width] → [batch, length, heads * width]. */
export function joinHeads(x: Tensor): Tensor {
  const [batch, heads, length, width] = x.shape as [number, number, number, number];
  return tf.reshape(tf.transpose(x, [0, 2, 1, 3]), [batch, length, heads * width]);
}
