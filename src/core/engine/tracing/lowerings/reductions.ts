import tf from '../../tensorflow-js.js';
import type { DataType, TensorInfo } from '@tensorflow/tfjs';
import { ONNX_TYPE } from '../../onnx/protobuf.js';
import { input, sizeOf, type Lowering, type LoweringTable } from '../lowering.js';
import type { Trace } from '../trace.js';
import { arithmetic, cast, onNumbers } from './element-wise.js';

function reducedShape(shape: readonly number[], axes: readonly number[], keepDims: boolean): number[] {
  return keepDims
    ? shape.map((dimension, axis) => (axes.includes(axis) ? 1 : dimension))
    : shape.filter((_, axis) => !axes.includes(axis));
}

/** Operators whose axes became an input before opset 18 and those where they still are an attribute agree now. */
function reduce(
  trace: Trace,
  op: string,
  x: TensorInfo,
  axes: number[],
  keepDims: boolean,
  dtype: DataType,
): TensorInfo {
  const shape = reducedShape(x.shape, axes, keepDims);
  // Without axes ONNX would reduce over all of them.
  if (axes.length === 0) return x;
  const attributes = { keepdims: keepDims ? 1 : 0 };
  return trace.tensor(
    trace.graph.node(op, [trace.name(x), trace.graph.int64(axes)], { attributes }),
    shape,
    dtype,
  );
}

function reduction(op: string): Lowering {
  // Max and Min call their axes `reductionIndices`.
  return (trace, inputs, { axis, reductionIndices, keepDims }) => {
    const x = input(inputs, 'x');
    const axes = tf.util.parseAxisParam((axis ?? reductionIndices ?? null) as number | number[], x.shape);
    return reduce(trace, op, x, axes, Boolean(keepDims), x.dtype);
  };
}

const mean: Lowering = (trace, inputs, attributes) => {
  const x = cast(trace, input(inputs, 'x'), 'float32');
  return reduction('ReduceMean')(trace, { x }, attributes);
};

/** `all` is the minimum of 0 and 1; `any` is a sum above 0, which also holds for no elements at all. */
function logical(op: string): Lowering {
  return (trace, inputs, attributes) => {
    const result = reduction(op)(trace, { x: cast(trace, input(inputs, 'x'), 'int32') }, attributes);
    return cast(trace, result as TensorInfo, 'bool');
  };
}

function argument(op: string): Lowering {
  return (trace, inputs, { axis }) => {
    const x = arithmetic(trace, input(inputs, 'x'));
    const index = tf.util.parseAxisParam(axis as number, x.shape)[0]!;
    const shape = reducedShape(x.shape, [index], false);
    const position = trace.graph.node(op, [trace.name(x)], { attributes: { axis: index, keepdims: 0 } });
    return trace.tensor(
      trace.graph.node('Cast', [position], { attributes: { to: ONNX_TYPE.int32 } }),
      shape,
      'int32',
    );
  };
}

const cumulativeSum: Lowering = (trace, inputs, { axis, exclusive, reverse }) => {
  const x = arithmetic(trace, input(inputs, 'x'));
  const axisName = trace.graph.constant([], 'int64', BigInt64Array.of(BigInt(axis as number)));
  const attributes = { exclusive: exclusive ? 1 : 0, reverse: reverse ? 1 : 0 };
  return trace.tensor(
    trace.graph.node('CumSum', [trace.name(x), axisName], { attributes }),
    x.shape,
    x.dtype,
  );
};

const softmax: Lowering = (trace, inputs, { dim }) => {
  const logits = input(inputs, 'logits');
  if (sizeOf(logits.shape) === 0) return logits; // the WebGPU provider fails on it
  const name = trace.graph.node('Softmax', [trace.name(logits)], { attributes: { axis: dim as number } });
  return trace.tensor(name, logits.shape, 'float32');
};

/** Kernels that combine elements along axes. */
export const REDUCTIONS: LoweringTable = {
  Sum: reduction('ReduceSum'),
  Mean: mean,
  Max: onNumbers(reduction('ReduceMax')),
  Min: onNumbers(reduction('ReduceMin')),
  Prod: reduction('ReduceProd'),
  All: logical('ReduceMin'),
  Any: logical('ReduceSum'),
  ArgMax: argument('ArgMax'),
  ArgMin: argument('ArgMin'),
  Cumsum: cumulativeSum,
  Softmax: softmax,
};
