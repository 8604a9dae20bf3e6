/**
 * The engine on libtensorflow. With `@tensorflow/tfjs-node` or `-gpu` installed, or the folder of one in the
 * environment variable GENAI_TFJS_NODE, the programs below run on it; without, those tests are skipped.
 */
import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  Cell,
  ElementwiseProgram,
  Engine,
  Program,
  TensorSpec,
} from '../../../src/core/engine/engine.js';
import { createReferenceEngine } from '../../../src/core/engine/reference-engine.js';
import { createTensorflowEngine, probeTensorflow } from '../../../src/core/engine/tensorflow-engine.js';

const packageFolder = process.env['GENAI_TFJS_NODE'];
const where = packageFolder === undefined ? {} : { packageFolder };

const probe = await probeTensorflow(where);
if (probe.problem !== undefined) {
  process.stderr.write(`SKIPPED: the tests on libtensorflow itself: ${probe.problem}\n`);
}

describe.skipIf(probe.problem !== undefined)('on libtensorflow', () => {
  let engine: Engine;
  let reference: Engine;
  beforeAll(async () => {
    engine = await createTensorflowEngine(where);
    reference = await createReferenceEngine();
  });
  afterAll(async () => {
    await engine.dispose();
    await reference.dispose();
  });

  it('names the device it found, and refuses another', async () => {
    expect(probe.libtensorflowVersion).toMatch(/^2\.\d+\.\d+/);
    expect(engine.device).toBe(probe.gpu ? 'cuda' : 'cpu');
    const other = probe.gpu ? 'cpu' : 'cuda';
    await expect(createTensorflowEngine({ ...where, device: other })).rejects.toMatchObject({
      code: 'ENGINE',
    });
  });

  it('handles every element type, in cells and on the host', async () => {
    const executable = await engine.compile({
      name: 'types',
      inputs: { x: { shape: [3], dtype: 'int32' }, keep: { shape: [3], dtype: 'bool' } },
      resident: ['kept'],
      body: ({ x, keep }) => ({
        kept: tf.where(keep!, x!, tf.zerosLike(x!)),
        small: tf.less(x!, 2),
        half: tf.div(tf.cast(x!, 'float32'), 2),
      }),
    });
    const kept = await engine.cell({ shape: [3], dtype: 'int32' });
    const feeds = { x: new Int32Array([1, 2, 3]), keep: new Uint8Array([1, 0, 1]) };
    expect(await executable.run(feeds, { kept })).toEqual({
      small: new Uint8Array([1, 0, 0]),
      half: new Float32Array([0.5, 1, 1.5]),
    });
    expect(await kept.read()).toEqual(new Int32Array([1, 0, 3]));
  });

  it('takes the AdamW steps of PyTorch (golden data of torch.optim.AdamW)', async () => {
    const golden = JSON.parse(
      readFileSync(new URL('../../golden/optimizers/adamw.json', import.meta.url), 'utf8'),
    ) as { cases: AdamWCase[] };
    const update = await engine.compileElementwise(ADAMW);
    for (const { betas, eps, weight_decay, initial, steps } of golden.cases) {
      const groups = await Promise.all(initial.map((values) => adamWGroup(engine, [values.length], values)));
      for (const [index, { learning_rate, gradients, parameters }] of steps.entries()) {
        for (const [at, group] of groups.entries())
          await group.gradient.write(new Float32Array(gradients[at]!));
        await update.apply(groups, adamWScalars(index + 1, learning_rate, betas, eps, weight_decay));
        for (const [at, group] of groups.entries()) {
          // About four units in the last place of a float32 between 2 and 4.
          expect(largestDifference(await group.parameter.read(), parameters[at]!)).toBeLessThan(1e-6);
        }
      }
    }
  });

  it('trains a small GPT as the reference engine does: losses, gradients and parameters', async () => {
    const [ours, theirs] = [await train(engine, 3), await train(reference, 3)];
    expect(theirs.losses[0]).toBeCloseTo(Math.log(GPT.vocabulary), 1); // untrained: all tokens alike
    expect(theirs.losses[2]).toBeLessThan(theirs.losses[0]! - 0.1);
    expect(largestDifference(ours.losses, theirs.losses)).toBeLessThan(1e-5);
    for (const [name, gradient] of Object.entries(theirs.gradients)) {
      expect(largestDifference(ours.gradients[name]!, gradient), `gradient of ${name}`).toBeLessThan(1e-6);
    }
    for (const [name, parameter] of Object.entries(theirs.parameters)) {
      expect(largestDifference(ours.parameters[name]!, parameter), `parameter ${name}`).toBeLessThan(1e-5);
    }
  });
});

