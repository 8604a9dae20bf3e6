import tf from '../../tensorflow-js.js';
import type { DataType, Tensor, TensorInfo } from '@tensorflow/tfjs';
import { input, sizeOf, type Lowering, type LoweringTable } from '../lowering.js';
import type { Trace } from '../trace.js';

/** The same elements in the same order under another shape. */
export function reshape(trace: Trace, x: TensorInfo, shape: readonly number[]): TensorInfo {
  const fill = trace.fillOf(x);
  if (fill !== undefined) return trace.filled(fill, shape, x.dtype);
  return trace.tensor(
    trace.graph.node('Reshape', [trace.name(x), trace.sizes.target(shape)], { attributes: { allowzero: 1 } }),
    shape,
    x.dtype,
  );
}

const reshapeLowering: Lowering = (trace, inputs, { shape }) => {
  const x = input(inputs, 'x');
  const size = sizeOf(x.shape);
  // Stand-ins for sizes multiply to numbers of which a part could not be told.
  if ((shape as number[]).includes(-1) && !Number.isSafeInteger(size)) {
    throw new Error('a reshape of many sizes that runs choose must name them all');
  }
  return reshape(trace, x, tf.util.inferFromImplicitShape(shape as number[], size));
};

const expandDims: Lowering = (trace, inputs, { dim }) => {
  const x = input(inputs, 'input');
  const axis = dim as number;
  const shape = x.shape.slice();
  shape.splice(axis < 0 ? shape.length + axis + 1 : axis, 0, 1);
  return reshape(trace, x, shape);
};

const transpose: Lowering = (trace, inputs, { perm }) => {
  const x = input(inputs, 'x');
  const order = perm as number[];
  const shape = order.map((axis) => x.shape[axis]!);
  if (order.every((axis, index) => axis === index)) return { dataId: x.dataId, shape, dtype: x.dtype };
  return trace.tensor(
    trace.graph.node('Transpose', [trace.name(x)], { attributes: { perm: order } }),
    shape,
    x.dtype,
  );
};

const slice: Lowering = (trace, inputs, { begin, size }) => {
  const x = input(inputs, 'x');
  const [starts, sizes] = tf.slice_util.parseSliceParams(
    x as Tensor,
    begin as number[],
    size as number[],
  ) as [number[], number[]];
  return sliceOf(
    trace,
    x,
    starts,
    sizes,
    starts.map(() => 1),
  );
};

/** Every `steps[axis]`-th of the elements from `starts[axis]` on, `sizes[axis]` of them. */
function sliceOf(
  trace: Trace,
  x: TensorInfo,
  starts: readonly number[],
  sizes: readonly number[],
  steps: readonly number[],
): TensorInfo {
  const ends = starts.map((start, axis) =>
    sizes[axis] === 0 ? start : start + (sizes[axis]! - 1) * steps[axis]! + 1,
  );
  return sliceNode(trace, x, starts, ends, [...x.shape.keys()], steps, sizes);
}

/** Turns the order of the elements round along some axes. */
function turned(trace: Trace, x: TensorInfo, axes: readonly number[]): TensorInfo {
  const every = (value: number): number[] => axes.map(() => value);
  // To end before element 0, ONNX takes a bound far below it.
  return sliceNode(trace, x, every(-1), every(-(2 ** 31)), axes, every(-1), x.shape);
}

function sliceNode(
  trace: Trace,
  x: TensorInfo,
  starts: readonly number[],
  ends: readonly number[],
  axes: readonly number[],
  steps: readonly number[],
  shape: readonly number[],
): TensorInfo {
  const bounds = [starts, ends, axes, steps].map((list) => trace.sizes.list(list));
  return trace.tensor(trace.graph.node('Slice', [trace.name(x), ...bounds]), shape, x.dtype);
}

const stridedSlice: Lowering = (trace, inputs, attributes) => {
  const x = input(inputs, 'x');
  const mask = (name: string): number => attributes[name] as number;
  const info = tf.slice_util.sliceInfo(
    x.shape,
    attributes['begin'] as number[],
    attributes['end'] as number[],
    attributes['strides'] as number[],
    mask('beginMask'),
    mask('endMask'),
    mask('ellipsisMask'),
    mask('newAxisMask'),
    mask('shrinkAxisMask'),
  );
  const { begin, strides } = info;
  const sizes = tf.slice_util.computeOutShape(begin, info.end, strides);
  // Backward steps are made forwards and turned round: the WebGPU provider starts some of them at a wrong element.
  const backward = [...strides.keys()].filter((axis) => strides[axis]! < 0 && sizes[axis]! > 0);
  const starts = begin.map((first, axis) =>
    backward.includes(axis) ? first + (sizes[axis]! - 1) * strides[axis]! : first,
  );
  const forward = sliceOf(trace, x, starts, sizes, strides.map(Math.abs));
  return reshape(trace, backward.length === 0 ? forward : turned(trace, forward, backward), info.finalShape);
};

const reverse: Lowering = (trace, inputs, { dims }) => {
  const x = input(inputs, 'x');
  return turned(trace, x, tf.util.parseAxisParam(dims as number[], x.shape));
};

