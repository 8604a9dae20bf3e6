import tf from '@tensorflow/tfjs';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import { loraAdaptation, loraParameterName, type LoraSettings } from '../../../../src/core/adapters/lora.js';
import type { Model } from '../../../../src/core/architectures/architecture.js';
import {
  geluExactKernel,
  geluTanhKernel,
  siluKernel,
} from '../../../../src/core/engine/operations/activations.js';
import { cachedAttention, cacheWidth } from '../../../../src/core/engine/operations/cached-attention.js';
import { pickColumns, subtractOneAt } from '../../../../src/core/engine/operations/columns.js';
import { dropoutMask } from '../../../../src/core/engine/operations/dropout-mask.js';
import { layerNormalization } from '../../../../src/core/engine/operations/layer-normalization.js';
import { rootMeanSquareNormalization } from '../../../../src/core/engine/operations/root-mean-square-normalization.js';
import {
  rotaryEmbedding,
  type RotaryTable,
} from '../../../../src/core/engine/operations/rotary-embedding.js';
import { sumOfSquares } from '../../../../src/core/engine/operations/sum-of-squares.js';
import {
  ACTIVATION_NAMES,
  activationByName,
  gelu,
  geluTanh,
  silu,
} from '../../../../src/core/layers/activation.js';
import { sequenceAttention } from '../../../../src/core/layers/attention.js';
import { joinHeads, splitHeads } from '../../../../src/core/layers/attention-heads.js';
import { embedding } from '../../../../src/core/layers/embedding.js';
import type { ForwardContext } from '../../../../src/core/layers/forward-context.js';
import { linear } from '../../../../src/core/layers/linear.js';
import { layerNorm, rmsNorm } from '../../../../src/core/layers/normalization.js';
import { rotary } from '../../../../src/core/layers/rotary.js';
import { rotaryTable } from '../../../../src/core/layers/rotary-scaling.js';
import { linearCrossEntropy } from '../../../../src/core/losses/linear-cross-entropy.js';
import { tokenLosses } from '../../../../src/core/losses/token-losses.js';
import { EXACT, type Case } from './case.js';
import { floats, given, ints, offGrid, type Operand } from './operand.js';

const EPSILON = 1e-5;

/** What ONNX Runtime computes with a polynomial instead of a library call is a few units in the last place off. */
const APPROXIMATED = { relative: 1e-5, absolute: 2e-6 };

/** Differences and sums of many terms lose digits. */
const SUMMED = { relative: 1e-5, absolute: 5e-6 };

const BY_THE_LAYER = 'the layer that calls it has its own derivative';

const widths: readonly (readonly number[])[] = [
  [2, 3, 8],
  [5, 4],
  [1, 1, 6],
  [3, 5],
];

function overShapes(
  compute: (x: Tensor) => Tensor,
  shapes: readonly (readonly number[])[],
  options: Partial<Case> = {},
): Case[] {
  return shapes.map((shape) => ({
    name: `[${shape.join()}]`,
    operands: [floats(shape, -4, 4)],
    compute,
    tolerance: APPROXIMATED,
    ...options,
  }));
}

/** No scalar: ONNX Runtime's GELU wants a dimension, and a network has no other input for it. */
const activationShapes = [[2, 3, 4], [7], [1, 1], [0, 3]] as const;

/** Where an activation is flat, steep or about to overflow. */
const extremes = given([12], 'float32', [-100, -30, -10, -6, -3, -1e-4, 0, 1e-4, 3, 10, 30, 100]);

function activation(compute: (x: Tensor) => Tensor, options: Partial<Case> = {}): Case[] {
  return [
    ...overShapes(compute, activationShapes, options),
    { name: 'extremes', operands: [extremes], compute, tolerance: APPROXIMATED, ...options },
  ];
}

const TABLE: RotaryTable = rotaryTable(
  { theta: 100, headDimension: 4, contextLength: 16, scaling: undefined },
  16,
);

