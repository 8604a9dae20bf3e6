import tf from '@tensorflow/tfjs';
import type { Tensor, Tensor1D } from '@tensorflow/tfjs';
import type { Case, Tolerance } from './case.js';
import { bools, distinct, floats, given, ints, offGrid, type Operand } from './operand.js';

type Draw = (shape: readonly number[]) => Operand;

/** Shapes of two operands: equal, one wider than the other, both growing, scalars, ranks apart, sizes 1 and 0. */
const BROADCASTS: readonly (readonly [readonly number[], readonly number[]])[] = [
  [
    [2, 3],
    [2, 3],
  ],
  [[2, 3], [3]],
  [[3], [2, 3]],
  [
    [2, 1, 4],
    [3, 1],
  ],
  [[4], [2, 3, 1]],
  [[], [2, 3]],
  [[2, 3], []],
  [[], []],
  [[1], [1, 1]],
  [
    [0, 3],
    [1, 3],
  ],
  [[0], []],
  [
    [2, 1],
    [1, 0],
  ],
];

/** Shapes of one operand. */
const SHAPES: readonly (readonly number[])[] = [[2, 3], [], [1], [0, 2], [2, 1, 3]];

/** Largest finite float32. */
const LARGEST = 3.4028234663852886e38;

/** Values that formulas trip over. */
const SPECIAL: readonly number[] = [
  0,
  -0,
  1,
  -1,
  1e-7,
  -1e-7,
  30,
  -30,
  90,
  -90,
  LARGEST,
  -LARGEST,
  Infinity,
  -Infinity,
  NaN,
];

const NUMBERS = SPECIAL.filter((value) => !Number.isNaN(value));

const NO_DERIVATIVE = 'it has none there, or an infinite one';

/** Why TensorFlow.js itself cannot differentiate some broadcasts. */
const EMPTY_BROADCAST = 'TensorFlow.js does not sum the gradient of a broadcast to no elements';
const BROADCAST = "TensorFlow.js's gradient of this kernel leaves broadcasting out";

function binary(
  op: (a: Tensor, b: Tensor) => Tensor,
  draws: Readonly<Record<string, readonly [Draw, Draw]>>,
  { differentiableBroadcast = true } = {},
): Case[] {
  return Object.entries(draws).flatMap(([name, [drawA, drawB]]) =>
    BROADCASTS.map(([a, b]): Case => {
      const broadcast = a.join() !== b.join();
      const empty = a.includes(0) || b.includes(0);
      const noGradient = broadcast
        ? empty
          ? EMPTY_BROADCAST
          : differentiableBroadcast
            ? undefined
            : BROADCAST
        : undefined;
      return {
        name: `${name} [${a.join()}] with [${b.join()}]`,
        operands: [drawA(a), drawB(b)],
        compute: (x: Tensor, y: Tensor) => op(x, y),
        ...(noGradient === undefined ? {} : { noGradient }),
      };
    }),
  );
}

const FLOATS: readonly [Draw, Draw] = [floats, floats];
const INTS: readonly [Draw, Draw] = [ints, ints];
const BOOLS: readonly [Draw, Draw] = [bools, bools];
const positive: Draw = (shape) => floats(shape, 0.5, 3);
const nonZeroInts: Draw = (shape) => {
  const { data } = ints(shape, 1, 5);
  return given(
    shape,
    'int32',
    [...data].map((value, index) => (index % 2 ? -value : value)),
  );
};
/** As {@link offGrid}, and never equal to it. */
const offGridShifted: Draw = (shape) => {
  const { data } = offGrid(shape);
  return given(
    shape,
    'float32',
    [...data].map((value) => value + 0.125),
  );
};

/** Special values against each other. */
function specialPairs(op: (a: Tensor, b: Tensor) => Tensor): Case {
  return {
    name: 'special values',
    operands: [given([SPECIAL.length, 1], 'float32', SPECIAL), given([SPECIAL.length], 'float32', SPECIAL)],
    compute: op,
    noGradient: NO_DERIVATIVE,
    special: true,
  };
}

