import type { DataType, TensorInfo } from '@tensorflow/tfjs';
import type { ElementType, TensorData } from '../engine.js';
import type { GraphBuilder } from '../onnx/graph-builder.js';
import type { OnnxType } from '../onnx/protobuf.js';
import { SymbolicSizes } from './symbolic-sizes.js';

/** What a traced tensor stands for: a value of the graph, host data, or one number repeated. */
interface TracedValue {
  readonly shape: readonly number[];
  readonly dtype: ElementType;
  /** Name in the graph; absent until a constant is first needed there. */
  name?: string;
  /** Host data of a constant. */
  readonly data?: TensorData;
  /** The number every element of a constant has, when they are all the same. */
  readonly fill?: number;
}

const ONNX_TYPE_OF: Record<ElementType, OnnxType> = { float32: 'float32', int32: 'int32', bool: 'bool' };

/** Copies any numeric list into the host form of an element type. */
export function toTensorData(values: ArrayLike<number | boolean>, dtype: ElementType): TensorData {
  if (dtype === 'float32') return values instanceof Float32Array ? values : Float32Array.from(values, Number);
  if (dtype === 'int32') return values instanceof Int32Array ? values : Int32Array.from(values, Number);
  return values instanceof Uint8Array ? values : Uint8Array.from(values, Number);
}

/** Checks that tfjs asks for an element type the graph can hold. */
export function elementType(dtype: DataType): ElementType {
  if (dtype === 'float32' || dtype === 'int32' || dtype === 'bool') return dtype;
  throw new Error(`tensors of type ${dtype} cannot be traced`);
}

/**
 * One recording: maps the tensors tfjs handles, known to it only by opaque data ids, to values of the graph
 * under construction.
 */
export class Trace {
  private readonly values = new WeakMap<object, TracedValue>();
  /** Sizes as values of the graph: some of them may be chosen by each run. */
  readonly sizes: SymbolicSizes;

  /**
   * @param graph receives the nodes
   * @param target the execution provider; operators that only some providers have are chosen by it. `any` keeps to those
   *   that ONNX itself defines
   * @param symbolic names of sizes that each run chooses, with what stands for them in shapes
   */
  constructor(
    readonly graph: GraphBuilder,
    readonly target: 'cpu' | 'webgpu' | 'cuda' | 'any',
    symbolic: Readonly<Record<string, number>> = {},
  ) {
    this.sizes = new SymbolicSizes(graph, symbolic);
  }

  /** Declares an input of the graph. */
  input(name: string, shape: readonly number[], dtype: ElementType): TensorInfo {
    this.graph.input(name, this.sizes.dimensions(shape), ONNX_TYPE_OF[dtype]);
    this.sizes.declare(name, shape);
    return this.tensor(name, shape, dtype);
  }

  /** Declares a tensor as the output of the graph that is called `name`. */
  output(name: string, tensor: TensorInfo): void {
    const type = ONNX_TYPE_OF[elementType(tensor.dtype)];
    this.graph.output(name, this.name(tensor), this.sizes.dimensions(tensor.shape), type);
  }

  /** A tensor that stands for a value of the graph. */
  tensor(name: string, shape: readonly number[], dtype: DataType): TensorInfo {
    return this.register({ name, shape, dtype: elementType(dtype) });
  }

  /** A constant tensor; it enters the graph only if something there reads it. */
  constant(data: TensorData, shape: readonly number[], dtype: ElementType): TensorInfo {
    const fill = data.length === 1 ? data[0]! : undefined;
    return this.register(fill === undefined ? { data, shape, dtype } : { data, fill, shape, dtype });
  }

  /** A constant with one value everywhere. */
  filled(value: number, shape: readonly number[], dtype: DataType): TensorInfo {
    const type = elementType(dtype);
    // The number as the element type holds it: 2.7 is 2 among integers.
    return this.register({ fill: toTensorData([value], type)[0]!, shape, dtype: type });
  }

  /** The number that every element of a constant tensor has, if there is one. */
  fillOf(tensor: TensorInfo): number | undefined {
    return this.value(tensor).fill;
  }

  /** Host data, if the tensor is a constant; tfjs reads such tensors for shapes, axes and indices. */
  hostData(dataId: object): TensorData | undefined {
    const value = this.values.get(dataId);
    if (value === undefined) return undefined;
    if (value.data !== undefined || value.fill === undefined) return value.data;
    const size = value.shape.reduce((product, dimension) => product * dimension, 1);
    return toTensorData(new Array<number>(size).fill(value.fill), value.dtype);
  }

  /** Name of the value in the graph, which has exactly the tensor's shape. */
  name(tensor: TensorInfo): string {
    const value = this.value(tensor);
    value.name ??= this.materialise(value);
    return value.name;
  }

  /** Name of a value that broadcasts to the tensor's shape: a scalar where all elements are the same. */
  broadcastName(tensor: TensorInfo): string {
    const value = this.value(tensor);
    if (value.name === undefined && value.fill !== undefined) {
      return this.graph.constant([], ONNX_TYPE_OF[value.dtype], toTensorData([value.fill], value.dtype));
    }
    return this.name(tensor);
  }

  private register(value: TracedValue): TensorInfo {
    const dataId = {};
    this.values.set(dataId, value);
    return { dataId, shape: [...value.shape], dtype: value.dtype };
  }

  private value(tensor: TensorInfo): TracedValue {
    const value = this.values.get(tensor.dataId);
    if (value === undefined) throw new Error('a tensor made outside this trace was used in it');
    return value;
  }

  private materialise(value: TracedValue): string {
    const type = ONNX_TYPE_OF[value.dtype];
    if (value.data !== undefined && value.shape.some((size) => this.sizes.isSymbolic(size))) {
      throw new Error('a program makes numbers whose shape depends on a size that each run chooses');
    }
    if (value.data !== undefined) return this.graph.constant(value.shape, type, value.data);
    const scalar = this.graph.constant([], type, toTensorData([value.fill!], value.dtype));
    return value.shape.length === 0
      ? scalar
      : this.graph.node('Expand', [scalar, this.sizes.list(value.shape)]);
  }
}
