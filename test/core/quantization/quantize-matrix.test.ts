import { describe, expect, it } from 'vitest';
import { dequantizeMatrix } from '../../../src/core/quantization/dequantize-matrix.js';
import { bitsPerWeight, type IntegerScheme } from '../../../src/core/quantization/integer-scheme.js';
import { quantizeMatrix } from '../../../src/core/quantization/quantize-matrix.js';
import { blockScale, roundHalfEven, roundTo } from '../../../src/core/quantization/scale.js';
import { GOLDEN, readJson } from '../../golden/golden.js';

interface MatrixCase {
  readonly num_bits: 4 | 8;
  readonly group_size: 32 | null;
  readonly symmetric: boolean;
  readonly weight: number[][];
  readonly scale: number[][];
  readonly zero_point: number[][];
  readonly integers: number[][];
  readonly dequantized: number[][];
}

const { cases } = readJson<{ cases: MatrixCase[] }>(GOLDEN, 'compressed-tensors', 'matrices.json');

const SYMMETRIC: IntegerScheme = { bits: 4, blockSize: 32, symmetric: true, scaleType: 'F32' };

/** Weights that look normal: sums of sines. */
function wavyWeights(count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => Math.sin(i * 1.7) + Math.sin(i * 0.37 + 1) ** 3);
}

function squaredError(a: Float32Array, b: Float32Array, importance?: Float32Array): number {
  return a.reduce((sum, x, i) => sum + (x - b[i]!) ** 2 * (importance?.[i % importance.length] ?? 1), 0);
}

