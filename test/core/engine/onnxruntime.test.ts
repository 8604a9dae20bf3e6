import tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  Cell,
  ElementType,
  ElementwiseProgram,
  Engine,
  Program,
  TensorData,
  TensorSpec,
} from '../../../src/core/engine/engine.js';
import { createReferenceEngine } from '../../../src/core/engine/reference-engine.js';
import type { OnnxCell } from '../../../src/core/engine/onnxruntime/cells.js';
import { createTestedEngine, TESTED_DEVICE } from './contract/tested-engine.js';

const vector = (length: number): TensorSpec => ({ shape: [length], dtype: 'float32' });

/** Where cells of the tested device live. */
const LOCATION = TESTED_DEVICE === 'webgpu' ? 'gpu-buffer' : 'cpu';

let engine: Engine;
beforeAll(() => {
  engine = createTestedEngine();
});
afterAll(() => engine.dispose());

const locationOf = (cell: Cell): string => (cell as OnnxCell).tensor.location;

describe(`cells on ${TESTED_DEVICE}`, () => {
  const contents: [string, ElementType, readonly number[], TensorData][] = [
    ['floats', 'float32', [2, 3], Float32Array.of(1.5, -0, 3e38, -1e-38, Math.PI, 7)],
    ['integers', 'int32', [4], Int32Array.of(-(2 ** 31), 2 ** 31 - 1, 0, 16_777_217)],
    ['truth values', 'bool', [5], Uint8Array.of(1, 0, 0, 1, 1)],
    ['a scalar', 'float32', [], Float32Array.of(42)],
    ['nothing', 'float32', [0, 3], new Float32Array(0)],
  ];

  it.each(contents)('keep %s bit for bit', async (_name, dtype, shape, data) => {
    const cell = await engine.cell({ shape, dtype }, data.slice());
    expect(await cell.read()).toEqual(data);
    await cell.write(data.slice().reverse());
    expect(await cell.read()).toEqual(data.slice().reverse());
    expect(locationOf(cell)).toBe(LOCATION);
    await cell.clear();
    expect(await cell.read()).toEqual(data.slice().fill(0));
    expect(locationOf(cell)).toBe(LOCATION);
    cell.dispose();
  });

  it.each(contents)('of %s are zero without data', async (_name, dtype, shape, data) => {
    const cell = await engine.cell({ shape, dtype });
    expect(await cell.read()).toEqual(data.slice().fill(0));
    cell.dispose();
  });

  it('give copies', async () => {
    const cell = await engine.cell(vector(2), Float32Array.of(1, 2));
    (await cell.read()).fill(9);
    expect(await cell.read()).toEqual(Float32Array.of(1, 2));
  });

  it.runIf(TESTED_DEVICE === 'webgpu')('free their buffers once', async () => {
    const cell = await engine.cell(vector(2));
    cell.dispose();
    cell.dispose();
    await expect(cell.read()).rejects.toThrow(/float32 \[2\] is used after it was disposed/);
  });

  it('refuse data of another length', async () => {
    await expect(engine.cell(vector(3), new Float32Array(2))).rejects.toThrow(
      /float32 \[3\] needs 3 elements, but got 2/,
    );
    const cell = await engine.cell(vector(3));
    await expect(cell.write(new Float32Array(4))).rejects.toThrow(/needs 3 elements, but got 4/);
    expect(await cell.read()).toEqual(new Float32Array(3));
  });
});

