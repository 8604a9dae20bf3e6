import { basename, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Model } from '../../../src/core/architectures/architecture.js';
import { readModel } from '../../../src/core/architectures/index.js';
import type { Cell, Engine } from '../../../src/core/engine/engine.js';
import { OnnxRuntimeEngine } from '../../../src/core/engine/onnxruntime/engine.js';
import { createReferenceEngine } from '../../../src/core/engine/reference-engine.js';
import {
  batchFeeds,
  gradientName,
  gradientProgram,
  logitsProgram,
  type TrainedModel,
} from '../../../src/core/training/programs.js';
import {
  architectureCases,
  batchOf,
  compare,
  readJson,
  readTensors,
  readWeights,
} from '../../golden/golden.js';

interface Case {
  configs: string[];
  input_ids: number[][];
  labels: number[][];
  loss: number;
}

/** Logits may differ by this, absolutely; a wrong epsilon or activation moves some of them by more. */
const LOGIT_TOLERANCE = 2e-4;
/** Gradients may differ by this share of the tensor's largest: twice what a change of the weights' last bit does. */
const GRADIENT_TOLERANCE = 2e-4;

const engines: Record<string, () => Promise<Engine>> = {
  onnxruntime: async () => new OnnxRuntimeEngine({ provider: 'cpu', threads: 2 }),
  reference: createReferenceEngine,
};

describe.each(Object.entries(engines))('%s engine computes what transformers computes', (_name, create) => {
  let engine: Engine | undefined;
  afterAll(() => engine?.dispose());

  it.each(architectureCases().map((folder) => [basename(folder), folder]))('%s', async (_case, folder) => {
    engine ??= await create();
    const golden = readJson<Case>(folder, 'case.json');
    const expected = await readTensors(join(folder, 'expected.safetensors'));
    const batch = batchOf(golden.input_ids, golden.labels);
    for (const config of golden.configs) {
      const model: Model = readModel(readJson(folder, config), config);
      const weights = await readWeights(folder, model);
      const trained: TrainedModel = { model, adapter: undefined, frozen: [], trainable: model.parameters };
      const shape = { batchSize: batch.batchSize, length: batch.length, packed: false };
      const cells: Record<string, Cell> = {};
      for (const { name, shape: dimensions } of model.parameters) {
        cells[name] = await engine.cell({ shape: dimensions, dtype: 'float32' }, weights.get(name)!.data);
      }

      const logitsOf = logitsProgram(trained, shape);
      const forward = await engine.compile(logitsOf);
      const { logits } = await forward.run({ ...cells, ...batchFeeds(logitsOf, batch) });
      expect(compare(logits!, expected.get('logits')!.data).difference).toBeLessThan(LOGIT_TOLERANCE);
      await forward.dispose();

      const gradientsOf = gradientProgram(trained, shape, false);
      const backward = await engine.compile(gradientsOf);
      const into: Record<string, Cell> = {};
      for (const { name, shape: dimensions } of model.parameters) {
        into[gradientName(name)] = await engine.cell({ shape: dimensions, dtype: 'float32' });
      }
      const { loss } = await backward.run({ ...cells, ...batchFeeds(gradientsOf, batch) }, into);
      expect(loss![0]).toBeCloseTo(golden.loss, 4);
      for (const { name } of model.parameters) {
        const stored = [...expected.keys()].find(
          (key) => key.startsWith('gradient/') && model.parameterName(key.slice('gradient/'.length)) === name,
        );
        const { difference, largest } = compare(
          await into[gradientName(name)]!.read(),
          expected.get(stored!)!.data,
        );
        expect(difference / largest, name).toBeLessThan(GRADIENT_TOLERANCE);
      }
      await backward.dispose();
    }
  });
});
