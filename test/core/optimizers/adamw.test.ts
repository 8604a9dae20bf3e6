import { expect, it } from 'vitest';
import type { Cell } from '../../../src/core/engine/engine.js';
import { CHUNK_ELEMENTS } from '../../../src/core/engine/onnxruntime/elementwise.js';
import {
  adamW,
  adamWScalars,
  ADAMW_DEFAULTS,
  type AdamWSettings,
} from '../../../src/core/optimizers/adamw.js';
import { compare, GOLDEN, readJson } from '../../golden/golden.js';
import { describeOnBothEngines } from '../engine/contract/both-engines.js';

interface Case {
  name: string;
  betas: [number, number];
  eps: number;
  weight_decay: number;
  initial: number[][];
  steps: { learning_rate: number; gradients: number[][]; parameters: number[][] }[];
}

const { cases } = readJson<{ cases: Case[] }>(GOLDEN, 'optimizers', 'adamw.json');

/** Parameters are around 2: this is four units in their last place, after twelve steps. */
const TOLERANCE = 1e-6;

/** The vector over and over, to `length` elements. */
const repeated = (vector: readonly number[], length: number): Float32Array =>
  Float32Array.from({ length }, (_, index) => vector[index % vector.length]!);

const settingsOf = ({ betas, eps }: Case): AdamWSettings => ({
  beta1: betas[0],
  beta2: betas[1],
  epsilon: eps,
});

describeOnBothEngines('AdamW does the steps of torch.optim.AdamW', (engine) => {
  async function groupOf(shape: readonly number[], initial: Float32Array): Promise<Record<string, Cell>> {
    const cell = (data?: Float32Array): Promise<Cell> => engine().cell({ shape, dtype: 'float32' }, data);
    return {
      parameter: await cell(initial.slice()),
      first_moment: await cell(),
      second_moment: await cell(),
      gradient: await cell(),
    };
  }

  it.each(cases.map((each) => [each.name, each] as const))('%s', async (_name, each) => {
    const settings = settingsOf(each);
    const update = await engine().compileElementwise(adamW(settings));
    const groups = await Promise.all(
      each.initial.map((vector) => groupOf([vector.length], Float32Array.from(vector))),
    );
    for (const [index, step] of each.steps.entries()) {
      for (const [place, gradient] of step.gradients.entries())
        await groups[place]!['gradient']!.write(Float32Array.from(gradient));
      await update.apply(groups, adamWScalars(settings, index + 1, step.learning_rate, each.weight_decay, 1));
      for (const [place, expected] of step.parameters.entries()) {
        const { difference } = compare(await groups[place]!['parameter']!.read(), expected);
        expect(difference, `step ${index + 1}`).toBeLessThan(TOLERANCE);
      }
    }
    await update.dispose();
  });

  // The same vector over and over: an element that a piece's border loses or repeats is another than PyTorch's.
  it.each([1, 7, CHUNK_ELEMENTS - 1, CHUNK_ELEMENTS, CHUNK_ELEMENTS + 1, 2 * CHUNK_ELEMENTS + 3])(
    '%d elements',
    async (length) => {
      const each = cases.find(({ name }) => name === 'pre-training')!;
      const settings = settingsOf(each);
      const update = await engine().compileElementwise(adamW(settings));
      const group = await groupOf([1, length], repeated(each.initial[0]!, length));
      for (const [index, step] of each.steps.slice(0, 2).entries()) {
        await group['gradient']!.write(repeated(step.gradients[0]!, length));
        const scalars = adamWScalars(settings, index + 1, step.learning_rate, each.weight_decay, 1);
        await update.apply([group], scalars);
      }
      const { difference } = compare(
        await group['parameter']!.read(),
        repeated(each.steps[1]!.parameters[0]!, length),
      );
      expect(difference).toBeLessThan(TOLERANCE);
      await update.dispose();
    },
  );
});

it('starts from the defaults of torch.optim.AdamW', () => {
  // The golden case "defaults" was made without naming them.
  expect(ADAMW_DEFAULTS).toEqual(settingsOf(cases.find(({ name }) => name === 'defaults')!));
});
