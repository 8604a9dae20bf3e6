import tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Engine } from '../../src/core/engine/engine.js';
import { createReferenceEngine } from '../../src/core/engine/reference-engine.js';
import { LOWERINGS } from '../../src/core/engine/tracing/lowerings/index.js';
import type { Case } from '../core/engine/contract/case.js';
import {
  differences,
  gradientsOf,
  isDifferentiable,
  randomWeights,
  runAll,
  runOnce,
  valuesOf,
  variantsOf,
  type Computation,
  type Computed,
} from '../core/engine/contract/case-program.js';
import { gradientProblems } from '../core/engine/contract/finite-differences.js';
import { KERNEL_CASES } from '../core/engine/contract/kernel-cases.js';
import { createTestedEngine } from '../core/engine/contract/tested-engine.js';

let engine: Engine;
let reference: Engine;
beforeAll(async () => {
  engine = createTestedEngine();
  reference = await createReferenceEngine();
});
afterAll(async () => {
  await engine.dispose();
  await reference.dispose();
});

it('has cases for every kernel that can be traced, and for no other', () => {
  expect(Object.keys(KERNEL_CASES).sort()).toEqual(Object.keys(LOWERINGS).sort());
});

/** What is wrong with each case; empty if the engine agrees with the reference engine. */
async function disagreements(cases: readonly Case[], parts: readonly Computation[]): Promise<string[]> {
  const expected = (await runAll(reference, parts)) as Computed[];
  const actual = await runAll(engine, parts);
  return cases.flatMap(({ name, tolerance }, index) =>
    differences(actual[index]!, expected[index]!, tolerance).map((problem) => `${name}: ${problem}`),
  );
}

describe.each(Object.entries(KERNEL_CASES))('%s', (kernel, cases) => {
  it('computes what the JavaScript kernel of TensorFlow.js computes', async () => {
    expect(
      await disagreements(
        cases,
        cases.map((each) => valuesOf(each)),
      ),
    ).toEqual([]);
  });

  it('is what its cases call', async () => {
    const called = vi.spyOn(tf.engine(), 'runKernel');
    for (const each of cases) {
      called.mockClear();
      await runOnce(reference, valuesOf(each, variantsOf(each).slice(0, 1)));
      expect(
        called.mock.calls.map(([name]) => name),
        each.name,
      ).toContain(kernel);
    }
    called.mockRestore();
  });

  // Its type hides that there may be none.
  if ((tf.getGradient(kernel) as unknown) !== undefined) {
    it('has the same gradient, and the right one', async () => {
      const differentiable: Case[] = [];
      const parts: Computation[] = [];
      const problems: string[] = [];
      for (const each of cases) {
        const { specs } = await runOnce(reference, valuesOf(each, variantsOf(each).slice(0, 1)));
        if (!isDifferentiable(each, Object.values(specs))) continue;
        differentiable.push(each);
        parts.push(gradientsOf(each, randomWeights(Object.values(specs))));
        problems.push(...(await gradientProblems(reference, each)));
      }
      if (parts.length > 0) problems.push(...(await disagreements(differentiable, parts)));
      expect(problems).toEqual([]);
    });
  }
});
