import tf from '../../tensorflow-js.js';
import type { DataType, NamedTensorInfoMap, TensorInfo } from '@tensorflow/tfjs';
import { ONNX_TYPE } from '../../onnx/protobuf.js';
import { input, type Lowering, type LoweringTable } from '../lowering.js';
import type { Trace } from '../trace.js';

function broadcastShape(a: TensorInfo, b: TensorInfo): number[] {
  return tf.backend_util.assertAndGetBroadcastShape(a.shape, b.shape);
}

function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((dimension, index) => dimension === b[index]);
}

/** Operands of a broadcasting node. Where both shrink to scalars the result still needs its full shape. */
function operands(trace: Trace, a: TensorInfo, b: TensorInfo, shape: number[]): [string, string] {
  if (sameShape(a.shape, shape) && trace.fillOf(a) === undefined)
    return [trace.name(a), trace.broadcastName(b)];
  if (sameShape(b.shape, shape) && trace.fillOf(b) === undefined)
    return [trace.broadcastName(a), trace.name(b)];
  return [trace.name(a), trace.name(b)];
}

/** Gives `tensor` back when it already is the result of an operation that changes nothing. */
function unchanged(tensor: TensorInfo, shape: number[], dtype: DataType): TensorInfo | undefined {
  return sameShape(tensor.shape, shape) && tensor.dtype === dtype ? tensor : undefined;
}

function binary(op: string, dtype?: DataType): Lowering {
  return (trace, inputs) => {
    const [a, b] = [input(inputs, 'a'), input(inputs, 'b')];
    const shape = broadcastShape(a, b);
    return trace.tensor(trace.graph.node(op, operands(trace, a, b, shape)), shape, dtype ?? a.dtype);
  };
}

/** Binary operations with an element that changes nothing (0 for a sum, 1 for a product) skip it. */
function binaryWithNeutral(op: string, neutral: number, commutative: boolean): Lowering {
  const lower = binary(op);
  return (trace, inputs, attributes) => {
    const [a, b] = [input(inputs, 'a'), input(inputs, 'b')];
    const shape = broadcastShape(a, b);
    const kept =
      (trace.fillOf(b) === neutral ? unchanged(a, shape, a.dtype) : undefined) ??
      (commutative && trace.fillOf(a) === neutral ? unchanged(b, shape, a.dtype) : undefined);
    return kept ?? lower(trace, inputs, attributes);
  };
}

function unary(op: string, dtype?: DataType): Lowering {
  return (trace, inputs) => {
    const x = input(inputs, 'x');
    return trace.tensor(trace.graph.node(op, [trace.name(x)]), x.shape, dtype ?? x.dtype);
  };
}

/** ONNX has some functions for floats only: other types go through float32, as tfjs defines their result. */
function floatUnary(op: string): Lowering {
  return (trace, inputs) => {
    const x = asFloat(trace, input(inputs, 'x'));
    return trace.tensor(trace.graph.node(op, [trace.name(x)]), x.shape, 'float32');
  };
}

/** Converts to another element type; tfjs truncates towards zero, as ONNX does. */
export function cast(trace: Trace, x: TensorInfo, dtype: DataType): TensorInfo {
  if (x.dtype === dtype) return x;
  const to = ONNX_TYPE[dtype as 'float32' | 'int32' | 'bool'];
  return trace.tensor(trace.graph.node('Cast', [trace.name(x)], { attributes: { to } }), x.shape, dtype);
}

function asFloat(trace: Trace, x: TensorInfo): TensorInfo {
  return cast(trace, x, 'float32');
}

/** ONNX's arithmetic has no bool operands. */
export function arithmetic(trace: Trace, x: TensorInfo): TensorInfo {
  return x.dtype === 'bool' ? cast(trace, x, 'int32') : x;
}

