import tf from '../engine/tensorflow-js.js';
import type { Tensor } from '@tensorflow/tfjs';
import { layerNormalization } from '../engine/operations/layer-normalization.js';
import { withGradient } from '../engine/operations/operation.js';
import { rootMeanSquareNormalization } from '../engine/operations/root-mean-square-normalization.js';

function sumRows(x: Tensor): Tensor {
  return tf.sum(tf.reshape(x, [-1, x.shape.at(-1)!]), 0);
}

/**
 * RMSNorm over the last axis.
 *
 * @param x [..., width]
 * @param gain [width]
 */
export function rmsNorm(x: Tensor, gain: Tensor, epsilon: number): Tensor {
  return withGradient(
    [x, gain],
    (save) => {
      const { value, reciprocalRoot } = rootMeanSquareNormalization(x, gain, epsilon);
      save([x, gain, reciprocalRoot]);
      return value;
    },
    (dy, [input, weight, root]) => {
      const scaled = tf.mul(dy, weight!);
      const projection = tf.mul(tf.mean(tf.mul(scaled, input!), -1, true), tf.square(root!));
      const dx = tf.mul(tf.sub(scaled, tf.mul(input!, projection)), root!);
      return [dx, sumRows(tf.mul(dy, tf.mul(input!, root!)))];
    },
  );
}

/**
 * Layer normalisation over the last axis.
 *
 * @param x [..., width]
 * @param gain [width]
 * @param bias [width]
 */
export function layerNorm(x: Tensor, gain: Tensor, bias: Tensor, epsilon: number): Tensor {
  return withGradient(
    [x, gain, bias],
    (save) => {
      const { value, mean, reciprocalDeviation } = layerNormalization(x, gain, bias, epsilon);
      save([x, gain, mean, reciprocalDeviation]);
      return value;
    },
    (dy, [input, weight, mean, reciprocal]) => {
      const normalized = tf.mul(tf.sub(input!, mean!), reciprocal!);
      const scaled = tf.mul(dy, weight!);
      const centered = tf.sub(scaled, tf.mean(scaled, -1, true));
      const projection = tf.mean(tf.mul(scaled, normalized), -1, true);
      const dx = tf.mul(tf.sub(centered, tf.mul(normalized, projection)), reciprocal!);
      return [dx, sumRows(tf.mul(dy, normalized)), sumRows(dy)];
    },
  );
}
