import tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { runOperation } from './operation.js';

/**
 * RMSNorm over the last axis (Zhang and Sennrich 2019, arXiv 1910.07467).
 *
 * @param x [..., width]
 * @param gain [width]
 * @returns `x / sqrt(mean(x²) + epsilon) * gain` [..., width] and the reciprocal root [..., 1]
 */
export function rootMeanSquareNormalization(
  x: Tensor,
  gain: Tensor,
  epsilon: number,
): { value: Tensor; reciprocalRoot: Tensor } {
  const statistics = [...x.shape.slice(0, -1), 1];
  const [value, reciprocalRoot] = runOperation(
    [x, gain],
    [
      { shape: x.shape, dtype: 'float32' },
      { shape: statistics, dtype: 'float32' },
    ],
    {
      lower: ({ graph }, inputs) =>
        graph.nodeOutputs('SimplifiedLayerNormalization', inputs, {
          attributes: { axis: -1, epsilon: { float: epsilon }, stash_type: 1 },
          outputs: 2,
        }),
      compose: () => {
        const root = tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), epsilon));
        return [tf.mul(tf.mul(x, root), gain), root];
      },
    },
  );
  return { value: value!, reciprocalRoot: reciprocalRoot! };
}
