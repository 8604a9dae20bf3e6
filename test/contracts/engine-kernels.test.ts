import tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Engine } from '../../src/core/engine/engine.js';
import { createReferenceEngine } from '../../src/core/engine/reference-engine.js';
import { LOWERINGS } from '../../src/core/engine/tracing/lowerings/index.js';
import { gradientDisagreements, valueDisagreements } from '../core/engine/contract/agreement.js';
import { runOnce, valuesOf, variantsOf } from '../core/engine/contract/case-program.js';
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

describe.each(Object.entries(KERNEL_CASES))('%s', (kernel, cases) => {
  it('computes what the JavaScript kernel of TensorFlow.js computes', async () => {
    expect(await valueDisagreements(engine, reference, cases)).toEqual([]);
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
      expect(await gradientDisagreements(engine, reference, cases)).toEqual([]);
    });
  }
});
