import tf from '../tensorflow-js.js';
import type { Tensor } from '@tensorflow/tfjs';
import { runOperation } from './operation.js';

/** The sum of all squared elements, as a scalar, in one pass over memory. */
export function sumOfSquares(x: Tensor): Tensor {
  const [sum] = runOperation([x], [{ shape: [], dtype: 'float32' }], {
    lower: ({ graph }, inputs) => [graph.node('ReduceSumSquare', inputs, { attributes: { keepdims: 0 } })],
    compose: () => [tf.sum(tf.square(x))],
  });
  return sum!;
}
