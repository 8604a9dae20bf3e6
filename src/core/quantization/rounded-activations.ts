import tf from '../engine/tensorflow-js.js';
import type { Tensor } from '@tensorflow/tfjs';
import type { Model } from '../architectures/architecture.js';
import { HEAD_MODULE } from './calibration.js';
import { fakeQuantize } from './fake-quantization.js';
import type { IntegerScheme } from './integer-scheme.js';

/** Activations as runtimes round them: 8 bits, with a scale for each token. */
export const ACTIVATION_SCHEME: IntegerScheme = {
  bits: 8,
  blockSize: null,
  symmetric: true,
  scaleType: 'F32',
};

/**
 * A model whose linear layers get their inputs rounded to 8 bits, as runtimes that multiply integers by integers round
 * them: what such a model loses shows without one of them.
 *
 * @param modules the layers whose weights are in integers, the head among them where it is one
 */
export function withRoundedActivations(model: Model, modules: ReadonlySet<string>): Model {
  const round = (x: Tensor): Tensor =>
    tf.reshape(fakeQuantize(tf.reshape(x, [-1, x.shape.at(-1)!]), ACTIVATION_SCHEME), x.shape);
  return {
    ...model,
    hiddenStates(context, tokens, positions, capacity) {
      const rounding = {
        ...context,
        inputOf: (module: string, x: Tensor) => (modules.has(module) ? round(x) : x),
      };
      const hidden = model.hiddenStates(rounding, tokens, positions, capacity);
      return modules.has(HEAD_MODULE) ? round(hidden) : hidden;
    },
  };
}
