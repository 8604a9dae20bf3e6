import { spawnSync } from 'node:child_process';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine, Program, TensorData, TensorSpec } from '../../../src/core/engine/engine.js';
import { createReferenceEngine } from '../../../src/core/engine/reference-engine.js';

const vector = (length: number): TensorSpec => ({ shape: [length], dtype: 'float32' });

let engine: Engine;
beforeAll(async () => {
  engine = await createReferenceEngine();
});
afterAll(() => engine.dispose());

describe('programs', () => {
  /** Sum of squares: value and gradient are 14 and [2, 4, 6] at [1, 2, 3], by hand. */
  const sumOfSquares: Program = {
    name: 'sum of squares',
    inputs: { x: vector(3) },
    body: ({ x }) => {
      const { value, grad } = tf.valueAndGrad((t: tf.Tensor) => tf.sum(tf.square(t)))(x!);
      return { value, gradient: grad };
    },
  };

  it('computes values and gradients from host data and from cells', async () => {
    const executable = await engine.compile(sumOfSquares);
    const x = new Float32Array([1, 2, 3]);
    for (const feed of [x, await engine.cell(vector(3), x)]) {
      expect(await executable.run({ x: feed })).toEqual({
        value: new Float32Array([14]),
        gradient: new Float32Array([2, 4, 6]),
      });
    }
    expect(executable.outputs).toEqual({ value: { shape: [], dtype: 'float32' }, gradient: vector(3) });
  });

  const residentGradient: Program = { ...sumOfSquares, resident: ['gradient'] };

  it('knows its outputs before it ran', async () => {
    const executable = await engine.compile({
      name: 'compare',
      inputs: { x: { shape: [2, 3], dtype: 'int32' } },
      body: ({ x }) => ({ largest: tf.max(x!, 1), positive: tf.greater(x!, 0) }),
    });
    expect(executable.outputs).toEqual({
      largest: { shape: [2], dtype: 'int32' },
      positive: { shape: [2, 3], dtype: 'bool' },
    });
    expect(await executable.run({ x: new Int32Array([1, -2, 3, -4, 0, -6]) })).toEqual({
      largest: new Int32Array([3, 0]),
      positive: new Uint8Array([1, 0, 1, 0, 0, 0]),
    });
  });

  it('stores outputs into cells, a fed one included', async () => {
    const executable = await engine.compile({
      name: 'swap',
      resident: ['a', 'b'],
      inputs: { a: vector(2), b: vector(2) },
      body: ({ a, b }) => ({ a: b!, b: a!, sum: tf.add(a!, b!) }),
    });
    const a = await engine.cell(vector(2), new Float32Array([1, 2]));
    const b = await engine.cell(vector(2));
    await b.write(new Float32Array([10, 20]));
    expect(await executable.run({ a, b }, { a, b })).toEqual({ sum: new Float32Array([11, 22]) });
    expect(await a.read()).toEqual(new Float32Array([10, 20]));
    expect(await b.read()).toEqual(new Float32Array([1, 2]));
    await b.clear();
    expect(await b.read()).toEqual(new Float32Array(2));
  });

  it('shares no memory with its caller', async () => {
    const executable = await engine.compile({
      name: 'pass through',
      resident: ['same', 'tail'],
      inputs: { x: vector(4) },
      // The CPU backend returns a view for both.
      body: ({ x }) => ({ same: x!, tail: tf.slice(x!, [2], [2]), tailToHost: tf.slice(x!, [2], [2]) }),
    });
    const x = new Float32Array([1, 2, 3, 4]);
    const same = await engine.cell(vector(4), x);
    const tail = await engine.cell(vector(2));
    const { tailToHost } = await executable.run({ x }, { same, tail });
    x.fill(9);
    tailToHost!.fill(8);
    (await same.read()).fill(7);
    expect(await same.read()).toEqual(new Float32Array([1, 2, 3, 4]));
    expect(await tail.read()).toEqual(new Float32Array([3, 4]));
  });

  it('leaks no tensors, not even when it fails', async () => {
    const executable = await engine.compile(residentGradient);
    const gradient = await engine.cell(vector(3));
    const wrong = await engine.cell(vector(2));
    const before = tf.memory().numTensors;
    await executable.run({ x: new Float32Array(3) }, { gradient });
    expect(executable.outputs).toBeDefined();
    await expect(executable.run({ x: new Float32Array(3) }, { gradient: wrong })).rejects.toThrow();
    const failing = await engine.compile({
      name: 'failing',
      inputs: { x: vector(3) },
      body: ({ x }) => ({ y: tf.matMul(tf.square(x!), x!) }),
    });
    await expect(failing.run({ x: new Float32Array(3) })).rejects.toThrow();
    expect(tf.memory().numTensors).toBe(before);
    gradient.dispose();
    wrong.dispose();
    expect(tf.memory().numTensors).toBe(before - 2);
  });

  it.each<[string, Record<string, TensorData>, RegExp]>([
    ['a missing input', {}, /inputs of sum of squares: missing x/],
    ['an unknown input', { x: new Float32Array(3), y: new Float32Array(3) }, /unknown y \(there are: x\)/],
    ['a wrong length', { x: new Float32Array(4) }, /input x .*float32 \[3\] needs 3 elements, but got 4/],
    ['a wrong element type', { x: new Int32Array(3) }, /input x .*needs a Float32Array/],
  ])('refuses %s', async (_, feeds, message) => {
    const executable = await engine.compile(sumOfSquares);
    await expect(executable.run(feeds)).rejects.toThrow(message);
  });

  it('refuses cells of another shape, another engine, or none, and outputs that do not exist', async () => {
    const executable = await engine.compile(residentGradient);
    const x = await engine.cell(vector(3));
    const two = await engine.cell(vector(2));
    const gradient = await engine.cell(vector(3));
    const shapes = /holds float32 \[2\], float32 \[3\] is needed/;
    await expect(executable.run({ x: two }, { gradient })).rejects.toThrow(shapes);
    await expect(executable.run({ x }, { gradient: two })).rejects.toThrow(/output gradient .*float32 \[3\]/);
    await expect(executable.run({ x })).rejects.toThrow(
      /resident outputs of sum of squares: missing gradient/,
    );
    await expect(executable.run({ x }, { gradient, loss: two })).rejects.toThrow(/unknown loss/);
    const mistaken = await engine.compile({ ...sumOfSquares, resident: ['loss'] });
    await expect(mistaken.run({ x }, { loss: two })).rejects.toThrow(/has no output loss/);
    const other = await createReferenceEngine();
    await expect(executable.run({ x: await other.cell(vector(3)) }, { gradient })).rejects.toThrow(
      /belongs to another engine/,
    );
    await other.dispose();
    x.dispose();
    await expect(executable.run({ x }, { gradient })).rejects.toThrow(/disposed/);
    await expect(x.read()).rejects.toThrow(/disposed/);
    await expect(engine.cell(vector(3), new Float32Array(2))).rejects.toThrow(/needs 3 elements/);
  });
});