function unary(
  op: (x: Tensor) => Tensor,
  draws: Readonly<Record<string, Draw>> = { floats },
  options: { readonly special?: readonly number[]; readonly tolerance?: Tolerance } = {},
): Case[] {
  const { special = SPECIAL, tolerance } = options;
  const accuracy = tolerance === undefined ? {} : { tolerance };
  const plain = Object.entries(draws).flatMap(([name, draw]) =>
    SHAPES.map((shape) => ({
      name: `${name} [${shape.join()}]`,
      operands: [draw(shape)],
      compute: op,
      ...accuracy,
    })),
  );
  return [
    ...plain,
    {
      name: 'special values',
      operands: [given([special.length], 'float32', special)],
      compute: op,
      noGradient: NO_DERIVATIVE,
      special: true,
      ...accuracy,
    },
  ];
}

/** The same computation of one operand in each element type. */
function everyType(
  name: string,
  shape: readonly number[],
  compute: (x: Tensor) => Tensor | readonly Tensor[],
): Case[] {
  const operands = { float32: floats(shape), int32: ints(shape), bool: bools(shape) };
  return Object.entries(operands).map(([type, operand]) => ({
    name: `${name} of ${type} [${shape.join()}]`,
    operands: [operand],
    compute,
  }));
}

const axesName = (axes: number | number[] | undefined): string =>
  axes === undefined ? 'all' : JSON.stringify(axes);

/** Every way to name axes, on shapes with and without empty dimensions. */
function reduction(
  op: (x: Tensor, axis?: number | number[], keepDims?: boolean) => Tensor,
  draws: Readonly<Record<string, Draw>>,
  emptyShapes: readonly (readonly number[])[] = [[2, 0, 3]],
): Case[] {
  const axes: (number | number[] | undefined)[] = [undefined, 0, -1, [0, 2], [-1, -3], []];
  return Object.entries(draws).flatMap(([type, draw]) => {
    const make = (shape: readonly number[], axis: number | number[] | undefined, keep: boolean): Case => ({
      name: `${type} [${shape.join()}] over ${axesName(axis)}${keep ? ', kept' : ''}`,
      operands: [draw(shape)],
      compute: (x) => op(x, axis, keep),
    });
    return [
      ...axes.flatMap((axis) => [false, true].map((keep) => make([2, 3, 4], axis, keep))),
      make([], undefined, false),
      make([1], 0, false),
      make([4, 1], 1, true),
      ...emptyShapes.flatMap((shape) => [make(shape, 1, false), make(shape, undefined, true)]),
    ];
  });
}

function oneCase(
  name: string,
  operands: readonly Operand[],
  compute: Case['compute'],
  options: Partial<Case> = {},
): Case {
  return { name, operands, compute, ...options };
}

const asIndices = (x: Tensor): Tensor1D => x as Tensor1D;

const comparisons = (op: (a: Tensor, b: Tensor) => Tensor): Case[] => [
  ...binary(op, { floats: [offGrid, offGrid], ints: INTS, bools: BOOLS }),
  specialPairs(op),
];

/**
 * Operands and calls for every kernel that can be traced, by its name. What is expected is what TensorFlow.js's own
 * JavaScript kernels compute.
 */
