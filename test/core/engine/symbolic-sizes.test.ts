import tf from '@tensorflow/tfjs';
import { afterAll, describe, expect, it } from 'vitest';
import type { Engine, Program } from '../../../src/core/engine/engine.js';
import { OnnxRuntimeEngine } from '../../../src/core/engine/onnxruntime/engine.js';
import { quantizedProduct } from '../../../src/core/engine/operations/quantized-product.js';
import { createReferenceEngine } from '../../../src/core/engine/reference-engine.js';
import { concreteShape, standInSizes } from '../../../src/core/engine/tracing/symbolic-sizes.js';
import type { QuantizedMatrix } from '../../../src/core/quantization/quantized-matrix.js';

const compiled = new OnnxRuntimeEngine({ provider: 'cpu', threads: 1 });
const eager = await createReferenceEngine();
afterAll(async () => {
  await compiled.dispose();
  await eager.dispose();
});

const sizes = standInSizes('batch', 'length');
const numbers = (count: number): Float32Array => Float32Array.from({ length: count }, (_, i) => Math.sin(i));

/** Runs a program of one input [batch, length, 6] and one output y on both engines, for several sizes. */
async function agree(body: (x: tf.Tensor) => tf.Tensor): Promise<void> {
  const program: Program = {
    name: 'a program for any size',
    symbolic: sizes,
    inputs: { x: { shape: [sizes.batch, sizes.length, 6], dtype: 'float32' } },
    body: ({ x }) => ({ y: body(x!) }),
  };
  const executables = await Promise.all([compiled, eager].map((engine: Engine) => engine.compile(program)));
  for (const [batch, length] of [
    [1, 1],
    [2, 3],
    [5, 1],
    [3, 17],
  ] as const) {
    const x = numbers(batch * length * 6);
    const [found, expected] = await Promise.all(
      executables.map((executable) => executable.run({ x }, {}, { batch, length })),
    );
    expect(found!['y']!.length).toBe(expected!['y']!.length);
    found!['y']!.forEach((value, index) => {
      expect(value).toBeCloseTo(expected!['y']![index] as number, 5);
    });
  }
}

describe('one graph for all sizes', () => {
  it.each<[string, (x: tf.Tensor) => tf.Tensor]>([
    ['rows folded and unfolded', (x) => tf.reshape(tf.mul(tf.reshape(x, [-1, 6]), 2), x.shape)],
    ['dimensions in another order', (x) => tf.transpose(x, [2, 1, 0])],
    ['heads split', (x) => tf.reshape(x, [x.shape[0]!, x.shape[1]!, 2, 3])],
    ['a product of sizes with a number', (x) => tf.reshape(x, [x.shape[0]! * 2, x.shape[1]! * 3])],
    ['part of each row', (x) => tf.slice(x, [0, 0, 2], [-1, -1, 3])],
    ['a mean over a size', (x) => tf.mean(x, 1)],
    ['ones of that shape', (x) => tf.concat([x, tf.onesLike(x)], 2)],
    ['rows repeated', (x) => tf.tile(x, [1, 1, 2])],
  ])('%s', async (_name, body) => agree(body));

  it('refuses numbers made for a size that is not known', async () => {
    const program: Program = {
      name: 'positions from nowhere',
      symbolic: sizes,
      inputs: { x: { shape: [sizes.length], dtype: 'float32' } },
      body: ({ x }) => ({ y: tf.add(x!, tf.range(0, x!.shape[0]!, 1, 'float32')) }),
    };
    await expect(compiled.compile(program)).rejects.toThrow('depends on a size that each run chooses');
  });

  it('knows what stands for what', () => {
    const standIns = standInSizes('a', 'b');
    expect(concreteShape([standIns.a, 3, standIns.a * standIns.b * 2, 0], standIns, { a: 5, b: 7 })).toEqual([
      5, 3, 70, 0,
    ]);
    expect(() => concreteShape([standIns.b], standIns, { a: 5 })).toThrow('how large b is');
  });
});

describe('quantizedProduct', () => {
  // Rows of 24 are a block of 16 and half of another. Integers and scales that float32 and 8-bit inputs hold exactly.
  const integers = Array.from({ length: 3 * 24 }, (_, index) => (index * 5) % 16);
  const scales = Float32Array.of(0.5, 0.25, 1, 2, 0.5, 4);
  const zeroPoints = Uint8Array.of(3, 8, 0, 15, 7, 1);
  const offsets = Float32Array.of(1, -2, 0.5, 0, -1, 8);

  function matrix(bits: 4 | 8, parts: Partial<QuantizedMatrix>): QuantizedMatrix {
    const values = new Uint8Array((3 * 2 * 16 * bits) / 8);
    integers.forEach((integer, index) => {
      const place = Math.floor(index / 24) * 32 + (index % 24);
      if (bits === 8) values[place] = integer;
      else values[place >> 1]! |= integer << (place % 2 === 0 ? 0 : 4);
    });
    return { outputs: 3, inputs: 24, bits, blockSize: 16, values, scales, ...parts };
  }

  /** By the definition: scale * (q - zeroPoint) + offset. */
  function expected(x: ArrayLike<number>, bits: 4 | 8, parts: Partial<QuantizedMatrix>): number[] {
    return [0, 1, 2].map((output) => {
      let sum = 0;
      for (let input = 0; input < 24; input++) {
        const block = output * 2 + Math.floor(input / 16);
        const zero = parts.zeroPoints?.[block] ?? 2 ** (bits - 1);
        const weight =
          scales[block]! * (integers[output * 24 + input]! - zero) + (parts.offsets?.[block] ?? 0);
        sum += x[input]! * weight;
      }
      return sum;
    });
  }

  const cases = ([4, 8] as const).flatMap((bits) =>
    [{}, { zeroPoints }, { offsets }, { zeroPoints, offsets }].map(
      (parts) => [bits, Object.keys(parts).join(' and ') || 'neither', parts] as const,
    ),
  );
  it.each(cases)('%i bits with %s', async (bits, _name, parts) => {
    const program: Program = {
      name: 'a quantised product',
      symbolic: sizes,
      inputs: { x: { shape: [sizes.batch, 24], dtype: 'float32' } },
      body: ({ x }) => ({ y: quantizedProduct(x!, matrix(bits, parts)) }),
    };
    const x = Float32Array.from({ length: 2 * 24 }, (_, index) => ((index * 11) % 7) - 3);
    const wanted = [...expected(x.subarray(0, 24), bits, parts), ...expected(x.subarray(24), bits, parts)];
    const largest = Math.max(...wanted.map(Math.abs));
    for (const engine of [eager, compiled]) {
      const executable = await engine.compile(program);
      const { y } = await executable.run({ x }, {}, { batch: 2 });
      y!.forEach((value, index) => {
        // Inputs of the compiled product are rounded to 8 bits.
        const tolerance = engine === eager ? 1e-5 : 0.01;
        expect(Math.abs((value as number) - wanted[index]!)).toBeLessThan(tolerance * largest);
      });
    }
  });
});
