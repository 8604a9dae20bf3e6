import tf from '../engine/tensorflow-js.js';
import type { Tensor } from '@tensorflow/tfjs';
import { ToolkitError } from '../errors/toolkit-error.js';
import {
  GELU_TANH_CUBIC,
  GELU_TANH_SLOPE,
  geluExactKernel,
  geluTanhKernel,
  siluKernel,
} from '../engine/operations/activations.js';
import { withGradient } from '../engine/operations/operation.js';

function differentiable(x: Tensor, kernel: (x: Tensor) => Tensor, derivative: (x: Tensor) => Tensor): Tensor {
  return withGradient(
    [x],
    (save) => {
      save([x]);
      return kernel(x);
    },
    (dy, [input]) => [tf.mul(dy, derivative(input!))],
  );
}

/** SiLU, also called swish: `x * sigmoid(x)`. */
export function silu(x: Tensor): Tensor {
  return differentiable(x, siluKernel, (input) => {
    const gate = tf.sigmoid(input);
    const value = tf.mul(input, gate);
    return tf.add(gate, tf.sub(value, tf.mul(value, gate)));
  });
}

/** GELU through the error function. */
export function gelu(x: Tensor): Tensor {
  return differentiable(x, geluExactKernel, (input) => {
    const density = tf.mul(tf.exp(tf.mul(tf.square(input), -0.5)), 1 / Math.sqrt(2 * Math.PI));
    const cumulative = tf.mul(tf.add(tf.erf(tf.mul(input, Math.SQRT1_2)), 1), 0.5);
    return tf.add(cumulative, tf.mul(input, density));
  });
}

/**
 * GELU through tanh, as GPT-2 computes it. With s = sigmoid(2u) the value is x·s, so its derivative needs one
 * transcendental function: s + x·s·(1 - s)·2u'.
 */
export function geluTanh(x: Tensor): Tensor {
  return differentiable(x, geluTanhKernel, (input) => {
    const squared = tf.square(input);
    const twoU = tf.mul(
      input,
      tf.add(tf.mul(squared, 2 * GELU_TANH_SLOPE * GELU_TANH_CUBIC), 2 * GELU_TANH_SLOPE),
    );
    const slope = tf.add(tf.mul(squared, 6 * GELU_TANH_SLOPE * GELU_TANH_CUBIC), 2 * GELU_TANH_SLOPE);
    const gate = tf.sigmoid(twoU);
    return tf.mul(gate, tf.add(tf.mul(tf.mul(input, tf.sub(1, gate)), slope), 1));
  });
}

const ACTIVATIONS: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  silu,
  swish: silu,
  gelu,
  gelu_new: geluTanh,
  gelu_pytorch_tanh: geluTanh,
  relu: (x) => tf.relu(x),
};

/** Names of activations as `config.json` files spell them. */
export const ACTIVATION_NAMES: readonly string[] = Object.keys(ACTIVATIONS);

/** The activation that a configuration names in `hidden_act` or `activation_function`. */
export function activationByName(name: string): (x: Tensor) => Tensor {
  if (Object.hasOwn(ACTIVATIONS, name)) return ACTIVATIONS[name]!;
  throw new ToolkitError(
    `config.json: activation ${JSON.stringify(name)} is not known`,
    'UNSUPPORTED',
    `Known activations: ${ACTIVATION_NAMES.join(', ')}.`,
  );
}
