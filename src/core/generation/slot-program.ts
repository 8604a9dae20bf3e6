import tf from '../engine/tensorflow-js.js';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import { loraAdaptation } from '../adapters/lora.js';
import type { Program, TensorSpec } from '../engine/engine.js';
import { quantizedProduct } from '../engine/operations/quantized-product.js';
import { standInSizes } from '../engine/tracing/symbolic-sizes.js';
import type { ForwardContext } from '../layers/forward-context.js';
import type { FixedWeights } from './fixed-weights.js';
import type { AdaptedModel } from './generation-program.js';
import { pastName, presentName } from './key-value-cache.js';
import { slotAttention } from './slot-attention.js';

/**
 * Runs new tokens of any number of texts through the network against what is held of them: one program for reading and
 * for generating. Its runs choose the sizes `batch`, `length`, `capacity` and `wanted`.
 *
 * Inputs: `tokens` and `positions` [batch, length]; `wanted` [wanted], the indices among all batch × length tokens of those
 * whose successors are asked for; `lengths` [batch, 1], tokens held of each row; `places` [capacity], the numbers from 0
 * on; for each layer the keys and values held, [batch, kvHeads, capacity, headDimension]. Outputs: `logits` [wanted,
 * vocabulary] of the successors, `mean` [batch, hidden] of the final hidden states, and for each layer the new keys and
 * values, [batch, kvHeads, length, headDimension].
 */
export function slotProgram(adapted: AdaptedModel, weights: FixedWeights): Program {
  const { model, adapter } = adapted;
  const { layers, kvHeads, headDimension, hidden, contextLength } = model.shape;
  const sizes = standInSizes('batch', 'length', 'capacity', 'wanted');
  const ids: TensorSpec = { shape: [sizes.batch, sizes.length], dtype: 'int32' };
  const held: TensorSpec = { shape: [sizes.batch, kvHeads, sizes.capacity, headDimension], dtype: 'float32' };
  return {
    name: 'continuation of texts in slots',
    symbolic: sizes,
    inputs: {
      ...Object.fromEntries(
        [...Array(layers).keys()].flatMap((layer) => [
          [pastName('key', layer), held],
          [pastName('value', layer), held],
        ]),
      ),
      tokens: ids,
      positions: ids,
      wanted: { shape: [sizes.wanted], dtype: 'int32' },
      lengths: { shape: [sizes.batch, 1], dtype: 'int32' },
      places: { shape: [sizes.capacity], dtype: 'int32' },
    },
    body: (inputs) => {
      const fresh: Record<string, Tensor> = {};
      const parameter = (name: string): Tensor => {
        const { data, shape } = weights.tensors.get(name)!;
        return tf.tensor(data, [...shape]);
      };
      const context: ForwardContext = {
        parameter,
        quantized: (name) => weights.quantized.get(name),
        attend: (request) => {
          const { layer } = request;
          const { attended, keys, values } = slotAttention(request, inputs['positions']!, {
            keys: inputs[pastName('key', layer)]!,
            values: inputs[pastName('value', layer)]!,
            lengths: inputs['lengths']!,
            places: inputs['places']!,
          });
          fresh[presentName('key', layer)] = keys;
          fresh[presentName('value', layer)] = values;
          return attended;
        },
        ...(adapter && { adapt: loraAdaptation(model, adapter, parameter, undefined) }),
      };
      const states = model.hiddenStates(context, inputs['tokens']!, inputs['positions']!, contextLength);
      const rows = tf.reshape(states, [-1, hidden]);
      const wanted = tf.gather(rows, inputs['wanted'] as Tensor1D) as Tensor2D; // [wanted, hidden]
      const head = weights.quantized.get(model.headParameter);
      const logits =
        head === undefined
          ? tf.matMul(wanted, parameter(model.headParameter) as Tensor2D, false, true)
          : quantizedProduct(wanted, head);
      return { logits, mean: tf.mean(states, 1), ...fresh };
    },
  };
}