describe(`programs on ${TESTED_DEVICE}`, () => {
  /** Sum of squares: value and gradient are 14 and [2, 4, 6] at [1, 2, 3], by hand. */
  const sumOfSquares: Program = {
    name: 'sum of squares',
    inputs: { x: vector(3) },
    body: ({ x }) => {
      const { value, grad } = tf.valueAndGrad((t: tf.Tensor) => tf.sum(tf.square(t)))(x!);
      return { value, gradient: grad };
    },
  };

  it('compute values and gradients from host data and from cells', async () => {
    const executable = await engine.compile(sumOfSquares);
    expect(executable.outputs).toEqual({ value: { shape: [], dtype: 'float32' }, gradient: vector(3) });
    const x = Float32Array.of(1, 2, 3);
    for (const feed of [x, await engine.cell(vector(3), x)]) {
      expect(await executable.run({ x: feed })).toEqual({
        value: Float32Array.of(14),
        gradient: Float32Array.of(2, 4, 6),
      });
    }
    await executable.dispose();
  });

  it('return every element type', async () => {
    const executable = await engine.compile({
      name: 'compare',
      inputs: { x: { shape: [2, 3], dtype: 'int32' }, keep: { shape: [3], dtype: 'bool' } },
      body: ({ x, keep }) => ({
        largest: tf.max(x!, 1),
        kept: tf.logicalAnd(tf.greater(x!, 0), keep!),
        halved: tf.div(tf.cast(x!, 'float32'), 2),
      }),
    });
    const keep = await engine.cell({ shape: [3], dtype: 'bool' }, Uint8Array.of(1, 1, 0));
    expect(await executable.run({ x: Int32Array.of(1, -2, 3, -4, 0, 6), keep })).toEqual({
      largest: Int32Array.of(3, 6),
      kept: Uint8Array.of(1, 0, 0, 0, 0, 0),
      halved: Float32Array.of(0.5, -1, 1.5, -2, 0, 3),
    });
    await executable.dispose();
  });

  it('store resident outputs into cells, which stay where they compute', async () => {
    const executable = await engine.compile({ ...sumOfSquares, resident: ['gradient'] });
    const gradient = await engine.cell(vector(3));
    expect(await executable.run({ x: Float32Array.of(1, 2, 3) }, { gradient })).toEqual({
      value: Float32Array.of(14),
    });
    expect(locationOf(gradient)).toBe(LOCATION);
    await executable.dispose();
    // The value outlives the program that computed it.
    expect(await gradient.read()).toEqual(Float32Array.of(2, 4, 6));
    gradient.dispose();
  });

  it('update a cell in place, by an output of the same name, again and again', async () => {
    const executable = await engine.compile({
      name: 'accumulate',
      inputs: { total: vector(3), x: vector(3) },
      resident: ['total'],
      body: ({ total, x }) => ({ total: tf.add(total!, x!), sum: tf.sum(tf.add(total!, x!)) }),
    });
    const total = await engine.cell(vector(3));
    const sums: number[] = [];
    for (const _ of [1, 2, 3]) {
      const { sum } = await executable.run({ total, x: Float32Array.of(1, 10, 100) }, { total });
      sums.push(sum![0]!);
    }
    expect(sums).toEqual([111, 222, 333]);
    expect(await total.read()).toEqual(Float32Array.of(3, 30, 300));
    expect(locationOf(total)).toBe(LOCATION);
    await executable.dispose();
  });

  it('may return an input, a constant and the same value twice', async () => {
    const executable = await engine.compile({
      name: 'pass through',
      inputs: { x: vector(2), unread: vector(4) },
      resident: ['same', 'alsoSum'],
      body: ({ x }) => {
        const sum = tf.add(x!, 1);
        return { same: x!, x: x!, constant: tf.tensor1d([7, 8, 9]), sum, alsoSum: sum, filled: tf.ones([2]) };
      },
    });
    const x = await engine.cell(vector(2), Float32Array.of(1, 2));
    const [same, alsoSum] = [await engine.cell(vector(2)), await engine.cell(vector(2))];
    expect(await executable.run({ x, unread: new Float32Array(4) }, { same, alsoSum })).toEqual({
      x: Float32Array.of(1, 2),
      constant: Float32Array.of(7, 8, 9),
      sum: Float32Array.of(2, 3),
      filled: Float32Array.of(1, 1),
    });
    await x.write(Float32Array.of(5, 6));
    expect(await same.read()).toEqual(Float32Array.of(1, 2));
    expect(await alsoSum.read()).toEqual(Float32Array.of(2, 3));
    // Into the very cell that is fed, too.
    const again = await engine.cell(vector(2));
    await executable.run({ x, unread: new Float32Array(4) }, { same: x, alsoSum: again });
    expect(await x.read()).toEqual(Float32Array.of(5, 6));
    await executable.dispose();
  });

  it.each<[string, Record<string, TensorData>, RegExp]>([
    ['a missing input', {}, /inputs of sum of squares: missing x/],
    [
      'an unknown input',
      { x: new Float32Array(3), y: new Float32Array(3) },
      /inputs of sum of squares: unknown y/,
    ],
    ['a wrong length', { x: new Float32Array(4) }, /input x of sum of squares: .*3 elements, but got 4/],
    ['a wrong element type', { x: new Int32Array(3) }, /input x of sum of squares: .*needs a Float32Array/],
  ])('refuse %s', async (_name, feeds, message) => {
    const executable = await engine.compile(sumOfSquares);
    await expect(executable.run(feeds)).rejects.toThrow(message);
    await executable.dispose();
  });

  it('refuse cells of another shape, and cells that are missing or too many', async () => {
    const executable = await engine.compile({ ...sumOfSquares, resident: ['gradient'] });
    const [two, three] = [await engine.cell(vector(2)), await engine.cell(vector(3))];
    await expect(executable.run({ x: two }, { gradient: three })).rejects.toThrow(
      /input x .*holds float32 \[2\], float32 \[3\] is needed/,
    );
    await expect(executable.run({ x: three }, { gradient: two })).rejects.toThrow(
      /output gradient .*holds float32 \[2\], float32 \[3\] is needed/,
    );
    await expect(executable.run({ x: three })).rejects.toThrow(/missing gradient/);
    await expect(executable.run({ x: three }, { gradient: three, loss: two })).rejects.toThrow(
      /unknown loss/,
    );
    const reference = await createReferenceEngine();
    await expect(executable.run({ x: await reference.cell(vector(3)) }, { gradient: three })).rejects.toThrow(
      /belongs to another engine/,
    );
    await reference.dispose();
    await executable.dispose();
  });
});