function rotaryCases(compute: (x: Tensor, positions: Tensor) => Tensor, options: Partial<Case> = {}): Case[] {
  const from = (positions: readonly number[], shape: readonly number[]): Operand =>
    given(shape, 'int32', positions);
  return [
    ['one head', floats([1, 3, 4]), from([0, 1, 2], [1, 3])],
    ['heads and rows, positions that start anew', floats([2, 3, 12]), from([0, 1, 0, 7, 8, 15], [2, 3])],
    ['one token, as in generation', floats([2, 1, 8]), from([5, 9], [2, 1])],
  ].map(([name, x, positions]) => ({
    name: name as string,
    operands: [x as Operand, positions as Operand],
    compute,
    ...options,
  }));
}

interface AttentionShape {
  readonly name: string;
  readonly batch?: number;
  readonly length: number;
  readonly heads: number;
  readonly kvHeads?: number;
  readonly width?: number;
  readonly slidingWindow?: number;
  readonly segments?: readonly number[];
}

function attention({
  name,
  batch = 2,
  length,
  heads,
  kvHeads = heads,
  width = 4,
  slidingWindow,
  segments,
}: AttentionShape): Case {
  return {
    name,
    operands: [
      floats([batch, length, heads * width]),
      floats([batch, length, kvHeads * width]),
      floats([batch, length, kvHeads * width]),
      ...(segments === undefined ? [] : [given([batch, length], 'int32', segments)]),
    ],
    compute: (query, key, value, packed) =>
      sequenceAttention(packed)({
        layer: 0,
        query: query!,
        key: key!,
        value: value!,
        heads,
        kvHeads,
        scale: 1 / Math.sqrt(width),
        slidingWindow,
      }),
    tolerance: SUMMED,
  };
}

interface CachedShape {
  readonly name: string;
  readonly length: number;
  readonly heads: number;
  readonly kvHeads?: number;
  readonly width?: number;
  readonly slidingWindow?: number;
  /** Position of each row's last new token. */
  readonly last: readonly number[];
}

function cached({ name, length, heads, kvHeads = heads, width = 8, slidingWindow, last }: CachedShape): Case {
  const batch = last.length;
  const capacity = 8;
  const cache = (): Operand => floats([batch, kvHeads, capacity, cacheWidth(width)]);
  return {
    name,
    operands: [
      floats([batch, length, heads * width]),
      floats([batch, length, kvHeads * width]),
      floats([batch, length, kvHeads * width]),
      cache(),
      cache(),
      given([batch], 'int32', last),
      given([], 'int32', [Math.max(...last) + 1]),
    ],
    compute: (query, key, value, pastKey, pastValue, lastPositions, totalLength) => {
      const { attended, presentKey, presentValue } = cachedAttention(
        {
          query: query!,
          key: key!,
          value: value!,
          pastKey: pastKey!,
          pastValue: pastValue!,
          lastPositions: lastPositions!,
          totalLength: totalLength!,
        },
        { heads, kvHeads, scale: 1 / Math.sqrt(width), slidingWindow },
      );
      // Beyond a row's last token the cache may hold anything.
      const places = tf.range(0, capacity, 1, 'int32');
      const reached = tf.lessEqual(tf.expandDims(places, 1), tf.reshape(lastPositions!, [batch, 1, 1, 1]));
      const written = tf.cast(reached, 'float32'); // [batch, 1, capacity, 1]
      return [attended, tf.mul(presentKey, written), tf.mul(presentValue, written)];
    },
    noGradient: 'nothing is learnt from generated text',
    tolerance: SUMMED,
  };
}

function contextOf(
  parameters: Readonly<Record<string, Tensor>>,
  adapt?: ForwardContext['adapt'],
): ForwardContext {
  const context = {
    parameter: (name: string): Tensor => parameters[name]!,
    attend: (): Tensor => {
      throw new Error('a linear layer does not attend');
    },
  };
  return adapt === undefined ? context : { ...context, adapt };
}

const linearCases: Case[] = [false, true].flatMap((inputsFirst) =>
  [false, true].flatMap((bias) =>
    [
      [2, 3, 4],
      [5, 4],
      [1, 1, 4],
    ].map((shape) => ({
      name: `[${shape.join()}], weight ${inputsFirst ? '[inputs, outputs]' : '[outputs, inputs]'}${bias ? ', bias' : ''}`,
      operands: [floats(shape), floats(inputsFirst ? [4, 6] : [6, 4]), ...(bias ? [floats([6])] : [])],
      compute: (x: Tensor, weight: Tensor, shift?: Tensor) =>
        linear(
          contextOf({ 'm.weight': weight, ...(shift === undefined ? {} : { 'm.bias': shift }) }),
          'm',
          x,
          {
            bias,
            inputsFirst,
          },
        ),
    })),
  ),
);