interface AdamWCase {
  readonly betas: [number, number];
  readonly eps: number;
  readonly weight_decay: number;
  readonly initial: number[][];
  readonly steps: { learning_rate: number; gradients: number[][]; parameters: number[][] }[];
}

const ADAMW: ElementwiseProgram = {
  name: 'adamw',
  state: ['parameter', 'mean', 'square'],
  readOnly: ['gradient'],
  scalars: ['rate', 'beta1', 'beta2', 'correction1', 'correction2', 'epsilon', 'decay'],
  body: (x) => {
    const average = (old: tf.Tensor, now: tf.Tensor, beta: tf.Tensor) =>
      tf.add(tf.mul(old, beta), tf.mul(now, tf.sub(1, beta)));
    const mean = average(x['mean']!, x['gradient']!, x['beta1']!);
    const square = average(x['square']!, tf.square(x['gradient']!), x['beta2']!);
    const root = tf.add(tf.sqrt(tf.div(square, x['correction2']!)), x['epsilon']!);
    const step = tf.add(tf.div(tf.div(mean, x['correction1']!), root), tf.mul(x['decay']!, x['parameter']!));
    return { parameter: tf.sub(x['parameter']!, tf.mul(x['rate']!, step)), mean, square };
  },
};

const adamWScalars = (
  step: number,
  rate: number,
  betas: [number, number],
  epsilon: number,
  decay: number,
) => ({
  rate,
  beta1: betas[0],
  beta2: betas[1],
  correction1: 1 - betas[0] ** step,
  correction2: 1 - betas[1] ** step,
  epsilon,
  decay,
});

async function adamWGroup(engine: Engine, shape: readonly number[], values: ArrayLike<number>) {
  const spec: TensorSpec = { shape, dtype: 'float32' };
  return {
    parameter: await engine.cell(spec, Float32Array.from(values)),
    mean: await engine.cell(spec),
    square: await engine.cell(spec),
    gradient: await engine.cell(spec),
  };
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Array.from(a).reduce((largest, value, index) => Math.max(largest, Math.abs(value - b[index]!)), 0);
}

const GPT = { vocabulary: 19, width: 16, heads: 2, layers: 2, length: 6, batch: 2 };

/** Shapes of the parameters; a name ending in `gain` starts at one, `bias` at zero, the others at random. */
function gptShapes(): Record<string, number[]> {
  const { vocabulary, width, layers, length } = GPT;
  const shapes: Record<string, number[]> = { tokens: [vocabulary, width], positions: [length, width] };
  for (let layer = 0; layer < layers; layer++) {
    Object.assign(shapes, {
      [`${layer}.attention.gain`]: [width],
      [`${layer}.attention.bias`]: [width],
      [`${layer}.attention.in`]: [width, 3 * width],
      [`${layer}.attention.out`]: [width, width],
      [`${layer}.mlp.gain`]: [width],
      [`${layer}.mlp.bias`]: [width],
      [`${layer}.mlp.in`]: [width, 4 * width],
      [`${layer}.mlp.out`]: [4 * width, width],
    });
  }
  return shapes;
}

