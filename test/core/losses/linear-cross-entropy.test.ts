import tf from '@tensorflow/tfjs';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import type { Program } from '../../../src/core/engine/engine.js';
import { linearCrossEntropy } from '../../../src/core/losses/linear-cross-entropy.js';
import { compare, GOLDEN, readJson } from '../../golden/golden.js';
import { describeOnBothEngines } from '../engine/contract/both-engines.js';

interface Case {
  name: string;
  logits: number[][];
  labels: number[];
  sum: number;
  mean: number;
  gradient_of_mean: number[][];
}

const { cases } = readJson<{ cases: Case[] }>(GOLDEN, 'optimizers', 'cross-entropy.json');

/** Share of the expected value that rounding may move it by. */
const TOLERANCE = 1e-6;

describeOnBothEngines('The cross-entropy is that of torch.nn.functional.cross_entropy', (engine) => {
  // Two rows at a time, and all at once.
  const chunks = [2, Infinity];
  it.each(cases.flatMap((each) => chunks.map((rows) => [each.name, rows, each] as const)))(
    '%s, %d rows at a time',
    async (_name, rowsPerChunk, { logits, labels, sum, mean, gradient_of_mean }) => {
      const [rows, classes] = [labels.length, logits[0]!.length];
      const supervised = labels.filter((label) => label !== -100).length;
      const loss = (hidden: Tensor, inputs: Readonly<Record<string, Tensor>>): Tensor =>
        linearCrossEntropy(
          hidden as Tensor2D,
          // With the identity as output matrix, hidden states are logits.
          tf.eye(classes),
          inputs['targets'] as Tensor1D,
          inputs['weights'] as Tensor1D,
          rowsPerChunk * classes,
        );
      const program: Program = {
        name: 'cross-entropy',
        inputs: {
          hidden: { shape: [rows, classes], dtype: 'float32' },
          targets: { shape: [rows], dtype: 'int32' },
          weights: { shape: [rows], dtype: 'float32' },
        },
        body: (inputs) => {
          const { value, grad } = tf.valueAndGrad((hidden: Tensor) => loss(hidden, inputs))(
            inputs['hidden']!,
          );
          return { value, gradient: grad };
        },
      };
      const executable = await engine().compile(program);
      const run = (weight: number) =>
        executable.run({
          hidden: Float32Array.from(logits.flat()),
          targets: Int32Array.from(labels, (label) => Math.max(0, label)),
          weights: Float32Array.from(labels, (label) => (label === -100 ? 0 : weight)),
        });
      const averaged = await run(1 / supervised);
      expect(averaged['value']![0]! / mean).toBeCloseTo(1, 6);
      expect((await run(1))['value']![0]! / sum).toBeCloseTo(1, 6);
      const { difference, largest } = compare(averaged['gradient']!, gradient_of_mean.flat());
      expect(difference / largest).toBeLessThan(TOLERANCE);
      await executable.dispose();
    },
  );
});
