import tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StorageType } from '../../../src/core/checkpoints/checkpoint.js';
import type { Engine, TensorData } from '../../../src/core/engine/engine.js';
import { OnnxRuntimeEngine } from '../../../src/core/engine/onnxruntime/engine.js';
import { createReferenceEngine } from '../../../src/core/engine/reference-engine.js';
import { dequantizeMatrix } from '../../../src/core/quantization/dequantize-matrix.js';
import { fakeQuantize } from '../../../src/core/quantization/fake-quantization.js';
import type { IntegerScheme } from '../../../src/core/quantization/integer-scheme.js';
import { quantizeMatrix } from '../../../src/core/quantization/quantize-matrix.js';
import { compare, GOLDEN, readJson } from '../../golden/golden.js';

interface RoundingCase {
  readonly bits: 4 | 8;
  readonly block_size: 32 | null;
  readonly scale_type: StorageType;
  readonly weight: number[][];
  readonly upstream: number[][];
  readonly rounded: number[][];
  readonly gradient: number[][];
}

const { roundings } = readJson<{ roundings: RoundingCase[] }>(GOLDEN, 'fake-quantization.json');

const ENGINES: Readonly<Record<string, () => Promise<Engine>>> = {
  reference: createReferenceEngine,
  onnxruntime: async () => new OnnxRuntimeEngine({ provider: 'cpu', threads: 1 }),
};

describe.each(Object.entries(ENGINES))('fakeQuantize on the engine %s', (_, createEngine) => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await createEngine();
  });
  afterAll(() => engine.dispose());

  /** The rounded weight, and its gradient where `upstream` is that of the rounded one. */
  async function round(
    weight: Float32Array,
    shape: readonly [number, number],
    scheme: IntegerScheme,
    upstream = new Float32Array(weight.length),
  ): Promise<Record<string, TensorData>> {
    const spec = { shape, dtype: 'float32' as const };
    const executable = await engine.compile({
      name: 'rounding of a weight',
      inputs: { weight: spec, upstream: spec },
      body: (inputs) => {
        const rounding = (x: Tensor): Tensor => fakeQuantize(x, scheme);
        const { value, grad } = tf.valueAndGrad((x) => tf.sum(tf.mul(rounding(x), inputs['upstream']!)))(
          inputs['weight']!,
        );
        return { rounded: rounding(inputs['weight']!), gradient: grad, sum: value };
      },
    });
    const results = await executable.run({ weight, upstream });
    await executable.dispose();
    return results;
  }

  it.each(roundings)(
    'rounds and passes gradients as PyTorch does: $bits bits, blocks of $block_size, scales in $scale_type',
    async ({ bits, block_size: blockSize, scale_type: scaleType, weight, upstream, ...expected }) => {
      const [flat, above] = [weight, upstream].map((rows) => Float32Array.from(rows.flat()));
      const { rounded, gradient } = await round(
        flat!,
        [weight.length, weight[0]!.length],
        { bits, blockSize, symmetric: true, scaleType },
        above,
      );
      expect(compare(rounded!, expected.rounded.flat()).difference).toBeLessThan(1e-6);
      expect(compare(gradient!, expected.gradient.flat()).difference).toBeLessThan(1e-6);
    },
  );

  it.each([
    [4, 32, 'BF16'],
    [4, 64, 'F16'],
    [4, 128, 'F32'],
    [8, null, 'BF16'],
    [8, 32, 'F16'],
    [8, null, 'F32'],
  ] as const)(
    'gives the bits of what is stored: %i bits, blocks of %s, scales in %s',
    async (bits, blockSize, scaleType) => {
      const [outputs, inputs] = [96, 256];
      // Rows of very different magnitudes; a hash of the index, as even as random numbers and always the same.
      const weight = Float32Array.from({ length: outputs * inputs }, (_unused, i) => {
        const even = ((Math.imul(i + 1, 0x9e3779b1) ^ Math.imul(i + 7, 0x85ebca6b)) >>> 0) / 2 ** 32 - 0.5;
        return even * 2 ** ((Math.floor(i / inputs) % 24) - 16);
      });
      weight.fill(0, 0, 128);
      weight.fill(-0, 128, 130);
      const scheme: IntegerScheme = { bits, blockSize, symmetric: true, scaleType };
      const { rounded } = await round(weight, [outputs, inputs], scheme);
      const stored = dequantizeMatrix(quantizeMatrix(weight, { outputs, inputs }, scheme));
      const bytes = ({ buffer, byteOffset, byteLength }: TensorData): Buffer =>
        Buffer.from(buffer, byteOffset, byteLength);
      expect(Buffer.compare(bytes(rounded!), bytes(stored))).toBe(0);
    },
  );

  it.each(['BF16', 'F16'] as const)('rounds scales that lie half-way to the even %s', async (scaleType) => {
    // Largest weights of 7.5 · s, with s half-way between two values of the type, and just beside.
    const kept = { BF16: 7, F16: 10 }[scaleType];
    const scales = [...Array(64).keys()].flatMap((step) => {
      const halfway = 2 ** ((step % 20) - 12) * (1 + (step + 0.5) * 2 ** -kept);
      return [halfway, halfway * (1 + 2 ** -20), halfway * (1 - 2 ** -20)];
    });
    const weight = new Float32Array(scales.length * 32);
    scales.forEach((scale, row) => weight.set([7.5 * scale, -3 * scale, 2.4 * scale], row * 32));
    const scheme: IntegerScheme = { bits: 4, blockSize: 32, symmetric: true, scaleType };
    const { rounded } = await round(weight, [scales.length, 32], scheme);
    const stored = dequantizeMatrix(quantizeMatrix(weight, { outputs: scales.length, inputs: 32 }, scheme));
    expect(compare(rounded!, stored).difference).toBe(0);
  });
});