describe(`element-wise updates on ${TESTED_DEVICE}`, () => {
  const momentum: ElementwiseProgram = {
    name: 'momentum',
    state: ['parameter', 'velocity'],
    readOnly: ['gradient'],
    scalars: ['rate', 'decay'],
    body: ({ parameter, velocity, gradient, rate, decay }) => {
      const next = tf.add(tf.mul(velocity!, decay!), gradient!);
      return { parameter: tf.sub(parameter!, tf.mul(rate!, next)), velocity: next };
    },
  };

  it('apply SGD with momentum in place to groups of any shape (two steps worked by hand)', async () => {
    const update = await engine.compileElementwise(momentum);
    const group = async (shape: number[], parameter: number[], gradient: number[]) => ({
      parameter: await engine.cell({ shape, dtype: 'float32' }, Float32Array.from(parameter)),
      velocity: await engine.cell({ shape, dtype: 'float32' }),
      gradient: await engine.cell({ shape, dtype: 'float32' }, Float32Array.from(gradient)),
    });
    const groups = [
      await group([2], [1, 2], [1, -1]),
      await group([1, 1], [8], [4]),
      await group([2], [0, 0], [2, 4]),
    ];
    const scalars = { rate: 0.5, decay: 0.5 };
    await update.apply(groups, scalars);
    await update.apply([], scalars);
    // velocity = gradient; parameter - 0.5 · gradient
    expect(await groups[0]!.parameter.read()).toEqual(Float32Array.of(0.5, 2.5));
    expect(await groups[1]!.parameter.read()).toEqual(Float32Array.of(6));
    expect(await groups[2]!.parameter.read()).toEqual(Float32Array.of(-1, -2));
    await update.apply(groups, scalars);
    // velocity = 1.5 · gradient; parameter - 0.75 · gradient more
    expect(await groups[0]!.parameter.read()).toEqual(Float32Array.of(-0.25, 3.25));
    expect(await groups[1]!.parameter.read()).toEqual(Float32Array.of(3));
    expect(await groups[1]!.velocity.read()).toEqual(Float32Array.of(6));
    expect(await groups[1]!.gradient.read()).toEqual(Float32Array.of(4));
    for (const cell of groups.flatMap((cells) => Object.values(cells)))
      expect(locationOf(cell)).toBe(LOCATION);
    await update.dispose();
  });

  it('refuse wrong names and shapes before they touch any cell', async () => {
    const update = await engine.compileElementwise(momentum);
    const cell = (length: number) => engine.cell(vector(length), new Float32Array(length).fill(1));
    const good = { parameter: await cell(2), velocity: await cell(2), gradient: await cell(2) };
    const scalars = { rate: 1, decay: 1 };
    await expect(update.apply([good], { rate: 1 })).rejects.toThrow(/scalars of momentum: missing decay/);
    const odd = { ...good, gradient: await cell(3) };
    await expect(update.apply([good, odd], scalars)).rejects.toThrow(/gradient in group 1 of momentum/);
    const incomplete = { parameter: good.parameter, gradient: good.gradient };
    await expect(update.apply([good, incomplete], scalars)).rejects.toThrow(/missing velocity/);
    expect(await good.parameter.read()).toEqual(Float32Array.of(1, 1));
    await update.dispose();
  });
});