describe('element-wise updates', () => {
  const momentum = {
    name: 'momentum',
    state: ['parameter', 'velocity'],
    readOnly: ['gradient'],
    scalars: ['rate', 'decay'],
    body: ({ parameter, velocity, gradient, rate, decay }: Readonly<Record<string, tf.Tensor>>) => {
      const next = tf.add(tf.mul(velocity!, decay!), gradient!);
      return { parameter: tf.sub(parameter!, tf.mul(rate!, next)), velocity: next };
    },
  };

  it('applies SGD with momentum in place to groups of any shape (two steps worked by hand)', async () => {
    const update = await engine.compileElementwise(momentum);
    const group = async (shape: number[], parameter: number[], gradient: number[]) => ({
      parameter: await engine.cell({ shape, dtype: 'float32' }, new Float32Array(parameter)),
      velocity: await engine.cell({ shape, dtype: 'float32' }),
      gradient: await engine.cell({ shape, dtype: 'float32' }, new Float32Array(gradient)),
    });
    const groups = [await group([2], [1, 2], [1, -1]), await group([1, 1], [8], [4])];
    const scalars = { rate: 0.5, decay: 0.5 };
    await update.apply(groups, scalars);
    // velocity = gradient; parameter - 0.5 * gradient
    expect(await groups[0]!.parameter.read()).toEqual(new Float32Array([0.5, 2.5]));
    expect(await groups[1]!.parameter.read()).toEqual(new Float32Array([6]));
    await update.apply(groups, scalars);
    // velocity = 1.5 * gradient; parameter - 0.75 * gradient more
    expect(await groups[0]!.parameter.read()).toEqual(new Float32Array([-0.25, 3.25]));
    expect(await groups[1]!.velocity.read()).toEqual(new Float32Array([6]));
    expect(await groups[1]!.parameter.read()).toEqual(new Float32Array([3]));
    expect(await groups[1]!.gradient.read()).toEqual(new Float32Array([4]));
  });

  it('refuses wrong names and shapes before it touches any cell', async () => {
    const update = await engine.compileElementwise(momentum);
    const cell = (length: number) => engine.cell(vector(length), new Float32Array(length).fill(1));
    const good = { parameter: await cell(2), velocity: await cell(2), gradient: await cell(2) };
    const scalars = { rate: 1, decay: 1 };
    await expect(update.apply([good], { rate: 1 })).rejects.toThrow(/scalars of momentum: missing decay/);
    const odd = { ...good, gradient: await cell(3) };
    await expect(update.apply([good, odd], scalars)).rejects.toThrow(/gradient in group 1 of momentum/);
    const incomplete = { parameter: good.parameter, gradient: good.gradient };
    await expect(update.apply([good, incomplete], scalars)).rejects.toThrow(/missing velocity/);
    expect(await good.parameter.read()).toEqual(new Float32Array([1, 1]));
  });
});

it('leaves the current TensorFlow.js backend as it found it', async () => {
  class OtherBackend extends tf.KernelBackend {}
  tf.registerBackend('other', () => new OtherBackend(), -1);
  await tf.setBackend('other');
  const seen: string[] = [];
  const executable = await engine.compile({
    name: 'look',
    inputs: { x: vector(1) },
    body: ({ x }) => {
      seen.push(tf.getBackend());
      return { y: tf.neg(x!) };
    },
  });
  expect(await executable.run({ x: new Float32Array([2]) })).toEqual({ y: new Float32Array([-2]) });
  expect(seen).toEqual(['cpu']);
  expect(tf.getBackend()).toBe('other');
  await tf.setBackend('cpu');
});

it('loads TensorFlow.js only when an engine is made, and then writes nothing to the terminal', () => {
  const source = new URL('../../../src/core/engine/reference-engine.ts', import.meta.url);
  const script = `
    import { createRequire } from 'node:module';
    import { createReferenceEngine } from ${JSON.stringify(source.href)};
    const { cache } = createRequire(import.meta.url);
    const loaded = () => Object.keys(cache).some((path) => path.includes('tfjs-core'));
    const before = loaded();
    const engine = await createReferenceEngine();
    await engine.cell({ shape: [1], dtype: 'float32' });
    process.stdout.write(JSON.stringify([before, loaded()]));
  `;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', '--input-type=module', '-e', script],
    { encoding: 'utf8' },
  );
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual([false, true]);
});