export const KERNEL_CASES: Readonly<Record<string, readonly Case[]>> = {
  Add: [
    ...binary((a, b) => tf.add(a, b), {
      floats: FLOATS,
      ints: INTS,
      'ints and floats': [ints, floats],
      'bools and ints': [bools, ints],
    }),
    oneCase('zero to a narrower tensor', [floats([3])], (x) => [
      tf.add(x, tf.zeros([2, 3])),
      tf.add(tf.zeros([2, 3]), x),
    ]),
    oneCase('zero of another type', [ints([3])], (x) => [tf.add(x, 0), tf.add(tf.zeros([3]), x)]),
  ],
  Sub: [
    ...binary((a, b) => tf.sub(a, b), { floats: FLOATS, ints: INTS, 'floats and bools': [floats, bools] }),
    oneCase('zero', [floats([3])], (x) => [tf.sub(x, tf.zeros([2, 3])), tf.sub(tf.zeros([3]), x)]),
  ],
  Multiply: [
    ...binary((a, b) => tf.mul(a, b), {
      floats: FLOATS,
      ints: INTS,
      bools: BOOLS,
      'bools and floats': [bools, floats],
    }),
    oneCase('one', [floats([3])], (x) => [tf.mul(x, tf.ones([2, 3])), tf.mul(1, x)]),
  ],
  RealDiv: [
    ...binary((a, b) => tf.div(a, b), { floats: [floats, positive], 'bools and floats': [bools, positive] }),
    oneCase('one', [positive([3])], (x) => [tf.div(x, tf.ones([2, 3])), tf.div(1, x)]),
    specialPairs((a, b) => tf.div(a, b)),
  ],
  AddN: [
    oneCase('two', [floats([2, 3]), floats([2, 3])], (a, b) => tf.addN([a, b])),
    oneCase('three ints', [ints([4]), ints([4]), ints([4])], (...all) => tf.addN(all)),
    oneCase('one', [floats([2])], (a) => tf.addN([a])),
    oneCase('empty', [floats([0, 2]), floats([0, 2])], (a, b) => tf.addN([a, b])),
  ],
  Maximum: [
    ...binary(
      (a, b) => tf.maximum(a, b),
      { floats: [offGrid, offGridShifted], ints: INTS, bools: BOOLS },
      { differentiableBroadcast: false },
    ),
    specialPairs((a, b) => tf.maximum(a, b)),
  ],
  Minimum: [
    ...binary(
      (a, b) => tf.minimum(a, b),
      { floats: [offGrid, offGridShifted], ints: INTS, bools: BOOLS },
      { differentiableBroadcast: false },
    ),
    specialPairs((a, b) => tf.minimum(a, b)),
  ],
  Pow: [
    ...binary((a, b) => tf.pow(a, b), {
      floats: [positive, floats],
      ints: [ints, (shape) => ints(shape, 0, 3)],
      'floats and ints': [floats, (shape) => ints(shape, 0, 3)],
    }),
    oneCase(
      'negative bases',
      [floats([4], -3, -1), given([4], 'float32', [2, 3, -1, 0.5])],
      (a, b) => tf.pow(a, b),
      { noGradient: NO_DERIVATIVE, special: true },
    ),
  ],
  FloorDiv: [
    ...binary((a, b) => tf.floorDiv(a, b), { ints: [ints, nonZeroInts], floats: [floats, positive] }),
    oneCase(
      'above the integers that float32 holds',
      [given([4], 'int32', [16777217, -16777217, 2147483647, -2147483647]), given([2, 1], 'int32', [1, -2])],
      (a, b) => tf.floorDiv(a, b),
    ),
  ],
  Mod: [
    ...binary((a, b) => tf.mod(a, b), {
      ints: [ints, nonZeroInts],
      floats: [(shape) => floats(shape, 0.1, 0.9), (shape) => floats(shape, 1, 2)],
    }),
    oneCase(
      'signs',
      [given([4], 'float32', [5.5, -5.5, 5.5, -5.5]), given([4], 'float32', [2, 2, -2, -2])],
      (a, b) => tf.mod(a, b),
    ),
  ],
  SquaredDifference: binary(
    (a, b) => tf.squaredDifference(a, b),
    { floats: FLOATS, ints: INTS },
    { differentiableBroadcast: false },
  ),
  Greater: comparisons((a, b) => tf.greater(a, b)),
  GreaterEqual: comparisons((a, b) => tf.greaterEqual(a, b)),
  Less: comparisons((a, b) => tf.less(a, b)),
  LessEqual: comparisons((a, b) => tf.lessEqual(a, b)),
  Equal: comparisons((a, b) => tf.equal(a, b)),
  NotEqual: comparisons((a, b) => tf.notEqual(a, b)),
  LogicalAnd: binary((a, b) => tf.logicalAnd(a, b), { bools: BOOLS }),
  LogicalOr: binary((a, b) => tf.logicalOr(a, b), { bools: BOOLS }),
  LogicalNot: SHAPES.map((shape) => oneCase(`[${shape.join()}]`, [bools(shape)], (x) => tf.logicalNot(x))),
  Select: [
    ...Object.entries({ floats, ints, bools }).flatMap(([type, draw]) =>
      (
        [
          [
            [2, 3],
            [2, 3],
            [2, 3],
          ],
          [[3], [2, 3], [1, 3]],
          [[2, 1], [3], [2, 1]],
          [[], [2], [2]],
          [[2], [], []],
          [
            [0, 2],
            [0, 2],
            [0, 2],
          ],
        ] as const
      ).map(([condition, a, b]) =>
        oneCase(
          `${type} [${condition.join()}] [${a.join()}] [${b.join()}]`,
          [bools(condition), draw(a), draw(b)],
          (c, x, y) => tf.where(c, x, y),
        ),
      ),
    ),
  ],
  Abs: unary((x) => tf.abs(x), { floats: offGrid, ints }),
  Neg: unary((x) => tf.neg(x), { floats, ints }),
  // NaN is left out: its sign is 0 in TensorFlow.js and NaN in ONNX.
  Sign: unary((x) => tf.sign(x), { floats: offGrid, ints }, { special: NUMBERS }),
  Square: unary((x) => tf.square(x), { floats, ints }),
  Relu: unary((x) => tf.relu(x), { floats: offGrid, ints, bools }),
  LeakyRelu: unary((x) => tf.leakyRelu(x, 0.3), { floats: offGrid }),
  Step: [
    // NaN is left out: it gives NaN in TensorFlow.js and counts as not above 0 here, which saves ReLU's gradient a pass.
    ...unary((x) => tf.step(x), { floats: offGrid, ints }, { special: NUMBERS }),
    ...unary((x) => tf.step(x, 0.5), { 'floats with a slope': offGrid }).slice(0, 1),
  ],
  ClipByValue: [
    ...unary((x) => tf.clipByValue(x, -1, 1), { floats: offGrid, ints }),
    oneCase('both bounds apart from zero', [offGrid([6])], (x) => tf.clipByValue(x, 0.5, 1.5)),
  ],
  Exp: unary((x) => tf.exp(x)),
  Expm1: unary(
    (x) => tf.expm1(x),
    { floats, 'tiny floats': (shape) => floats(shape, -1e-5, 1e-5) },
    { tolerance: { relative: 5e-6, absolute: 0 } },
  ),
  Log: unary((x) => tf.log(x), { floats: positive }),
  Log1p: unary(
    (x) => tf.log1p(x),
    { floats: positive, 'tiny floats': (shape) => floats(shape, -1e-5, 1e-5) },
    { tolerance: { relative: 5e-6, absolute: 0 } },
  ),
  Sqrt: unary((x) => tf.sqrt(x), { floats: positive }),
  Rsqrt: unary((x) => tf.rsqrt(x), { floats: positive }),
  Reciprocal: unary((x) => tf.reciprocal(x), { floats: positive }),
  Sin: unary((x) => tf.sin(x), { floats }, { special: [0, 3, -100, 1000] }),
  Cos: unary((x) => tf.cos(x), { floats }, { special: [0, 3, -100, 1000] }),
  Tanh: unary((x) => tf.tanh(x)),
  Erf: unary((x) => tf.erf(x)),
  Sigmoid: unary((x) => tf.sigmoid(x)),
  Softplus: unary((x) => tf.softplus(x)),
  Elu: unary((x) => tf.elu(x), { floats: offGrid }),
  EluGrad: [
    oneCase('of both signs', [offGrid([2, 3])], (x) => tf.grad((y) => tf.elu(y))(x), {
      noGradient: 'it is one itself',
    }),
  ],
  Floor: unary((x) => tf.floor(x), { floats: offGrid }),
  Ceil: unary((x) => tf.ceil(x), { floats: offGrid }),
  Round: unary(
    (x) => tf.round(x),
    { floats: offGrid },
    { special: [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, Infinity] },
  ),
  IsNan: unary((x) => tf.isNaN(x)),
  Cast: (['float32', 'int32', 'bool'] as const).flatMap((to) => [
    ...everyType(`to ${to}`, [2, 3], (x) => tf.cast(x, to)),
    ...everyType(`to ${to}`, [0], (x) => tf.cast(x, to)),
    oneCase(`to ${to}, of what is filled`, [], () =>
      (['float32', 'int32', 'bool'] as const).map((from) =>
        tf.cast(tf.fill([2], from === 'float32' ? -2.7 : 1, from), to),
      ),
    ),
  ]),
  Identity: [
    ...everyType('clone', [2, 3], (x) => tf.clone(x)),
    ...everyType('clone', [0], (x) => tf.clone(x)),
  ],

  Sum: reduction((x, axis, keep) => tf.sum(x, axis, keep), { floats, ints, bools }),
  // A mean, maximum or minimum of nothing is left out: ONNX Runtime refuses to give one.
  Mean: reduction((x, axis, keep) => tf.mean(x, axis, keep), { floats, ints, bools }, []),
  Max: reduction((x, axis, keep) => tf.max(x, axis, keep), { floats: distinct, ints, bools }, []),
  Min: reduction((x, axis, keep) => tf.min(x, axis, keep), { floats: distinct, ints, bools }, []),
  Prod: reduction((x, axis, keep) => tf.prod(x, axis, keep), {
    floats,
    ints: (shape) => ints(shape, -2, 2),
    bools,
  }).map((each) => ({
    ...each,
    noGradient: 'it would need Cumprod, which ONNX lacks',
  })),
  // All of nothing, which is true, is left out: the JavaScript kernel reads a value that is not there.
  All: reduction((x, axis, keep) => tf.all(x, axis as number[], keep), { bools }, []),
  Any: reduction((x, axis, keep) => tf.any(x, axis as number[], keep), { bools }),
  ...Object.fromEntries(
    (['ArgMax', 'ArgMin'] as const).map((kernel) => {
      const op = (x: Tensor, axis: number): Tensor =>
        kernel === 'ArgMax' ? tf.argMax(x, axis) : tf.argMin(x, axis);
      return [
        kernel,
        [
          ...[0, 1, -1, -2].flatMap((axis) => everyType(`over ${axis}`, [3, 4], (x) => op(x, axis))),
          oneCase('ties', [given([2, 4], 'float32', [1, 3, 3, 1, 2, 2, 2, 2])], (x) => op(x, 1)),
          oneCase('a vector', [floats([5])], (x) => op(x, 0)),
        ].map((each) => ({ ...each, noGradient: 'positions do not move' })),
      ];
    }),
  ),
  // Negative axes are left out: TensorFlow.js gives its own JavaScript kernel a wrong order of axes for them.
  Cumsum: [
    ...[0, 1].flatMap((axis) =>
      [false, true].flatMap((exclusive) =>
        [false, true].flatMap((reverse) =>
          everyType(
            `over ${axis}${exclusive ? ', exclusive' : ''}${reverse ? ', reverse' : ''}`,
            [2, 3],
            (x) => tf.cumsum(x, axis, exclusive, reverse),
          ).map((each) =>
            axis === 1
              ? each
              : {
                  ...each,
                  noGradient: 'TensorFlow.js leaves the gradient transposed for all but the last axis',
                },
          ),
        ),
      ),
    ),
    ...everyType('empty', [0, 2], (x) => tf.cumsum(x, 1)),
  ],
  Softmax: [
    ...SHAPES.filter((shape) => shape.length > 0).map((shape) =>
      oneCase(`[${shape.join()}]`, [floats(shape)], (x) => tf.softmax(x)),
    ),
    oneCase('large logits', [given([2, 3], 'float32', [1000, 999, 998, -1e9, 0, -1e9])], (x) =>
      tf.softmax(x),
    ),
  ],

  Reshape: [
    ...everyType('to a matrix', [2, 6], (x) => tf.reshape(x, [4, 3])),
    ...everyType('to the rest', [2, 6], (x) => tf.reshape(x, [-1, 2, 2])),
    ...everyType('to a scalar', [1, 1], (x) => tf.reshape(x, [])),
    ...everyType('from a scalar', [], (x) => tf.reshape(x, [1, 1])),
    ...everyType('of nothing', [0, 3], (x) => tf.reshape(x, [3, 0, 2])),
  ],
  ExpandDims: [0, 1, 2, -1, -2, -3].flatMap((axis) =>
    everyType(`at ${axis}`, [2, 3], (x) => tf.expandDims(x, axis)),
  ),
  Transpose: [
    ...everyType('reversed', [2, 3, 4], (x) => tf.transpose(x)),
    ...everyType('turned', [2, 3, 4], (x) => tf.transpose(x, [1, 2, 0])),
    ...everyType('not at all', [2, 3], (x) => tf.transpose(x, [0, 1])),
    ...everyType('of nothing', [0, 3], (x) => tf.transpose(x)),
    ...everyType('within heads', [2, 3, 2, 2], (x) => tf.transpose(x, [0, 2, 1, 3])),
  ],
  Slice: [
    ...everyType('inside', [3, 4], (x) => tf.slice(x, [1, 1], [2, 2])),
    ...everyType('to the end', [3, 4], (x) => tf.slice(x, [1, 2], [-1, -1])),
    ...everyType('rows', [3, 4], (x) => tf.slice(x, 1, 2)),
    ...everyType('nothing', [3, 4], (x) => tf.slice(x, [1, 0], [0, 4])),
    ...everyType('of nothing', [0, 4], (x) => tf.slice(x, [0, 1], [0, 2])),
    ...everyType('everything', [5], (x) => tf.slice(x, 0)),
  ],
  StridedSlice: [
    ...everyType('every second', [5, 4], (x) => tf.stridedSlice(x, [0, 1], [5, 4], [2, 2])),
    ...everyType('backwards', [5, 4], (x) => tf.stridedSlice(x, [4, 3], [-6, -5], [-1, -2])),
    ...everyType('backwards, by halves', [5], (x) => tf.stridedSlice(x, [3], [0], [-2])),
    ...everyType('from negative bounds', [5, 4], (x) => tf.stridedSlice(x, [-3, -2], [-1, 4], [1, 1])),
    ...everyType('with open bounds', [5, 4], (x) => tf.stridedSlice(x, [1, 1], [2, 2], [1, 1], 1, 2)),
    ...everyType('with a new and a lost axis', [5, 4], (x) =>
      tf.stridedSlice(x, [0, 2, 1], [0, 3, 3], [1, 1, 1], 0, 0, 0, 1, 2),
    ),
    ...everyType('with an ellipsis', [2, 3, 4], (x) =>
      tf.stridedSlice(x, [0, 0, 1], [2, 0, 3], [1, 1, 1], 0, 0, 2),
    ),
    ...everyType('of nothing', [0], (x) => tf.stridedSlice(x, [0], [0], [1])),
  ],
  Reverse: [undefined, 0, -1, [0, 2], []].flatMap((axis) => [
    ...everyType(`over ${axesName(axis)}`, [2, 3, 4], (x) => tf.reverse(x, axis)),
    ...everyType(`over ${axesName(axis)} of nothing`, [2, 0, 4], (x) => tf.reverse(x, axis)),
  ]),
  PadV2: [
    ...everyType('both sides', [2, 3], (x) =>
      tf.pad(x, [
        [1, 2],
        [0, 1],
      ]),
    ),
    ...everyType('with a value', [3], (x) => tf.pad(x, [[2, 0]], 1)),
    ...everyType('nowhere', [2, 2], (x) =>
      tf.pad(x, [
        [0, 0],
        [0, 0],
      ]),
    ),
    ...everyType('nothing', [0, 2], (x) =>
      tf.pad(
        x,
        [
          [1, 1],
          [0, 1],
        ],
        1,
      ),
    ),
  ],
  Concat: [
    ...Object.entries({ floats, ints, bools }).flatMap(([type, draw]) => [
      ...[0, -2].map((axis) =>
        oneCase(`${type} along ${axis}`, [draw([2, 3]), draw([1, 3]), draw([3, 3])], (...all) =>
          tf.concat(all, axis),
        ),
      ),
      ...[1, -1].map((axis) =>
        oneCase(`${type} along ${axis}`, [draw([2, 3]), draw([2, 1])], (...all) => tf.concat(all, axis)),
      ),
      oneCase(`${type} with nothing`, [draw([2, 3]), draw([0, 3]), draw([1, 3])], (...all) =>
        tf.concat(all, 0),
      ),
      oneCase(`${type}, nothing at all`, [draw([0]), draw([0])], (...all) => tf.concat(all, 0)),
    ]),
    oneCase('a tensor with itself', [floats([2, 2])], (x) => tf.concat([x, x], 1)),
  ],
  Pack: Object.entries({ floats, ints, bools }).flatMap(([type, draw]) => [
    ...[0, 1, 2, -1].map((axis) =>
      oneCase(`${type} along ${axis}`, [draw([2, 3]), draw([2, 3])], (...all) => tf.stack(all, axis)),
    ),
    oneCase(`${type}, scalars`, [draw([]), draw([])], (...all) => tf.stack(all)),
    oneCase(`${type}, one`, [draw([2])], (...all) => tf.stack(all)),
    oneCase(`${type}, nothing`, [draw([0, 2]), draw([0, 2])], (...all) => tf.stack(all, 1)),
  ]),
  SplitV: [
    ...everyType('into equal parts', [2, 6], (x) => tf.split(x, 3, 1)),
    ...everyType('into sizes', [2, 6], (x) => tf.split(x, [1, 3, 2], -1)),
    ...everyType('into sizes and the rest', [6], (x) => tf.split(x, [1, -1, 2], 0)),
    ...everyType('with an empty part', [4, 2], (x) => tf.split(x, [0, 3, 1], 0)),
    ...everyType('into one', [4, 2], (x) => tf.split(x, 1, 0)).map((each) => ({
      ...each,
      noGradient: 'TensorFlow.js expects the gradients of several parts',
    })),
    ...everyType('of nothing', [0, 4], (x) => tf.split(x, 2, 1)).map((each) => ({
      ...each,
      noGradient: 'TensorFlow.js joins no empty gradients',
    })),
  ],
  Unpack: [0, 1, -1]
    .flatMap((axis) => everyType(`along ${axis}`, [2, 3], (x) => tf.unstack(x, axis)))
    .concat(everyType('of nothing', [2, 0], (x) => tf.unstack(x, 0))),
  Tile: [
    ...everyType('both axes', [2, 3], (x) => tf.tile(x, [2, 3])),
    ...everyType('one axis', [2, 3], (x) => tf.tile(x, [1, 2])),
    ...everyType('not at all', [2], (x) => tf.tile(x, [1])),
    ...everyType('of nothing', [0, 2], (x) => tf.tile(x, [2, 2])),
    ...everyType('broadcastTo', [3, 1], (x) => tf.broadcastTo(x, [2, 3, 4])),
  ],
  Fill: [
    oneCase('each type', [], () => [
      tf.fill([2, 3], 0.1),
      tf.fill([2], -3, 'int32'),
      tf.fill([2], 1, 'bool'),
      tf.fill([], 7),
      tf.fill([0], 7),
    ]),
  ],
  ZerosLike: everyType('zeros', [2, 3], (x) => tf.zerosLike(x)).map((each) => ({
    ...each,
    noGradient: 'it does not depend on the operand',
  })),
  OnesLike: everyType('ones', [2, 3], (x) => tf.onesLike(x)).map((each) => ({
    ...each,
    noGradient: 'it does not depend on the operand',
  })),
  Range: [
    oneCase('ranges', [], () => [
      tf.range(0, 5),
      tf.range(2, 9, 3, 'int32'),
      tf.range(5, 0),
      tf.range(5, 0, -2, 'int32'),
      tf.range(0, 1, 0.1),
      tf.range(3, 3),
      tf.range(0, 3, -1),
    ]),
  ],

  BatchMatMul: [
    ...[false, true].flatMap((transposeA) =>
      [false, true].flatMap((transposeB) => {
        const matMul = (x: Tensor, y: Tensor): Tensor => tf.matMul(x, y, transposeA, transposeB);
        const left = (leading: number[], rows = 2, inner = 3): number[] => [
          ...leading,
          ...(transposeA ? [inner, rows] : [rows, inner]),
        ];
        const right = (leading: number[], columns = 4, inner = 3): number[] => [
          ...leading,
          ...(transposeB ? [columns, inner] : [inner, columns]),
        ];
        const how = `${transposeA ? 'T' : ''}·${transposeB ? 'T' : ''}`;
        return [
          oneCase(`${how} matrices`, [floats(left([])), floats(right([]))], matMul),
          oneCase(`${how} of integers`, [ints(left([])), ints(right([]))], matMul),
          oneCase(`${how} batches of integers`, [ints(left([2])), ints(right([2]))], matMul),
          oneCase(`${how} batches`, [floats(left([2])), floats(right([2]))], matMul),
          oneCase(`${how} batches of one`, [floats(left([1, 1])), floats(right([1, 1]))], matMul),
          oneCase(`${how} batches in batches`, [floats(left([2, 3])), floats(right([2, 3]))], matMul),
          // Batches that broadcast both ways are left out: the JavaScript kernel returns too few of them.
          oneCase(`${how} broadcast left`, [floats(left([1])), floats(right([3]))], matMul, {
            noGradient: BROADCAST,
          }),
          oneCase(`${how} of nothing`, [floats(left([], 0)), floats(right([]))], matMul),
          oneCase(`${how} over nothing`, [floats(left([], 2, 0)), floats(right([], 4, 0))], matMul),
          oneCase(`${how} no batches`, [floats(left([0])), floats(right([0]))], matMul),
        ];
      }),
    ),
    oneCase('a matrix with a batch', [floats([2, 3]), floats([4, 3, 2])], (a, b) => tf.matMul(a, b), {
      noGradient: BROADCAST,
    }),
  ],

  GatherV2: [
    ...[0, 1, -1].flatMap((axis) =>
      Object.entries({ floats, ints, bools }).map(([type, draw]) =>
        oneCase(`${type} along ${axis}`, [draw([3, 4]), given([5], 'int32', [2, 0, 2, 1, 1])], (x, index) =>
          tf.gather(x, asIndices(index), axis),
        ),
      ),
    ),
    oneCase('rows by a matrix', [floats([4, 2]), given([2, 3], 'int32', [3, 0, 3, 1, 1, 3])], (x, index) =>
      tf.gather(x, asIndices(index)),
    ),
    oneCase('a vector by a scalar', [floats([4]), given([], 'int32', [2])], (x, index) =>
      tf.gather(x, asIndices(index)),
    ),
    oneCase('no rows', [floats([4, 2]), given([0], 'int32', [])], (x, index) =>
      tf.gather(x, asIndices(index)),
    ),
    oneCase('empty rows', [floats([4, 0]), given([2], 'int32', [1, 3])], (x, index) =>
      tf.gather(x, asIndices(index)),
    ),
    oneCase('from three axes', [floats([2, 3, 2]), given([2], 'int32', [2, 0])], (x, index) =>
      tf.gather(x, asIndices(index), 1),
    ),
  ],
  GatherNd: Object.entries({ floats, ints, bools }).flatMap(([type, draw]) => [
    oneCase(`${type}, elements`, [draw([3, 4]), given([3, 2], 'int32', [0, 1, 2, 3, 2, 3])], (x, index) =>
      tf.gatherND(x, index),
    ),
    oneCase(`${type}, rows`, [draw([3, 4]), given([2, 1], 'int32', [2, 0])], (x, index) =>
      tf.gatherND(x, index),
    ),
    oneCase(
      `${type}, a matrix of elements`,
      [draw([4]), given([2, 2, 1], 'int32', [3, 0, 1, 1])],
      (x, index) => tf.gatherND(x, index),
    ),
  ]),
  ScatterNd: Object.entries({ floats, ints }).flatMap(([type, draw]) => [
    oneCase(`${type}, elements, some twice`, [given([4, 1], 'int32', [4, 1, 4, 0]), draw([4])], (index, x) =>
      tf.scatterND(index, x, [6]),
    ),
    oneCase(`${type}, rows`, [given([2, 1], 'int32', [2, 0]), draw([2, 3])], (index, x) =>
      tf.scatterND(index, x, [4, 3]),
    ),
    oneCase(
      `${type}, elements of a matrix`,
      [given([3, 2], 'int32', [0, 1, 2, 2, 0, 1]), draw([3])],
      (index, x) => tf.scatterND(index, x, [3, 3]),
    ),
  ]),
  // Integers are left out: the JavaScript kernel makes floats of them.
  UnsortedSegmentSum: Object.entries({ floats }).flatMap(([type, draw]) => [
    oneCase(`${type}, rows`, [draw([5, 2]), given([5], 'int32', [2, 0, 2, 1, 2])], (x, ids) =>
      tf.unsortedSegmentSum(x, asIndices(ids), 4),
    ),
    oneCase(`${type}, elements`, [draw([4]), given([4], 'int32', [1, 1, 0, 1])], (x, ids) =>
      tf.unsortedSegmentSum(x, asIndices(ids), 2),
    ),
    oneCase(`${type}, blocks`, [draw([3, 2, 2]), given([3], 'int32', [1, 0, 1])], (x, ids) =>
      tf.unsortedSegmentSum(x, asIndices(ids), 3),
    ),
    oneCase(`${type}, nothing`, [draw([0, 2]), given([0], 'int32', [])], (x, ids) =>
      tf.unsortedSegmentSum(x, asIndices(ids), 3),
    ),
  ]),
  OneHot: [
    oneCase('floats', [given([4], 'int32', [2, 0, 1, 2])], (x) => tf.oneHot(asIndices(x), 3)),
    oneCase('of a matrix', [given([2, 2], 'int32', [2, 0, 1, 2])], (x) => tf.oneHot(asIndices(x), 3)),
    oneCase('out of range', [given([4], 'int32', [-1, 3, 7, 0])], (x) => tf.oneHot(asIndices(x), 3)),
    oneCase('with values', [given([2], 'int32', [1, 0])], (x) => tf.oneHot(asIndices(x), 3, 0.9, -0.1)),
    oneCase('integers', [given([2], 'int32', [1, 0])], (x) => tf.oneHot(asIndices(x), 3, 5, -2, 'int32')),
    oneCase('truth values', [given([2], 'int32', [1, 0])], (x) => tf.oneHot(asIndices(x), 3, 1, 0, 'bool')),
    oneCase('of nothing', [given([0], 'int32', [])], (x) => tf.oneHot(asIndices(x), 3)),
  ],
};