const LORA: LoraSettings = { rank: 2, alpha: 3, dropout: 0, targets: 'all-linear', rankStabilized: false };
const ADAPTED = {
  linearLayers: ['first', 'm'].map((module) => ({ module, inputs: 4, outputs: 6, inputsFirst: false })),
} as unknown as Model;

function adaptation(name: string, settings: LoraSettings, counter: number | undefined): Case {
  return {
    name,
    operands: [
      floats([2, 3, 4]),
      floats([6, 4]),
      floats([2, 4]),
      floats([6, 2]),
      ...(counter === undefined ? [] : [given([], 'int32', [counter])]),
    ],
    compute: (x, weight, a, b, step) => {
      const parameters = {
        'm.weight': weight!,
        [loraParameterName('m', 'A')]: a!,
        [loraParameterName('m', 'B')]: b!,
      };
      const parameter = (parameterName: string): Tensor => parameters[parameterName]!;
      return linear(contextOf(parameters, loraAdaptation(ADAPTED, settings, parameter, step)), 'm', x!);
    },
    tolerance: SUMMED,
  };
}

interface LossShape {
  readonly name: string;
  readonly rows: number;
  readonly vocabulary: number;
  readonly weights: Operand;
  /** Logits held at a time. */
  readonly chunk?: number;
}

function crossEntropy({ name, rows, vocabulary, weights, chunk }: LossShape): Case {
  return {
    name,
    operands: [floats([rows, 4]), floats([vocabulary, 4]), ints([rows], 0, vocabulary - 1), weights],
    compute: (hidden, matrix, targets, rowWeights) =>
      linearCrossEntropy(
        hidden as Tensor2D,
        matrix as Tensor2D,
        targets as Tensor1D,
        rowWeights as Tensor1D,
        chunk,
      ),
    withoutGradient: [3],
    tolerance: SUMMED,
  };
}

const columnCases = (compute: (x: Tensor, columns: Tensor) => Tensor): Case[] =>
  [
    [4, 5],
    [1, 2],
    [3, 2],
  ].map(([rows, width]) => ({
    name: `[${rows}, ${width}]`,
    operands: [floats([rows!, width!]), ints([rows!], 0, width! - 1)],
    compute,
    noGradient: BY_THE_LAYER,
  }));

/**
 * Calls of every own operation, layer and loss, by file and export. What is expected is the reference engine, that is
 * their definition in TensorFlow.js operations.
 */