/** Mean cross-entropy of a pre-norm GPT with tied embeddings. */
function gptLoss(p: Readonly<Record<string, tf.Tensor>>, ids: tf.Tensor, targets: tf.Tensor): tf.Scalar {
  const { vocabulary, width, heads, layers, length, batch } = GPT;
  const linear = (x: tf.Tensor, weight: tf.Tensor) =>
    tf.reshape(tf.matMul(tf.reshape(x, [batch * length, -1]), weight), [batch, length, -1]);
  const normalize = (x: tf.Tensor, name: string) => {
    const shifted = tf.sub(x, tf.mean(x, -1, true));
    const reciprocal = tf.rsqrt(tf.add(tf.mean(tf.square(shifted), -1, true), 1e-5));
    return tf.add(tf.mul(tf.mul(shifted, reciprocal), p[`${name}.gain`]!), p[`${name}.bias`]!);
  };
  const positions = tf.range(0, length);
  const future = tf.greater(tf.reshape(positions, [1, length]), tf.reshape(positions, [length, 1]));
  const mask = tf.mul(tf.cast(future, 'float32'), -1e9);

  let x: tf.Tensor = tf.add(tf.gather(p['tokens']!, ids), p['positions']!); // [batch, length, width]
  for (let layer = 0; layer < layers; layer++) {
    const [query, key, value] = tf
      .split(linear(normalize(x, `${layer}.attention`), p[`${layer}.attention.in`]!), 3, -1)
      .map((part) => tf.transpose(tf.reshape(part, [batch, length, heads, width / heads]), [0, 2, 1, 3]));
    const scores = tf.div(tf.matMul(query!, key!, false, true), Math.sqrt(width / heads));
    const mixed = tf.matMul(tf.softmax(tf.add(scores, mask)), value!); // [batch, heads, length, width / heads]
    const merged = tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [batch, length, width]);
    x = tf.add(x, linear(merged, p[`${layer}.attention.out`]!));
    const hidden = linear(normalize(x, `${layer}.mlp`), p[`${layer}.mlp.in`]!);
    const gelu = tf.mul(tf.mul(hidden, 0.5), tf.add(tf.erf(tf.mul(hidden, Math.SQRT1_2)), 1));
    x = tf.add(x, linear(gelu, p[`${layer}.mlp.out`]!));
  }
  const logits = tf.matMul(tf.reshape(x, [batch * length, width]), p['tokens']!, false, true);
  const chosen = tf.oneHot(tf.reshape<tf.Rank.R1>(targets, [batch * length]), vocabulary);
  return tf.neg(tf.mean(tf.sum(tf.mul(tf.logSoftmax(logits), chosen), -1)));
}

/** Takes AdamW steps on one batch; returns every loss, the first gradients and the last parameters. */
async function train(engine: Engine, steps: number) {
  const shapes = gptShapes();
  const names = Object.keys(shapes);
  let state = 1;
  const random = () => (state = (state * 16807) % 2147483647) / 2147483647 - 0.5; // Park and Miller 1988
  const groups: Record<string, Awaited<ReturnType<typeof adamWGroup>>> = {};
  for (const [name, shape] of Object.entries(shapes)) {
    const size = shape.reduce((product, length) => product * length, 1);
    const start = name.endsWith('gain') ? () => 1 : name.endsWith('bias') ? () => 0 : () => random() / 4;
    groups[name] = await adamWGroup(engine, shape, Float32Array.from({ length: size }, start));
  }
  const { batch, length, vocabulary } = GPT;
  const tokens: TensorSpec = { shape: [batch, length], dtype: 'int32' };
  const program: Program = {
    name: 'gradients',
    inputs: {
      ids: tokens,
      targets: tokens,
      ...Object.fromEntries(names.map((name) => [name, { shape: shapes[name]!, dtype: 'float32' as const }])),
    },
    resident: names.map((name) => `gradient of ${name}`),
    body: ({ ids, targets, ...parameters }) => {
      const loss = (...values: tf.Tensor[]) =>
        gptLoss(Object.fromEntries(names.map((name, at) => [name, values[at]!])), ids!, targets!);
      const { value, grads } = tf.valueAndGrads(loss)(names.map((name) => parameters[name]!));
      return {
        loss: value,
        ...Object.fromEntries(names.map((name, at) => [`gradient of ${name}`, grads[at]!])),
      };
    },
  };
  const executable = await engine.compile(program);
  const update = await engine.compileElementwise(ADAMW);
  const text = Array.from({ length: batch * length + 1 }, (_, at) => (at * at + 3) % vocabulary);
  const feeds = { ids: Int32Array.from(text.slice(0, -1)), targets: Int32Array.from(text.slice(1)) };
  const parameters = Object.fromEntries(names.map((name): [string, Cell] => [name, groups[name]!.parameter]));
  const into = Object.fromEntries(
    names.map((name): [string, Cell] => [`gradient of ${name}`, groups[name]!.gradient]),
  );
  const read = async (which: 'gradient' | 'parameter') => {
    const values: Record<string, ArrayLike<number>> = {};
    for (const name of names) values[name] = await groups[name]![which].read();
    return values;
  };

  const losses: number[] = [];
  let gradients: Record<string, ArrayLike<number>> = {};
  for (let step = 1; step <= steps; step++) {
    const { loss } = await executable.run({ ...feeds, ...parameters }, into);
    losses.push(loss![0]!);
    if (step === 1) gradients = await read('gradient');
    await update.apply(Object.values(groups), adamWScalars(step, 0.01, [0.9, 0.999], 1e-8, 0.1));
  }
  return { losses, gradients, parameters: await read('parameter') };
}