describe('quantizeMatrix', () => {
  it.each(cases)(
    'gives the integers of compressed-tensors: $num_bits bits, groups of $group_size, symmetric $symmetric',
    ({ num_bits: bits, group_size: blockSize, symmetric, weight, ...expected }) => {
      const [outputs, inputs] = [weight.length, weight[0]!.length];
      const scheme: IntegerScheme = { bits, blockSize, symmetric, scaleType: 'F32' };
      const matrix = quantizeMatrix(Float32Array.from(weight.flat()), { outputs, inputs }, scheme);
      const middle = 2 ** (bits - 1);
      const blocks = matrix.scales.length / outputs;
      const step = blockSize === null ? blocks : 1;
      const first = (_: unknown, index: number): boolean => index % step === 0;
      expect([...matrix.scales].filter(first)).toEqual(expected.scale.flat().map(Math.fround));
      if (!symmetric) {
        const zeros = [...matrix.zeroPoints!].filter(first).map((zero) => zero - middle);
        expect(zeros).toEqual(expected.zero_point.flat());
      } else expect(matrix.zeroPoints).toBeUndefined();
      const signed = (index: number): number => {
        const byte = matrix.values[bits === 8 ? index : index >> 1]!;
        return (bits === 8 ? byte : index % 2 === 0 ? byte & 15 : byte >> 4) - middle;
      };
      expect([...Array(outputs * inputs).keys()].map(signed)).toEqual(expected.integers.flat());
      expect([...dequantizeMatrix(matrix)]).toEqual(expected.dequantized.flat().map(Math.fround));
    },
  );

  it('rounds a row worked by hand, with a zero point', () => {
    // From -1 to 2 in 15 steps of 0.2; zero is the fifth integer.
    const row = new Float32Array(32).fill(0);
    row.set([-1, 2, 0.11, 0.29, -0.71]);
    const matrix = quantizeMatrix(row, { outputs: 1, inputs: 32 }, { ...SYMMETRIC, symmetric: false });
    expect([...matrix.scales]).toEqual([Math.fround(0.2)]);
    expect([...matrix.zeroPoints!]).toEqual([5]);
    // 0, 15 | 6, 6 | 1, then zeros at 5; two in a byte, the first in the low half.
    expect([...matrix.values.subarray(0, 4)]).toEqual([0xf0, 0x66, 0x51, 0x55]);
    expect([...dequantizeMatrix(matrix)].slice(0, 6).map((x) => Number(x.toFixed(6)))).toEqual([
      -1, 2, 0.2, 0.2, -0.8, 0,
    ]);
  });

  it('repeats the scale of a whole row for blocks that divide it', () => {
    const weights = wavyWeights(2 * 96);
    const matrix = quantizeMatrix(
      weights,
      { outputs: 2, inputs: 96 },
      { ...SYMMETRIC, bits: 8, blockSize: null },
    );
    expect(matrix.blockSize).toBe(32);
    const scales = [...matrix.scales];
    const largest = [0, 1].map((row) => Math.max(...weights.subarray(row * 96, row * 96 + 96).map(Math.abs)));
    expect(scales).toEqual(largest.flatMap((x) => Array<number>(3).fill(Math.fround(x / 127.5))));
  });

  it('pads the last block of a row that is no multiple of it', () => {
    const weights = wavyWeights(2 * 40);
    const matrix = quantizeMatrix(weights, { outputs: 2, inputs: 40 }, SYMMETRIC);
    expect(matrix.values).toHaveLength(2 * 2 * 16);
    const largestStep = Math.max(...matrix.scales);
    const restored = dequantizeMatrix(matrix);
    expect(restored).toHaveLength(80);
    // The largest of a block may be off by half a step and more is never cut.
    restored.forEach((x, i) => expect(Math.abs(x - weights[i]!)).toBeLessThanOrEqual(0.5001 * largestStep));
  });

  it('never does worse with a searched range, by the error that it minimises', () => {
    const shape = { outputs: 8, inputs: 128 };
    const weights = wavyWeights(8 * 128);
    const importance = Float32Array.from({ length: 128 }, (_, i) => 1 + (i % 7) ** 2);
    for (const symmetric of [true, false]) {
      for (const weighed of [undefined, importance]) {
        const scheme = { ...SYMMETRIC, symmetric };
        const error = (searchRange: boolean): number =>
          squaredError(
            dequantizeMatrix(quantizeMatrix(weights, shape, scheme, { searchRange, importance: weighed })),
            weights,
            weighed,
          );
        expect(error(true)).toBeLessThan(0.97 * error(false));
      }
    }
  });

  it('divides by scales as they are stored', () => {
    const weights = wavyWeights(64);
    const { scales } = quantizeMatrix(
      weights,
      { outputs: 1, inputs: 64 },
      { ...SYMMETRIC, scaleType: 'BF16' },
    );
    // bfloat16 keeps the upper half of a float32.
    const bits = new Uint32Array(scales.buffer);
    expect([...bits].map((word) => word & 0xffff)).toEqual([0, 0]);
  });

  it('refuses weights whose scale the type cannot hold', () => {
    const weights = new Float32Array(32).fill(1e6);
    expect(() =>
      quantizeMatrix(weights, { outputs: 1, inputs: 32 }, { ...SYMMETRIC, scaleType: 'F16' }),
    ).toThrow('weights of row 0 are too large for scales in F16');
  });
});

describe('scales', () => {
  it('gives blocks of zeros a scale all the same', () => {
    expect(blockScale(0, 0, SYMMETRIC)).toEqual({ scale: 2 ** -23, zeroPoint: 8 });
    const matrix = quantizeMatrix(new Float32Array(32), { outputs: 1, inputs: 32 }, SYMMETRIC);
    expect([...dequantizeMatrix(matrix)]).toEqual(Array(32).fill(0));
  });

  it('rounds halves to even', () => {
    expect([0.5, 1.5, 2.5, -0.5, -1.5, 2.4999].map((x) => roundHalfEven(x) + 0)).toEqual([0, 2, 2, 0, -2, 2]);
  });

  it('rounds to the types of storage', () => {
    // 1/3 is 0.333251953125 in float16 and 0.333984375 in bfloat16.
    expect([roundTo('F16', 1 / 3), roundTo('BF16', 1 / 3)]).toEqual([0.333251953125, 0.333984375]);
  });

  it('counts the bits of a weight', () => {
    expect(bitsPerWeight({ ...SYMMETRIC, scaleType: 'BF16', blockSize: 64 }, 256)).toBe(4.25);
    expect(bitsPerWeight({ ...SYMMETRIC, scaleType: 'BF16', blockSize: 32, symmetric: false }, 256)).toBe(
      4.625,
    );
    expect(bitsPerWeight({ ...SYMMETRIC, bits: 8, scaleType: 'F32', blockSize: null }, 256)).toBe(8.125);
  });
});
