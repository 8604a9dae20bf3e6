import tf from '../engine/tensorflow-js.js';
import type { ElementwiseProgram } from '../engine/engine.js';

/** Settings of {@link adamW}. */
export interface AdamWSettings {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/** What PyTorch, transformers and most published recipes start from. */
export const ADAMW_DEFAULTS: AdamWSettings = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };

/**
 * One AdamW step (Loshchilov and Hutter 2017, arXiv 1711.05101): decay acts on the parameter, not on the gradient.
 * The step's coefficients arrive as scalars, already combined, so that few passes over memory remain.
 */
export function adamW({ beta1, beta2 }: AdamWSettings): ElementwiseProgram {
  return {
    name: 'adamw',
    state: ['parameter', 'first_moment', 'second_moment'],
    readOnly: ['gradient'],
    scalars: ['first_weight', 'second_weight', 'step_size', 'denominator_shift', 'retention'],
    body: (x) => {
      const gradient = x['gradient']!;
      const first = tf.add(tf.mul(x['first_moment']!, beta1), tf.mul(gradient, x['first_weight']!));
      const squared = tf.mul(tf.square(gradient), x['second_weight']!);
      const second = tf.add(tf.mul(x['second_moment']!, beta2), squared);
      const update = tf.div(tf.mul(first, x['step_size']!), tf.add(tf.sqrt(second), x['denominator_shift']!));
      return {
        parameter: tf.sub(tf.mul(x['parameter']!, x['retention']!), update),
        first_moment: first,
        second_moment: second,
      };
    },
  };
}

/**
 * The scalars of one step.
 *
 * @param step counts from 1
 * @param gradientScale factor of the gradient, for clipping and averaging
 */
export function adamWScalars(
  { beta1, beta2, epsilon }: AdamWSettings,
  step: number,
  learningRate: number,
  weightDecay: number,
  gradientScale: number,
): Record<string, number> {
  // update = rate · (m / c1) / (sqrt(v / c2) + ε) = (rate · sqrt(c2) / c1) · m / (sqrt(v) + ε · sqrt(c2))
  const firstCorrection = 1 - beta1 ** step;
  const secondRoot = Math.sqrt(1 - beta2 ** step);
  return {
    first_weight: (1 - beta1) * gradientScale,
    second_weight: (1 - beta2) * gradientScale * gradientScale,
    step_size: (learningRate * secondRoot) / firstCorrection,
    denominator_shift: epsilon * secondRoot,
    retention: 1 - learningRate * weightDecay,
  };
}
