import tf from '../tensorflow-js.js';
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
      lower: ({ graph, target }, inputs) => {
        const outputs = graph.nodeOutputs('SimplifiedLayerNormalization', inputs, {
          attributes: { axis: -1, epsilon: { float: epsilon }, stash_type: 1 },
          outputs: target === 'webgpu' ? 1 : 2,
        });
        if (target !== 'webgpu') return outputs;
        // ONNX Runtime 1.30 leaves the second output unwritten on WebGPU.
        const meanSquare = graph.node('ReduceMean', [
          graph.node('Mul', [inputs[0]!, inputs[0]!]),
          graph.int64([-1]),
        ]);
        const root = graph.node('Sqrt', [graph.node('Add', [meanSquare, graph.scalar(epsilon)])]);
        return [...outputs, graph.node('Reciprocal', [root])];
      },
      compose: () => {
        const root = tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), epsilon));
        return [tf.mul(tf.mul(x, root), gain), root];
      },
    },
  );
  return { value: value!, reciprocalRoot: reciprocalRoot! };
}
