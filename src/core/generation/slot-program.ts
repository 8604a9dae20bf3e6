import tf from '../engine/tensorflow-js.js';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import { loraAdaptation } from '../adapters/lora.js';
import type { Program, TensorSpec } from '../engine/engine.js';
import { quantizedProduct } from '../engine/operations/quantized-product.js';
import { standInSizes } from '../engine/tracing/symbolic-sizes.js';
import type { ForwardContext } from '../layers/forward-context.js';
import type { FixedWeights } from './fixed-weights.js';
import { attendOverCache, type AdaptedModel } from './generation-program.js';
import { cacheShape, pastName, presentName } from './key-value-cache.js';

/**
 * Runs new tokens of any number of texts through the network against their key/value caches: one program for reading and
 * for generating. Its runs choose the sizes `batch` and `length`.
 *
 * Inputs: `tokens` and `positions` [batch, length]; `ends` [batch], the index of each row's last token among all
 * batch × length; `last_positions` and `total_length` as `cachedAttention` takes them; the caches. Outputs: `logits` [batch,
 * vocabulary] of the token after each row, `mean` [batch, hidden] of the final hidden states, and the caches, resident.
 */
export function slotProgram(adapted: AdaptedModel, weights: FixedWeights, capacity: number): Program {
  const { model, adapter } = adapted;
  const sizes = standInSizes('batch', 'length');
  const ids: TensorSpec = { shape: [sizes.batch, sizes.length], dtype: 'int32' };
  const perRow: TensorSpec = { shape: [sizes.batch], dtype: 'int32' };
  const cache: TensorSpec = { shape: cacheShape(model, sizes.batch, capacity), dtype: 'float32' };
  const layers = [...Array(model.shape.layers).keys()];
  const bothCaches = (name: typeof pastName): string[] =>
    layers.flatMap((layer) => [name('key', layer), name('value', layer)]);
  return {
    name: 'continuation of texts in slots',
    symbolic: sizes,
    inputs: {
      ...Object.fromEntries(bothCaches(pastName).map((name) => [name, cache])),
      tokens: ids,
      positions: ids,
      ends: perRow,
      last_positions: perRow,
      total_length: { shape: [], dtype: 'int32' },
    },
    resident: bothCaches(presentName),
    body: (inputs) => {
      const present: Record<string, Tensor> = {};
      const parameter = (name: string): Tensor => {
        const { data, shape } = weights.tensors.get(name)!;
        return tf.tensor(data, [...shape]);
      };
      const context: ForwardContext = {
        parameter,
        quantized: (name) => weights.quantized.get(name),
        attend: attendOverCache(inputs, present),
        ...(adapter && { adapt: loraAdaptation(model, adapter, parameter, undefined) }),
      };
      const hidden = model.hiddenStates(context, inputs['tokens']!, inputs['positions']!, capacity);
      const rows = tf.reshape(hidden, [-1, model.shape.hidden]);
      const ends = tf.gather(rows, inputs['ends'] as Tensor1D) as Tensor2D; // [batch, hidden]
      const head = weights.quantized.get(model.headParameter);
      const logits =
        head === undefined
          ? tf.matMul(ends, parameter(model.headParameter) as Tensor2D, false, true)
          : quantizedProduct(ends, head);
      return { logits, mean: tf.mean(hidden, 1), ...present };
    },
  };
}
