import tf from '../tensorflow-js.js';
import type { Tensor } from '@tensorflow/tfjs';
import type { TensorSpec } from '../engine.js';
import { currentTrace } from '../tracing/current-trace.js';
import type { Trace } from '../tracing/trace.js';

/** Two ways to compute the same tensors. */
export interface Implementations {
  /** The nodes are of operators that ONNX itself defines, or there is no other way to write the operation. */
  readonly isPortable?: boolean;
  /** Appends nodes and returns the name of each output. */
  readonly lower: (trace: Trace, inputs: readonly string[]) => readonly string[];
  /** The same in TensorFlow.js operations, for engines that compute at once. */
  readonly compose: () => readonly Tensor[];
}

/**
 * Runs an operation that ONNX Runtime has as one kernel and TensorFlow.js has not. It takes no part in
 * differentiation: call it inside `tf.customGrad`.
 *
 * @param inputs tensors that `lower` reads, in order
 * @param outputs shapes and types of the results, in order
 */
export function runOperation(
  inputs: readonly Tensor[],
  outputs: readonly TensorSpec[],
  { lower, compose, isPortable = false }: Implementations,
): Tensor[] {
  const trace = currentTrace();
  if (trace === undefined || (trace.target === 'any' && !isPortable)) return [...compose()];
  const names = lower(
    trace,
    inputs.map((tensor) => trace.name(tensor)),
  );
  return outputs.map(({ shape, dtype }, index) =>
    tf.engine().makeTensorFromTensorInfo(trace.tensor(names[index]!, shape, dtype)),
  );
}

/** What `tf.customGrad` calls back with: typed once here, since its own type admits no fixed number of inputs. */
export type CustomGradient = (...args: [...Tensor[], (tensors: Tensor[]) => void]) => {
  value: Tensor;
  gradFunc: (dy: Tensor, saved: Tensor[]) => Tensor | Tensor[];
};

/**
 * A function of tensors with its own gradient.
 *
 * @param forward computes the value and keeps what the gradient needs with `save`
 * @param gradient gives one gradient per input, in order, from that of the value and the kept tensors
 */
export function withGradient(
  inputs: readonly Tensor[],
  forward: (save: (tensors: Tensor[]) => void) => Tensor,
  gradient: (dy: Tensor, saved: Tensor[]) => Tensor[],
): Tensor {
  const custom: CustomGradient = (...args) => {
    const save = args.at(-1) as (tensors: Tensor[]) => void;
    return { value: forward(save), gradFunc: (dy, saved) => gradient(dy, saved) };
  };
  return tf.customGrad(custom as Parameters<typeof tf.customGrad>[0])(...inputs);
}