export const OPERATION_CASES: Readonly<Record<string, Readonly<Record<string, readonly Case[]>>>> = {
  'engine/operations/activations': {
    siluKernel: activation(siluKernel, { noGradient: BY_THE_LAYER }),
    geluExactKernel: activation(geluExactKernel, { noGradient: BY_THE_LAYER }),
    geluTanhKernel: activation(geluTanhKernel, { noGradient: BY_THE_LAYER }),
  },
  'engine/operations/cached-attention': {
    cachedAttention: [
      cached({ name: 'first tokens', length: 3, heads: 2, last: [2] }),
      cached({ name: 'further tokens', length: 2, heads: 2, last: [4] }),
      cached({
        name: 'further tokens, grouped heads, sliding window',
        length: 3,
        heads: 4,
        kvHeads: 2,
        slidingWindow: 2,
        last: [5],
      }),
      cached({
        name: 'one token in rows of their own lengths',
        length: 1,
        heads: 4,
        kvHeads: 2,
        last: [4, 0, 7],
      }),
      cached({ name: 'one token, sliding window', length: 1, heads: 2, slidingWindow: 3, last: [6, 2] }),
      cached({ name: 'first tokens of several rows', length: 4, heads: 2, last: [3, 3] }),
      cached({ name: 'heads of a width that is padded', length: 2, heads: 2, width: 6, last: [3] }),
    ],
  },
  'engine/operations/columns': {
    pickColumns: columnCases(pickColumns),
    subtractOneAt: columnCases(subtractOneAt),
  },
  'engine/operations/dropout-mask': {
    dropoutMask: [
      [5, 7, 0.1, 0, 0],
      [1, 1, 0.5, 1, 3],
      [16, 3, 0.9, 2147483647, 200],
    ].map(([rows, columns, rate, counter, stream]) => ({
      name: `${rows} × ${columns} at ${rate}, step ${counter}, stream ${stream}`,
      operands: [given([], 'int32', [counter!])],
      compute: (step: Tensor) => dropoutMask(rows!, columns!, rate!, step, stream!),
      tolerance: EXACT,
    })),
  },
  'engine/operations/layer-normalization': {
    layerNormalization: widths.map((shape) => ({
      name: `[${shape.join()}]`,
      operands: [floats(shape), floats([shape.at(-1)!]), floats([shape.at(-1)!])],
      compute: (x: Tensor, gain: Tensor, bias: Tensor) =>
        Object.values(layerNormalization(x, gain, bias, EPSILON)),
      noGradient: BY_THE_LAYER,
      tolerance: SUMMED,
      neverFilled: [0], // such a row has no deviation, only rounding, to be divided by
    })),
  },
  'engine/operations/root-mean-square-normalization': {
    rootMeanSquareNormalization: widths.map((shape) => ({
      name: `[${shape.join()}]`,
      operands: [floats(shape), floats([shape.at(-1)!])],
      compute: (x: Tensor, gain: Tensor) => Object.values(rootMeanSquareNormalization(x, gain, EPSILON)),
      noGradient: BY_THE_LAYER,
      tolerance: SUMMED,
      neverFilled: [0], // such a row has no deviation, only rounding, to be divided by
    })),
  },
  'engine/operations/rotary-embedding': {
    rotaryEmbedding: [false, true].flatMap((inverse) =>
      rotaryCases((x, positions) => rotaryEmbedding(x, positions, TABLE, inverse), {
        noGradient: BY_THE_LAYER,
      }).map((each) => ({ ...each, name: `${each.name}${inverse ? ', backwards' : ''}` })),
    ),
  },
  'engine/operations/sum-of-squares': {
    sumOfSquares: overShapes(sumOfSquares, [[2, 3, 4], [7], [], [1], [0]], {
      noGradient: 'it is taken of gradients',
    }),
  },
  'layers/activation': {
    silu: activation(silu),
    gelu: activation(gelu),
    geluTanh: activation(geluTanh),
    activationByName: ACTIVATION_NAMES.map((name) => ({
      name,
      operands: [offGrid([3, 4])],
      compute: (x: Tensor) => activationByName(name)(x),
      tolerance: APPROXIMATED,
    })),
  },
  'layers/attention': {
    sequenceAttention: [
      attention({ name: 'one head', length: 3, heads: 1 }),
      attention({ name: 'many heads', length: 5, heads: 3 }),
      attention({ name: 'grouped heads', length: 4, heads: 4, kvHeads: 2 }),
      attention({ name: 'one head of keys', length: 4, heads: 3, kvHeads: 1, width: 2 }),
      attention({ name: 'sliding window', length: 6, heads: 2, slidingWindow: 3 }),
      attention({ name: 'sliding window of one', length: 3, heads: 2, slidingWindow: 1 }),
      attention({ name: 'packed rows', length: 4, heads: 2, segments: [1, 1, 2, 2, 1, 2, 2, 3] }),
      attention({
        name: 'packed rows, grouped heads, sliding window',
        length: 5,
        heads: 4,
        kvHeads: 2,
        slidingWindow: 2,
        segments: [1, 1, 1, 2, 2, 1, 2, 2, 2, 0],
      }),
      // From 128 tokens on, queries are handled in blocks.
      attention({
        name: 'blocks, a wide window',
        batch: 1,
        length: 194,
        heads: 1,
        width: 2,
        slidingWindow: 80,
      }),
      ...[
        attention({ name: 'two blocks', batch: 1, length: 129, heads: 2, kvHeads: 1, width: 2 }),
        attention({
          name: 'three blocks, the last one short, packed rows',
          batch: 1,
          length: 194,
          heads: 2,
          width: 2,
          segments: [...Array(194).keys()].map((place) => Math.floor(place / 50)),
        }),
        attention({
          name: 'blocks, a narrow window',
          batch: 1,
          length: 130,
          heads: 1,
          width: 2,
          slidingWindow: 9,
        }),
      ].map((each) => ({ ...each, long: true })),
      attention({ name: 'a single token', batch: 1, length: 1, heads: 2, width: 2 }),
    ],
  },
  'layers/attention-heads': {
    splitHeads: [1, 3].map((heads) => ({
      name: `${heads} heads`,
      operands: [floats([2, 5, 6])],
      compute: (x: Tensor) => splitHeads(x, heads),
      tolerance: EXACT,
    })),
    joinHeads: [1, 3].map((heads) => ({
      name: `${heads} heads`,
      operands: [floats([2, heads, 5, 2])],
      compute: joinHeads,
      tolerance: EXACT,
    })),
  },
  'layers/embedding': {
    embedding: [
      ['repeated indices', [2, 3], [0, 4, 4, 4, 1, 0]],
      ['one index', [1, 1], [2]],
    ].map(([name, shape, indices]) => ({
      name: name as string,
      operands: [floats([5, 3]), given(shape as number[], 'int32', indices as number[])],
      compute: embedding,
    })),
  },
  'layers/linear': {
    linear: [
      ...linearCases,
      adaptation('adapter', LORA, undefined),
      adaptation(
        'adapter, scaled by the square root of its rank',
        { ...LORA, rankStabilized: true },
        undefined,
      ),
      adaptation('adapter with dropout', { ...LORA, dropout: 0.4 }, 3),
      {
        ...adaptation('adapter on some other layer', { ...LORA, targets: ['first'] }, undefined),
        withoutGradient: [2, 3],
      },
    ],
  },
  'layers/normalization': {
    rmsNorm: widths.map((shape) => ({
      name: `[${shape.join()}]`,
      operands: [floats(shape), floats([shape.at(-1)!])],
      compute: (x: Tensor, gain: Tensor) => rmsNorm(x, gain, EPSILON),
      tolerance: SUMMED,
      neverFilled: [0], // such a row has no deviation, only rounding, to be divided by
    })),
    layerNorm: widths.map((shape) => ({
      name: `[${shape.join()}]`,
      operands: [floats(shape), floats([shape.at(-1)!]), floats([shape.at(-1)!])],
      compute: (x: Tensor, gain: Tensor, bias: Tensor) => layerNorm(x, gain, bias, EPSILON),
      tolerance: SUMMED,
      neverFilled: [0], // such a row has no deviation, only rounding, to be divided by
    })),
  },
  'layers/rotary': { rotary: rotaryCases((x, positions) => rotary(x, positions, TABLE)) },
  'losses/linear-cross-entropy': {
    linearCrossEntropy: [
      crossEntropy({ name: 'one chunk', rows: 5, vocabulary: 7, weights: floats([5], 0.1, 1) }),
      crossEntropy({ name: 'one row', rows: 1, vocabulary: 3, weights: given([1], 'float32', [1]) }),
      crossEntropy({
        name: 'chunks, the last one short',
        rows: 5,
        vocabulary: 7,
        weights: floats([5], 0.1, 1),
        chunk: 14,
      }),
      crossEntropy({
        name: 'a chunk for every row',
        rows: 3,
        vocabulary: 7,
        weights: floats([3], 0.1, 1),
        chunk: 1,
      }),
      crossEntropy({
        name: 'rows left out',
        rows: 4,
        vocabulary: 6,
        weights: given([4], 'float32', [0, 0.5, 0, 0.5]),
      }),
      crossEntropy({
        name: 'rows left out, a chunk of them too',
        rows: 4,
        vocabulary: 6,
        weights: given([4], 'float32', [0, 0, 1, 0]),
        chunk: 12,
      }),
    ],
  },
  'losses/token-losses': {
    tokenLosses: [
      [5, 7],
      [1, 2],
    ].map(([rows, vocabulary]) => ({
      name: `${rows} rows, ${vocabulary} words`,
      operands: [floats([rows!, 4]), floats([vocabulary!, 4]), ints([rows!], 0, vocabulary! - 1)],
      compute: (hidden: Tensor, matrix: Tensor, targets: Tensor) =>
        tokenLosses(hidden as Tensor2D, matrix as Tensor2D, targets as Tensor1D),
      noGradient: 'it is for evaluation',
      tolerance: SUMMED,
    })),
  },
};
