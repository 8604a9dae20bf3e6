import tf from '../tensorflow-js.js';
import type { Tensor } from '@tensorflow/tfjs';
import { runOperation } from './operation.js';

/** sqrt(2 / pi), the slope of the tanh form of GELU (Hendrycks and Gimpel 2016, arXiv 1606.08415). */
export const GELU_TANH_SLOPE = Math.sqrt(2 / Math.PI);
/** Weight of the cubic term in the tanh form of GELU; same source. */
export const GELU_TANH_CUBIC = 0.044715;

function elementWise(
  x: Tensor,
  op: string,
  attributes: Record<string, { float: number }>,
  compose: () => Tensor,
): Tensor {
  const [value] = runOperation([x], [{ shape: x.shape, dtype: 'float32' }], {
    lower: ({ graph }, inputs) => [graph.node(op, inputs, { attributes, domain: 'com.microsoft' })],
    compose: () => [compose()],
  });
  return value!;
}

/** `x * sigmoid(x)`, element by element. */
export function siluKernel(x: Tensor): Tensor {
  return elementWise(x, 'QuickGelu', { alpha: { float: 1 } }, () => tf.mul(x, tf.sigmoid(x)));
}

/** `x * Φ(x)` with Φ through the error function, element by element. */
export function geluExactKernel(x: Tensor): Tensor {
  return elementWise(x, 'Gelu', {}, () => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1)));
}

/** `x * Φ(x)` with Φ through tanh, element by element. */
export function geluTanhKernel(x: Tensor): Tensor {
  return elementWise(x, 'FastGelu', {}, () => {
    const inner = tf.mul(tf.mul(x, tf.add(tf.mul(tf.square(x), GELU_TANH_CUBIC), 1)), GELU_TANH_SLOPE);
    return tf.mul(tf.mul(x, 0.5), tf.add(tf.tanh(inner), 1));
  });
}
