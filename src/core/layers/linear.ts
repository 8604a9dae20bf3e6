import tf from '../engine/tensorflow-js.js';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs';
import { runOperation, withGradient } from '../engine/operations/operation.js';
import { quantizedProduct } from '../engine/operations/quantized-product.js';
import type { ForwardContext } from './forward-context.js';

/** What a linear layer has besides its weight. */
export interface LinearOptions {
  readonly bias?: boolean;
  /** The weight is stored [inputs, outputs]. */
  readonly inputsFirst?: boolean;
}

/** `x` [rows, inputs] times the weight, plus the bias [outputs]. */
function affine(x: Tensor2D, weight: Tensor2D, bias: Tensor | undefined, inputsFirst: boolean): Tensor2D {
  const operands = bias === undefined ? [x, weight] : [x, weight, bias];
  const outputs = weight.shape[inputsFirst ? 1 : 0];
  const product = withGradient(
    operands,
    (save) => {
      save([x, weight]);
      const [value] = runOperation(operands, [{ shape: [x.shape[0], outputs], dtype: 'float32' }], {
        isPortable: true,
        lower: ({ graph }, names) => [
          graph.node('Gemm', names, { attributes: { transB: inputsFirst ? 0 : 1 } }),
        ],
        compose: () => {
          const bare = tf.matMul(x, weight, false, !inputsFirst);
          return [bias === undefined ? bare : tf.add(bare, bias)];
        },
      });
      return value!;
    },
    (dy, [input, matrix]) => {
      const dx = tf.matMul(dy, matrix!, false, inputsFirst);
      const dWeight = inputsFirst ? tf.matMul(input!, dy, true, false) : tf.matMul(dy, input!, true, false);
      return bias === undefined ? [dx, dWeight] : [dx, dWeight, tf.sum(dy, 0)];
    },
  );
  return product as Tensor2D;
}

/**
 * A linear layer by its module name, with what an adapter adds to it.
 *
 * @param input [..., inputs]
 * @returns [..., outputs]
 */
export function linear(
  context: ForwardContext,
  module: string,
  input: Tensor,
  options: LinearOptions = {},
): Tensor {
  const x = context.inputOf?.(module, input) ?? input;
  const rows = tf.reshape(x, [-1, x.shape.at(-1)!]) as Tensor2D;
  const bias = options.bias ? context.parameter(`${module}.bias`) : undefined;
  const change = context.adapt?.(module, rows);
  const quantized = context.quantized?.(`${module}.weight`);
  const unfold = (y: Tensor): Tensor => tf.reshape(y, [...x.shape.slice(0, -1), y.shape.at(-1)!]);
  if (quantized !== undefined) {
    const product = quantizedProduct(x, quantized);
    const base = bias === undefined ? product : tf.add(product, bias);
    return change === undefined ? base : tf.add(base, unfold(change));
  }
  const weight = context.parameter(`${module}.weight`) as Tensor2D;
  const base = affine(rows, weight, bias, options.inputsFirst ?? false);
  return unfold(change === undefined ? base : tf.add(base, change));
}