/** Computes with truth values as the integers 0 and 1, and makes the result one again: 1 + 1 is true. */
export function onNumbers(lower: Lowering): Lowering {
  return (trace, inputs, attributes) => {
    const tensors = Object.entries(inputs) as [string, TensorInfo][];
    if (!tensors.some(([, { dtype }]) => dtype === 'bool')) return lower(trace, inputs, attributes);
    const numbers: NamedTensorInfoMap = {};
    for (const [key, tensor] of tensors) numbers[key] = arithmetic(trace, tensor);
    return cast(trace, lower(trace, numbers, attributes) as TensorInfo, 'bool');
  };
}

function node(trace: Trace, op: string, names: string[], like: TensorInfo, dtype?: DataType): TensorInfo {
  return trace.tensor(trace.graph.node(op, names), like.shape, dtype ?? like.dtype);
}

function constantLike(trace: Trace, value: number, dtype: DataType): string {
  return trace.broadcastName(trace.filled(value, [], dtype));
}

/**
 * The quotient rounded towards minus infinity, as an integer. Integer division in ONNX rounds towards zero, which is one
 * too many where something remains and the signs differ.
 */
const floorDivide: Lowering = (trace, inputs) => {
  const [a, b] = [input(inputs, 'a'), input(inputs, 'b')];
  const { graph } = trace;
  const shape = broadcastShape(a, b);
  const names = [trace.name(a), trace.name(b)];
  if (a.dtype === 'int32') {
    const zero = constantLike(trace, 0, 'int32');
    const remains = graph.node('Not', [graph.node('Equal', [graph.node('Mod', names), zero])]);
    const signsDiffer = graph.node(
      'Xor',
      names.map((name) => graph.node('Less', [name, zero])),
    );
    const excess = graph.node('Cast', [graph.node('And', [remains, signsDiffer])], {
      attributes: { to: ONNX_TYPE.int32 },
    });
    return trace.tensor(graph.node('Sub', [graph.node('Div', names), excess]), shape, 'int32');
  }
  const floor = graph.node('Floor', [graph.node('Div', names)]);
  return cast(trace, trace.tensor(floor, shape, 'float32'), 'int32');
};

/** Remainder with the sign of the divisor, for floats too, where ONNX's own has the sign of the dividend. */
const modulo: Lowering = (trace, inputs) => {
  const [a, b] = [input(inputs, 'a'), input(inputs, 'b')];
  const shape = broadcastShape(a, b);
  const { graph } = trace;
  if (a.dtype === 'int32')
    return trace.tensor(graph.node('Mod', [trace.name(a), trace.name(b)]), shape, 'int32');
  const floor = graph.node('Floor', [graph.node('Div', [trace.name(a), trace.name(b)])]);
  return trace.tensor(
    graph.node('Sub', [trace.name(a), graph.node('Mul', [floor, trace.name(b)])]),
    shape,
    'float32',
  );
};

/** The WebGPU provider fails on some powers whose operands differ in shape: there both are given the same. */
const power: Lowering = (trace, inputs, attributes) => {
  if (trace.target !== 'webgpu') return binary('Pow')(trace, inputs, attributes);
  const [a, b] = [input(inputs, 'a'), input(inputs, 'b')];
  const shape = broadcastShape(a, b);
  const names = [a, b].map((x) =>
    sameShape(x.shape, shape)
      ? trace.name(x)
      : trace.graph.node('Expand', [trace.name(x), trace.sizes.list(shape)]),
  );
  return trace.tensor(trace.graph.node('Pow', names), shape, a.dtype);
};

const squaredDifference: Lowering = (trace, inputs) => {
  const [a, b] = [input(inputs, 'a'), input(inputs, 'b')];
  const shape = broadcastShape(a, b);
  const difference = trace.graph.node('Sub', operands(trace, a, b, shape));
  return trace.tensor(trace.graph.node('Mul', [difference, difference]), shape, a.dtype);
};

const clipByValue: Lowering = (trace, inputs, { clipValueMin, clipValueMax }) => {
  const x = input(inputs, 'x');
  const bound = (value: unknown): string => constantLike(trace, value as number, x.dtype);
  return node(trace, 'Clip', [trace.name(x), bound(clipValueMin), bound(clipValueMax)], x);
};

