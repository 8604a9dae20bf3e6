import type { QuantizedMatrix } from '../quantization/quantized-matrix.js';
import type { HostTensor, StateDict } from './checkpoint.js';

/** Tensors that are fetched one at a time, e.g. from a file or an engine's cells, so that a model is never held twice. */
export interface TensorSource {
  readonly tensors: ReadonlyMap<string, { readonly shape: readonly number[] }>;
  readTensor(name: string): Promise<HostTensor>;
  /** A matrix as it is stored, where that is integers of few bits to multiply with; `undefined` otherwise. */
  readQuantized?(name: string): Promise<QuantizedMatrix | undefined>;
}

/** Views tensors in host memory as a source. */
export function asTensorSource(tensors: StateDict | TensorSource): TensorSource {
  if (!(tensors instanceof Map)) return tensors;
  return { tensors, readTensor: (name) => Promise.resolve(tensors.get(name)!) };
}

/** Reads everything into host memory, in the source's order. */
export async function readStateDict(source: TensorSource): Promise<StateDict> {
  const state: StateDict = new Map();
  for (const name of source.tensors.keys()) state.set(name, await source.readTensor(name));
  return state;
}

/** Number of elements of a shape; 1 for a scalar. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** A shape for a message; ranks beyond any model's are cut short. */
export function describeShape(shape: readonly number[]): string {
  return shape.length <= 8
    ? `[${shape.join(', ')}]`
    : `[${shape.slice(0, 8).join(', ')}, … ${shape.length} dimensions]`;
}