const pad: Lowering = (trace, inputs, { paddings, constantValue }) => {
  const x = input(inputs, 'x');
  const pairs = paddings as [number, number][];
  const amounts = trace.graph.int64([...pairs.map(([before]) => before), ...pairs.map(([, after]) => after)]);
  const value = trace.broadcastName(trace.filled(constantValue as number, [], x.dtype));
  const shape = x.shape.map((size, axis) => size + pairs[axis]![0] + pairs[axis]![1]);
  return trace.tensor(trace.graph.node('Pad', [trace.name(x), amounts, value]), shape, x.dtype);
};

function concatenate(trace: Trace, tensors: TensorInfo[], axis: number): TensorInfo {
  const shape = tensors[0]!.shape.slice();
  shape[axis] = tensors.reduce((sum, tensor) => sum + tensor.shape[axis]!, 0);
  const names = tensors.map((tensor) => trace.name(tensor));
  return trace.tensor(trace.graph.node('Concat', names, { attributes: { axis } }), shape, tensors[0]!.dtype);
}

const concat: Lowering = (trace, inputs, { axis }) => {
  const tensors = Object.values(inputs) as TensorInfo[];
  const index = tf.util.parseAxisParam(axis as number, tensors[0]!.shape)[0]!;
  return concatenate(trace, tensors, index);
};

const pack: Lowering = (trace, inputs, { axis }) => {
  const parts = Object.values(inputs) as TensorInfo[];
  const index = (axis as number) < 0 ? parts[0]!.shape.length + 1 + (axis as number) : (axis as number);
  const tensors = parts.map((tensor) => {
    const shape = tensor.shape.slice();
    shape.splice(index, 0, 1);
    return reshape(trace, tensor, shape);
  });
  return concatenate(trace, tensors, index);
};

function splitInto(trace: Trace, x: TensorInfo, sizes: number[], axis: number): TensorInfo[] {
  const names = trace.graph.nodeOutputs('Split', [trace.name(x), trace.sizes.list(sizes)], {
    attributes: { axis },
    outputs: sizes.length,
  });
  return names.map((name, index) => {
    const shape = x.shape.slice();
    shape[axis] = sizes[index]!;
    return trace.tensor(name, shape, x.dtype);
  });
}

const split: Lowering = (trace, inputs, { numOrSizeSplits, axis }) => {
  const x = input(inputs, 'x');
  const index = tf.util.parseAxisParam(axis as number, x.shape)[0]!;
  const sizes = tf.backend_util.prepareSplitSize(x as Tensor, numOrSizeSplits as number[], index);
  return splitInto(trace, x, sizes, index);
};

const unpack: Lowering = (trace, inputs, { axis }) => {
  const x = input(inputs, 'value');
  const index = tf.util.parseAxisParam(axis as number, x.shape)[0]!;
  const shape = x.shape.filter((_, position) => position !== index);
  const sizes = new Array<number>(x.shape[index]!).fill(1);
  return splitInto(trace, x, sizes, index).map((part) => reshape(trace, part, shape));
};

const tile: Lowering = (trace, inputs, { reps }) => {
  const x = input(inputs, 'x');
  const repeats = reps as number[];
  const shape = x.shape.map((size, axis) => size * repeats[axis]!);
  if (repeats.every((count) => count === 1)) return { dataId: x.dataId, shape, dtype: x.dtype };
  return trace.tensor(trace.graph.node('Tile', [trace.name(x), trace.sizes.list(repeats)]), shape, x.dtype);
};

const fill: Lowering = (trace, _inputs, { shape, value, dtype }) =>
  trace.filled(value as number, shape as number[], (dtype as DataType | undefined) ?? 'float32');

function filledLike(value: number): Lowering {
  return (trace, inputs) => trace.filled(value, input(inputs, 'x').shape, input(inputs, 'x').dtype);
}

const range: Lowering = (trace, _inputs, { start, stop, step, dtype }) => {
  const type = dtype as 'float32' | 'int32';
  const values: number[] = [];
  const [from, to] = [start as number, stop as number];
  // A step that nobody gave arrives as 1, and means -1 where the range falls.
  const by = to < from && step === 1 ? -1 : (step as number);
  const length = Math.max(0, Math.ceil((to - from) / by));
  for (let index = 0; index < length; index++) values.push(from + index * by);
  return trace.constant(
    type === 'int32' ? Int32Array.from(values) : Float32Array.from(values),
    [length],
    type,
  );
};

/** Kernels that move elements without changing them. */
export const SHAPES: LoweringTable = {
  Reshape: reshapeLowering,
  ExpandDims: expandDims,
  Transpose: transpose,
  Slice: slice,
  StridedSlice: stridedSlice,
  Reverse: reverse,
  PadV2: pad,
  Concat: concat,
  Pack: pack,
  SplitV: split,
  Unpack: unpack,
  Tile: tile,
  Fill: fill,
  ZerosLike: filledLike(0),
  OnesLike: filledLike(1),
  Range: range,
};
