import tf from '../engine/tensorflow-js.js';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import { pickColumns } from '../engine/operations/columns.js';

/**
 * The cross-entropy of every single prediction; for evaluation, not differentiable.
 *
 * @param hidden [rows, width]
 * @param matrix [vocabulary, width]
 * @param targets [rows] int32
 * @returns [rows], in nats
 */
export function tokenLosses(hidden: Tensor2D, matrix: Tensor2D, targets: Tensor1D): Tensor {
  const logits = tf.matMul(hidden, matrix, false, true);
  const probabilities = tf.softmax(logits);
  const logSumExp = tf.sub(tf.max(logits, 1, true), tf.log(tf.max(probabilities, 1, true)));
  return tf.reshape(tf.sub(logSumExp, pickColumns(logits, targets)), [-1]);
}