/** 1 above zero, `alpha` elsewhere: the derivative of ReLU. */
const step: Lowering = (trace, inputs, { alpha }) => {
  const x = input(inputs, 'x');
  const positive = trace.graph.node('Greater', [trace.name(x), constantLike(trace, 0, x.dtype)]);
  const high = constantLike(trace, 1, x.dtype);
  const low = constantLike(trace, (alpha as number | undefined) ?? 0, x.dtype);
  return node(trace, 'Where', [positive, high, low], x);
};

const select: Lowering = (trace, inputs) => {
  const [condition, t, e] = [input(inputs, 'condition'), input(inputs, 't'), input(inputs, 'e')];
  // `tf.where` has broadcast all three to one shape. ONNX Runtime does not select among truth values.
  const names = [t, e].map((tensor) => trace.name(arithmetic(trace, tensor)));
  const chosen = node(trace, 'Where', [trace.name(condition), ...names], arithmetic(trace, t));
  return cast(trace, chosen, t.dtype);
};

function logicalInputs(lower: Lowering): Lowering {
  return (trace, inputs, attributes) => {
    const casted: NamedTensorInfoMap = {};
    for (const [key, value] of Object.entries(inputs)) casted[key] = cast(trace, value as TensorInfo, 'bool');
    return lower(trace, casted, attributes);
  };
}

/** ONNX compares bool only for equality. */
function comparison(op: string): Lowering {
  const lower = binary(op, 'bool');
  return (trace, inputs, attributes) =>
    lower(
      trace,
      { a: arithmetic(trace, input(inputs, 'a')), b: arithmetic(trace, input(inputs, 'b')) },
      attributes,
    );
}

const notEqual: Lowering = (trace, inputs, attributes) => {
  const equal = comparison('Equal')(trace, inputs, attributes) as TensorInfo;
  return node(trace, 'Not', [trace.name(equal)], equal);
};

const square: Lowering = (trace, inputs) => {
  const x = input(inputs, 'x');
  return node(trace, 'Mul', [trace.name(x), trace.name(x)], x);
};

const reciprocalSquareRoot: Lowering = (trace, inputs) => {
  const x = asFloat(trace, input(inputs, 'x'));
  return node(trace, 'Reciprocal', [trace.graph.node('Sqrt', [trace.name(x)])], x);
};

/** ONNX's `Sum` of many is for floats only. */
const addMany: Lowering = (trace, inputs) => {
  const tensors = Object.values(inputs) as TensorInfo[];
  const names = tensors.map((tensor) => trace.name(tensor));
  const [first] = tensors as [TensorInfo];
  const sum =
    first.dtype === 'float32'
      ? trace.graph.node('Sum', names)
      : names.reduce((a, b) => trace.graph.node('Add', [a, b]));
  return trace.tensor(sum, first.shape, first.dtype);
};

const leakyRelu: Lowering = (trace, inputs, { alpha }) => {
  const x = input(inputs, 'x');
  const name = trace.graph.node('LeakyRelu', [trace.name(x)], {
    attributes: { alpha: { float: alpha as number } },
  });
  return trace.tensor(name, x.shape, x.dtype);
};

/** The derivative of ELU from its value y: 1 above zero, y + 1 = exp(x) below. */
const eluGradient: Lowering = (trace, inputs) => {
  const { graph } = trace;
  const [dy, y] = [input(inputs, 'dy'), input(inputs, 'y')];
  const below = graph.node('Min', [trace.name(y), graph.scalar(0)]);
  return node(trace, 'Mul', [trace.name(dy), graph.node('Add', [below, graph.scalar(1)])], y);
};

/** exp(x) - 1 = tanh(x / 2) · (exp(x) + 1), which takes no difference of near numbers where x is small. */
const exponentialMinusOne: Lowering = (trace, inputs) => {
  const { graph } = trace;
  const x = asFloat(trace, input(inputs, 'x'));
  const half = graph.node('Tanh', [graph.node('Mul', [trace.name(x), graph.scalar(0.5)])]);
  return node(
    trace,
    'Mul',
    [half, graph.node('Add', [graph.node('Exp', [trace.name(x)]), graph.scalar(1)])],
    x,
  );
};

