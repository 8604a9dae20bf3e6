import tf from '../../tensorflow-js.js';
import type { DataType, Tensor, TensorInfo } from '@tensorflow/tfjs';
import { ONNX_TYPE } from '../../onnx/protobuf.js';
import { input, sizeOf, type Lowering, type LoweringTable } from '../lowering.js';
import type { Trace } from '../trace.js';
import { cast } from './element-wise.js';
import { reshape } from './shapes.js';

function int64Name(trace: Trace, x: TensorInfo): string {
  return trace.graph.node('Cast', [trace.name(x)], { attributes: { to: ONNX_TYPE.int64 } });
}

const gather: Lowering = (trace, inputs, { axis, batchDims }) => {
  const [x, indices] = [input(inputs, 'x'), input(inputs, 'indices')];
  const index = tf.util.parseAxisParam(axis as number, x.shape)[0]!;
  if (batchDims)
    throw new Error('gather with batch dimensions is not lowered; gather along one axis instead');
  const shape = [...x.shape.slice(0, index), ...indices.shape, ...x.shape.slice(index + 1)];
  const names = [trace.name(x), trace.name(indices)];
  return trace.tensor(trace.graph.node('Gather', names, { attributes: { axis: index } }), shape, x.dtype);
};

/**
 * Adds the rows of `updates` ([rows, width]) into a zero tensor of `shape` ([count, width]) at `rows` ([rows], int64).
 * ScatterElements and not ScatterND: ONNX Runtime 1.30 runs ScatterND's additions from several threads at once, and
 * rows with the same index lose some of them.
 */
function scatterAdd(
  trace: Trace,
  rows: string,
  updates: TensorInfo,
  shape: readonly [number, number],
): TensorInfo {
  const { graph } = trace;
  const nothing = trace.filled(0, shape, updates.dtype);
  if (sizeOf(updates.shape) === 0) return nothing;
  const zeros = trace.name(nothing);
  const column = graph.node('Reshape', [rows, graph.int64([updates.shape[0]!, 1])]);
  const indices = graph.node('Expand', [column, graph.int64(updates.shape)]);
  const name = graph.node('ScatterElements', [zeros, indices, trace.name(updates)], {
    attributes: { axis: 0, reduction: 'add' },
  });
  return trace.tensor(name, shape, updates.dtype);
}

/** The gradient of `gather`: rows of `x` that share a segment id are added up. Ids are below `numSegments`, from 0. */
const unsortedSegmentSum: Lowering = (trace, inputs, { numSegments }) => {
  const [x, segmentIds] = [input(inputs, 'x'), input(inputs, 'segmentIds')];
  const count = sizeOf(segmentIds.shape);
  const rest = x.shape.slice(segmentIds.shape.length);
  const width = sizeOf(rest);
  const rows = reshape(trace, x, [count, width]);
  const sums = scatterAdd(trace, int64Name(trace, segmentIds), rows, [numSegments as number, width]);
  return reshape(trace, sums, [numSegments as number, ...rest]);
};

/** Index tuples become row numbers: the tuple's place in row-major order. */
const scatterNd: Lowering = (trace, inputs, { shape }) => {
  const [indices, updates] = [input(inputs, 'indices'), input(inputs, 'updates')];
  const { graph } = trace;
  const target = shape as number[];
  const depth = indices.shape.at(-1)!;
  const count = sizeOf(indices.shape.slice(0, -1));
  const width = sizeOf(target.slice(depth));
  const strides = target.slice(0, depth).map((_, axis) => sizeOf(target.slice(axis + 1, depth)));
  const weighted = graph.node('Mul', [int64Name(trace, indices), graph.int64(strides)]);
  const rows = graph.node('ReduceSum', [weighted, graph.int64([-1])], { attributes: { keepdims: 0 } });
  const sums = scatterAdd(trace, rows, reshape(trace, updates, [count, width]), [
    sizeOf(target.slice(0, depth)),
    width,
  ]);
  return reshape(trace, sums, target);
};

const gatherNd: Lowering = (trace, inputs) => {
  const [params, indices] = [input(inputs, 'params'), input(inputs, 'indices')];
  const [shape] = tf.backend_util.prepareAndValidate(params as Tensor, indices as Tensor);
  const name = trace.graph.node('GatherND', [trace.name(params), int64Name(trace, indices)]);
  return trace.tensor(name, shape, params.dtype);
};

/** Rows of `depth` numbers, `onValue` at the index and `offValue` elsewhere; ids out of range give `offValue`. */
const oneHot: Lowering = (trace, inputs, { dtype, depth, onValue, offValue }) => {
  const indices = input(inputs, 'indices');
  const { graph } = trace;
  const range = graph.constant(
    [depth as number],
    'int32',
    Int32Array.from({ length: depth as number }, (_, i) => i),
  );
  const column = graph.node('Unsqueeze', [trace.name(indices), graph.int64([-1])]);
  const shape = [...indices.shape, depth as number];
  const type = ((dtype as DataType | undefined) ?? 'float32') === 'int32' ? 'int32' : 'float32';
  const value = (x: unknown): string => trace.broadcastName(trace.filled(x as number, [], type));
  const chosen = graph.node('Where', [graph.node('Equal', [column, range]), value(onValue), value(offValue)]);
  return cast(trace, trace.tensor(chosen, shape, type), (dtype as DataType | undefined) ?? 'float32');
};

/** Kernels that pick or place elements by index. */
export const INDEXING: LoweringTable = {
  GatherV2: gather,
  GatherNd: gatherNd,
  ScatterNd: scatterNd,
  UnsortedSegmentSum: unsortedSegmentSum,
  OneHot: oneHot,
};
