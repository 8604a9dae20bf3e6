import tf from '../tensorflow-js.js';
import type { Tensor } from '@tensorflow/tfjs';
import { runOperation } from './operation.js';

/**
 * Layer normalisation over the last axis (Ba et al. 2016, arXiv 1607.06450).
 *
 * @param x [..., width]
 * @param gain [width]
 * @param bias [width]
 * @returns the normalised value [..., width], the mean and the reciprocal standard deviation, both [..., 1]
 */
export function layerNormalization(
  x: Tensor,
  gain: Tensor,
  bias: Tensor,
  epsilon: number,
): { value: Tensor; mean: Tensor; reciprocalDeviation: Tensor } {
  const statistics = { shape: [...x.shape.slice(0, -1), 1], dtype: 'float32' as const };
  const [value, mean, reciprocalDeviation] = runOperation(
    [x, gain, bias],
    [{ shape: x.shape, dtype: 'float32' }, statistics, statistics],
    {
      isPortable: true,
      lower: ({ graph }, inputs) =>
        graph.nodeOutputs('LayerNormalization', inputs, {
          attributes: { axis: -1, epsilon: { float: epsilon } },
          outputs: 3,
        }),
      compose: () => {
        const center = tf.mean(x, -1, true);
        const shifted = tf.sub(x, center);
        const reciprocal = tf.rsqrt(tf.add(tf.mean(tf.square(shifted), -1, true), epsilon));
        return [tf.add(tf.mul(tf.mul(shifted, reciprocal), gain), bias), center, reciprocal];
      },
    },
  );
  return { value: value!, mean: mean!, reciprocalDeviation: reciprocalDeviation! };
}
