import tf from '../engine/tensorflow-js.js';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import { pickColumns, subtractOneAt } from '../engine/operations/columns.js';
import { withGradient } from '../engine/operations/operation.js';
import { LOGITS_PER_CHUNK } from './logits-per-chunk.js';

/**
 * Weighted sum of the cross-entropy of next-token predictions, from hidden states and the output matrix.
 *
 * Loss and gradients come out of one pass over the logits: the gradient of a row, softmax minus one-hot, needs nothing
 * from outside the row except its weight, and that is applied to the much smaller hidden states.
 *
 * @param hidden [rows, width]
 * @param matrix [vocabulary, width]
 * @param targets [rows] int32
 * @param weights [rows] float32; 0 leaves a row out, 1 / (number of supervised tokens) makes the sum a mean
 * @param logitsPerChunk as {@link LOGITS_PER_CHUNK}; at least one row is done at a time
 * @returns scalar, in nats
 */
export function linearCrossEntropy(
  hidden: Tensor2D,
  matrix: Tensor2D,
  targets: Tensor1D,
  weights: Tensor1D,
  logitsPerChunk = LOGITS_PER_CHUNK,
): Tensor {
  const [rows, width] = hidden.shape;
  const vocabulary = matrix.shape[0];
  const chunk = Math.min(rows, Math.max(1, Math.floor(logitsPerChunk / vocabulary)));
  return withGradient(
    [hidden, matrix],
    (save) => {
      const losses: Tensor[] = [];
      const hiddenGradients: Tensor[] = [];
      let matrixGradient: Tensor | undefined;
      for (let start = 0; start < rows; start += chunk) {
        const size = Math.min(chunk, rows - start);
        const states = tf.slice(hidden, [start, 0], [size, width]);
        const ids = tf.slice(targets, [start], [size]);
        const weight = tf.reshape(tf.slice(weights, [start], [size]), [size, 1]);
        const logits = tf.matMul(states, matrix, false, true); // [size, vocabulary]
        const probabilities = tf.softmax(logits);
        // log-sum-exp without another exponential: the largest probability is exp(max - logSumExp).
        const logSumExp = tf.sub(tf.max(logits, 1, true), tf.log(tf.max(probabilities, 1, true)));
        losses.push(tf.sum(tf.mul(tf.sub(logSumExp, pickColumns(logits, ids)), weight)));
        const gradient = subtractOneAt(probabilities, ids);
        hiddenGradients.push(tf.mul(tf.matMul(gradient, matrix), weight));
        const part = tf.matMul(gradient, tf.mul(states, weight), true, false);
        matrixGradient = matrixGradient === undefined ? part : tf.add(matrixGradient, part);
      }
      save([
        hiddenGradients.length === 1 ? hiddenGradients[0]! : tf.concat(hiddenGradients, 0),
        matrixGradient!,
      ]);
      return losses.length === 1 ? losses[0]! : tf.addN(losses);
    },
    (dy, [hiddenGradient, matrixGradient]) => [tf.mul(hiddenGradient!, dy), tf.mul(matrixGradient!, dy)],
  );
}
