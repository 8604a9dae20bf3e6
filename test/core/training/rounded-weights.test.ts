import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  loraParameterName,
  loraParameters,
  loraTargets,
  mergeLora,
} from '../../../src/core/adapters/lora.js';
import { readModel } from '../../../src/core/architectures/index.js';
import type { StateDict } from '../../../src/core/checkpoints/checkpoint.js';
import type { Cell, TensorData } from '../../../src/core/engine/engine.js';
import { OnnxRuntimeEngine } from '../../../src/core/engine/onnxruntime/engine.js';
import { ADAMW_DEFAULTS } from '../../../src/core/optimizers/adamw.js';
import { planLayers } from '../../../src/core/quantization/plan-layers.js';
import type { IntegerScheme } from '../../../src/core/quantization/integer-scheme.js';
import { Trainer } from '../../../src/core/training/trainer.js';
import type { Batch } from '../../../src/core/training/batch.js';
import {
  batchFeeds,
  batchShape,
  gradientName,
  gradientProgram,
  type TrainedModel,
} from '../../../src/core/training/programs.js';
import { batchOf, compare, GOLDEN, readJson, readWeights } from '../../golden/golden.js';

interface TrainingCase {
  readonly base: string;
  readonly bits: 4 | 8;
  readonly modules: string[];
  readonly learning_rate: number;
  readonly batches: { input_ids: number[][]; labels: number[][] }[];
  readonly trajectory: { loss: number; gradient_norm: number }[];
  readonly losses_after: number[];
}

const { trainings } = readJson<{ trainings: TrainingCase[] }>(GOLDEN, 'fake-quantization.json');
const OPTIMIZER = { ...ADAMW_DEFAULTS, weightDecay: 0, maximumGradientNorm: 0 };

const schemeOf = (bits: 4 | 8): IntegerScheme => ({
  ...{ bits, blockSize: null, symmetric: true, scaleType: 'BF16' },
});
const engineOf = (): OnnxRuntimeEngine => new OnnxRuntimeEngine({ provider: 'cpu', threads: 1 });

/** Every supervised token weighs 1. */
function batchesOf(training: TrainingCase): ReturnType<typeof batchOf>[] {
  return training.batches.map(({ input_ids, labels }) => {
    const batch = batchOf(input_ids, labels);
    return { ...batch, weights: batch.weights.map((weight) => Math.sign(weight)) };
  });
}

/** Loss and gradients of one batch. */
async function gradientsOf(
  trained: TrainedModel,
  weights: StateDict,
  batch: Batch,
): Promise<{ loss: number; gradients: Map<string, TensorData> }> {
  const engine = engineOf();
  const program = gradientProgram(trained, batchShape(batch), false);
  const executable = await engine.compile(program);
  const into: Record<string, Cell> = {};
  for (const { name, shape } of trained.trainable) {
    into[gradientName(name)] = await engine.cell({ shape, dtype: 'float32' });
  }
  const parameters = Object.fromEntries([...weights].map(([name, { data }]) => [name, data]));
  const { loss } = await executable.run({ ...parameters, ...batchFeeds(program, batch) }, into);
  const gradients = new Map<string, TensorData>();
  for (const { name } of trained.trainable) gradients.set(name, await into[gradientName(name)]!.read());
  await executable.dispose();
  await engine.dispose();
  return { loss: loss![0]!, gradients };
}

describe('training with rounded weights', () => {
  it.each(trainings)('is that of PyTorch: $base in $bits bits', async (training) => {
    const folder = join(GOLDEN, 'architectures', training.base);
    const model = readModel(readJson(folder, 'config.json'));
    const rounded = planLayers(model, schemeOf(training.bits), []).quantized;
    expect(rounded.map(({ module }) => module)).toEqual(training.modules);
    const trained: TrainedModel = {
      ...{ model, adapter: undefined, frozen: [], trainable: model.parameters, rounded },
    };
    const trainer = await Trainer.create(engineOf(), trained, await readWeights(folder, model), OPTIMIZER);
    const batches = batchesOf(training);
    for (const [step, expected] of training.trajectory.entries()) {
      const result = await trainer.trainStep([batches[step % 2]!], training.learning_rate);
      expect(Math.abs(result.loss - expected.loss)).toBeLessThan(3e-5);
      expect(result.gradientNorm / expected.gradient_norm).toBeCloseTo(1, 4);
    }
    for (const [index, expected] of training.losses_after.entries()) {
      expect(Math.abs((await trainer.evaluate([batches[index]!])).loss - expected)).toBeLessThan(3e-5);
    }
    await trainer.dispose();
  });

  it('rounds an adapter together with the weights that it will be merged into', async () => {
    const training = trainings[0]!;
    const folder = join(GOLDEN, 'architectures', training.base);
    const model = readModel(readJson(folder, 'config.json'));
    const adapter = {
      rank: 2,
      alpha: 4,
      dropout: 0,
      targets: ['q_proj', 'down_proj'],
      rankStabilized: false,
    };
    const trainable = loraParameters(model, adapter);
    const matrices: StateDict = new Map(
      trainable.map(({ name, shape }, index) => {
        const data = Float32Array.from({ length: shape[0]! * shape[1]! }, (_, i) => Math.sin(i + index) / 4);
        return [name, { shape, data }];
      }),
    );
    const rounded = planLayers(model, schemeOf(4), []).quantized;
    const [batch] = batchesOf(training);

    const base = await readWeights(folder, model);
    const apart = await gradientsOf(
      { model, adapter, frozen: model.parameters, trainable, rounded },
      new Map([...base, ...matrices]),
      batch!,
    );
    mergeLora(model, adapter, base, matrices);
    const merged = await gradientsOf(
      { model, adapter: undefined, frozen: [], trainable: model.parameters, rounded },
      base,
      batch!,
    );
    expect(apart.loss).toBeCloseTo(merged.loss, 5);
    // The chain rule through w + 2 B A: the gradient of B is that of the weight times 2 Aᵀ, that of A is 2 Bᵀ times it.
    for (const { module, inputs, outputs } of loraTargets(model, adapter)) {
      const of = (matrix: 'A' | 'B') => loraParameterName(module, matrix);
      const [a, b] = [matrices.get(of('A'))!.data, matrices.get(of('B'))!.data];
      const weight = merged.gradients.get(`${module}.weight`)!;
      const sum = (count: number, term: (i: number) => number): number =>
        [...Array(count).keys()].reduce((total, i) => total + 2 * term(i), 0);
      const ofB = Array.from({ length: outputs * 2 }, (_, i) =>
        sum(inputs, (k) => weight[(i >> 1) * inputs + k]! * a[(i % 2) * inputs + k]!),
      );
      const ofA = Array.from({ length: 2 * inputs }, (_, i) =>
        sum(outputs, (k) => weight[k * inputs + (i % inputs)]! * b[k * 2 + Math.floor(i / inputs)]!),
      );
      expect(compare(apart.gradients.get(of('B'))!, ofB).difference).toBeLessThan(1e-5);
      expect(compare(apart.gradients.get(of('A'))!, ofA).difference).toBeLessThan(1e-5);
    }
  });
});