/**
 * log(1 + x). Below 1, what rounding u = 1 + x loses is put back: log(u) · x / (u - 1), or x where u is 1 (Goldberg 1991,
 * "What every computer scientist should know about floating-point arithmetic", theorem 4).
 */
const logOnePlus: Lowering = (trace, inputs) => {
  const { graph } = trace;
  const x = asFloat(trace, input(inputs, 'x'));
  const [name, one] = [trace.name(x), graph.scalar(1)];
  const u = graph.node('Add', [name, one]);
  const logarithm = graph.node('Log', [u]);
  const restored = graph.node('Mul', [logarithm, graph.node('Div', [name, graph.node('Sub', [u, one])])]);
  const rounded = graph.node('Where', [graph.node('Less', [name, one]), restored, logarithm]);
  return node(trace, 'Where', [graph.node('Equal', [u, one]), name, rounded], x);
};

const castLowering: Lowering = (trace, inputs, { dtype }) => {
  const x = input(inputs, 'x');
  const fill = trace.fillOf(x);
  const to = dtype as DataType;
  if (fill !== undefined && to !== 'bool')
    return trace.filled(to === 'int32' ? Math.trunc(fill) : fill, x.shape, to);
  return cast(trace, x, to);
};

const identity: Lowering = (_trace, inputs) => {
  const x = input(inputs, 'x');
  return { dataId: x.dataId, shape: x.shape, dtype: x.dtype };
};

const isNotANumber: Lowering = (trace, inputs) => {
  const x = asFloat(trace, input(inputs, 'x'));
  return node(trace, 'IsNaN', [trace.name(x)], x, 'bool');
};

/** Kernels that compute each element from the elements at the same place. */
export const ELEMENT_WISE: LoweringTable = {
  Add: onNumbers(binaryWithNeutral('Add', 0, true)),
  Sub: onNumbers(binaryWithNeutral('Sub', 0, false)),
  Multiply: onNumbers(binaryWithNeutral('Mul', 1, true)),
  RealDiv: binaryWithNeutral('Div', 1, false),
  AddN: addMany,
  Maximum: binary('Max'),
  Minimum: binary('Min'),
  Pow: power,
  FloorDiv: floorDivide,
  Mod: modulo,
  SquaredDifference: squaredDifference,
  Greater: comparison('Greater'),
  GreaterEqual: comparison('GreaterOrEqual'),
  Less: comparison('Less'),
  LessEqual: comparison('LessOrEqual'),
  Equal: comparison('Equal'),
  NotEqual: notEqual,
  LogicalAnd: logicalInputs(binary('And', 'bool')),
  LogicalOr: logicalInputs(binary('Or', 'bool')),
  LogicalNot: logicalInputs(unary('Not', 'bool')),
  Select: select,
  Abs: unary('Abs'),
  Neg: unary('Neg'),
  Sign: unary('Sign'),
  Square: square,
  Relu: onNumbers(unary('Relu')),
  LeakyRelu: leakyRelu,
  Step: step,
  ClipByValue: clipByValue,
  Exp: floatUnary('Exp'),
  Expm1: exponentialMinusOne,
  Log: floatUnary('Log'),
  Log1p: logOnePlus,
  Sqrt: floatUnary('Sqrt'),
  Rsqrt: reciprocalSquareRoot,
  Reciprocal: floatUnary('Reciprocal'),
  Sin: floatUnary('Sin'),
  Cos: floatUnary('Cos'),
  Tanh: floatUnary('Tanh'),
  Erf: floatUnary('Erf'),
  Sigmoid: floatUnary('Sigmoid'),
  Softplus: floatUnary('Softplus'),
  Elu: floatUnary('Elu'),
  EluGrad: eluGradient,
  Floor: floatUnary('Floor'),
  Ceil: floatUnary('Ceil'),
  Round: floatUnary('Round'),
  IsNan: isNotANumber,
  Cast: castLowering,
  Identity: identity,
};
