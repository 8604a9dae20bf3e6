import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { LoraSettings } from '../../../src/core/adapters/lora.js';
import { loraParameters } from '../../../src/core/adapters/lora.js';
import { readModel } from '../../../src/core/architectures/index.js';
import { OnnxRuntimeEngine } from '../../../src/core/engine/onnxruntime/engine.js';
import { ADAMW_DEFAULTS } from '../../../src/core/optimizers/adamw.js';
import { Trainer } from '../../../src/core/training/trainer.js';
import type { TrainedModel } from '../../../src/core/training/programs.js';
import { batchOf, GOLDEN, readJson, readTensors, readWeights } from '../../golden/golden.js';

interface Run {
  base: string;
  adapter?: string;
  max_norm: number;
  weight_decay: number;
  batches: { input_ids: number[][]; labels: number[][] }[];
  trajectory: { learning_rate: number; loss: number; gradient_norm: number }[];
  losses_after: number[];
}

const runs = ['full.json', 'lora.json'].flatMap(
  (file) => readJson<{ runs: Run[] }>(GOLDEN, 'training', file).runs,
);

describe('ten training steps are those of PyTorch', () => {
  it.each(runs.map((run) => [`${run.base} ${run.adapter ?? 'full'}`, run] as const))(
    '%s',
    async (_name, run) => {
      const folder = join(GOLDEN, 'architectures', run.base);
      const model = readModel(readJson(folder, 'config.json'));
      const weights = await readWeights(folder, model);
      let adapter: LoraSettings | undefined;
      if (run.adapter !== undefined) {
        const adapterFolder = join(GOLDEN, 'adapters', run.adapter);
        const config = readJson<{ r: number; lora_alpha: number; target_modules: string[] }>(
          adapterFolder,
          'adapter_config.json',
        );
        adapter = {
          rank: config.r,
          alpha: config.lora_alpha,
          dropout: 0,
          targets: config.target_modules,
          rankStabilized: false,
        };
        for (const [name, tensor] of await readTensors(join(adapterFolder, 'adapter_model.safetensors')))
          weights.set(name, tensor);
      }
      const trained: TrainedModel =
        adapter === undefined
          ? { model, adapter, frozen: [], trainable: model.parameters }
          : { model, adapter, frozen: model.parameters, trainable: loraParameters(model, adapter) };
      const engine = new OnnxRuntimeEngine({ provider: 'cpu', threads: 2 });
      const trainer = await Trainer.create(engine, trained, weights, {
        ...ADAMW_DEFAULTS,
        weightDecay: run.weight_decay,
        maximumGradientNorm: run.max_norm,
      });
      const batches = run.batches.map(({ input_ids, labels }) => {
        const batch = batchOf(input_ids, labels);
        return { ...batch, weights: batch.weights.map((weight) => Math.sign(weight)) };
      });
      for (const [index, expected] of run.trajectory.entries()) {
        const result = await trainer.trainStep([batches[index % 2]!], expected.learning_rate);
        expect(Math.abs(result.loss - expected.loss)).toBeLessThan(3e-5);
        expect(result.gradientNorm / expected.gradient_norm).toBeCloseTo(1, 4);
      }
      for (const [index, expected] of run.losses_after.entries()) {
        expect(Math.abs((await trainer.evaluate([batches[index]!])).loss - expected)).toBeLessThan(3e-5);
      }
      await trainer.dispose();
    },
  );
});
