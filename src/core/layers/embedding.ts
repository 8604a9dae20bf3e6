import tf from '../engine/tensorflow-js.js';
import type { Tensor } from '@tensorflow/tfjs';

/**
 * Rows of a table by index.
 *
 * @param table [count, width]
 * @param indices [batch, length] int32
 * @returns [batch, length, width]
 */
export function embedding(table: Tensor, indices: Tensor): Tensor {
  return tf.gather(table, indices as Tensor & { dtype: 'int32' });
}
