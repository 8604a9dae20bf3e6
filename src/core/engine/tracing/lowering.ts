import type { NamedAttrMap, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs';
import type { Trace } from './trace.js';

/** How one TensorFlow.js kernel becomes ONNX nodes. */
export type Lowering = (
  trace: Trace,
  inputs: NamedTensorInfoMap,
  attributes: NamedAttrMap,
) => TensorInfo | TensorInfo[];

/** Lowerings by TensorFlow.js kernel name. */
export type LoweringTable = Readonly<Record<string, Lowering>>;

/** An input the kernel always has. */
export function input(inputs: NamedTensorInfoMap, name: string): TensorInfo {
  const tensor = inputs[name];
  if (tensor === undefined) throw new Error(`kernel input ${name} is missing`);
  return tensor;
}

/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}
