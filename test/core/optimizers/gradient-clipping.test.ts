import tf from '@tensorflow/tfjs';
import { expect, it } from 'vitest';
import type { Program } from '../../../src/core/engine/engine.js';
import { sumOfSquares } from '../../../src/core/engine/operations/sum-of-squares.js';
import { adamW, adamWScalars } from '../../../src/core/optimizers/adamw.js';
import { clippingFactor } from '../../../src/core/optimizers/gradient-clipping.js';
import { compare, GOLDEN, readJson } from '../../golden/golden.js';
import { describeOnBothEngines } from '../engine/contract/both-engines.js';

interface Case {
  max_norm: number;
  gradients: number[][];
  norm: number;
  clipped: number[][];
}

const { cases } = readJson<{ cases: Case[] }>(GOLDEN, 'optimizers', 'clip.json');

describeOnBothEngines('Gradients are clipped as torch.nn.utils.clip_grad_norm_ does', (engine) => {
  it.each(cases.map((each) => [each.max_norm, each.norm, each] as const))(
    'to %d from %d',
    async (_maximum, _norm, each) => {
      const names = each.gradients.map((_, index) => `g${index}`);
      const shapes = each.gradients.map(({ length }) => ({ shape: [length], dtype: 'float32' as const }));
      const program: Program = {
        name: 'squared norm',
        inputs: Object.fromEntries(names.map((name, index) => [name, shapes[index]!])),
        body: (inputs) => ({ norm: tf.sqrt(tf.addN(names.map((name) => sumOfSquares(inputs[name]!)))) }),
      };
      const executable = await engine().compile(program);
      const gradients = each.gradients.map((gradient) => Float32Array.from(gradient));
      const feeds = Object.fromEntries(names.map((name, index) => [name, gradients[index]!]));
      const norm = (await executable.run(feeds))['norm']![0]!;
      expect(norm).toBeCloseTo(each.norm, 6);

      // Without memory of earlier steps the first moment is the gradient as the optimiser sees it.
      const settings = { beta1: 0, beta2: 0.999, epsilon: 1e-8 };
      const update = await engine().compileElementwise(adamW(settings));
      const scalars = adamWScalars(settings, 1, 0, 0, clippingFactor(norm, each.max_norm));
      for (const [index, expected] of each.clipped.entries()) {
        const cell = (data?: Float32Array) => engine().cell(shapes[index]!, data);
        const group = {
          parameter: await cell(),
          first_moment: await cell(),
          second_moment: await cell(),
          gradient: await cell(gradients[index]),
        };
        await update.apply([group], scalars);
        const { difference, largest } = compare(await group.first_moment.read(), expected);
        expect(difference).toBeLessThanOrEqual(3e-7 * largest);
      }
    },
  );
});

it('leaves gradients alone where no limit is set', () => {
  expect(clippingFactor(1e9, 0)).toBe(1);
});
