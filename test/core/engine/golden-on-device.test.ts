import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readModel } from '../../../src/core/architectures/index.js';
import type { Cell, Engine } from '../../../src/core/engine/engine.js';
import type { OnnxCell } from '../../../src/core/engine/onnxruntime/cells.js';
import { ADAMW_DEFAULTS } from '../../../src/core/optimizers/adamw.js';
import type { Batch } from '../../../src/core/training/batch.js';
import {
  batchFeeds,
  gradientName,
  gradientProgram,
  logitsProgram,
  type TrainedModel,
} from '../../../src/core/training/programs.js';
import { Trainer } from '../../../src/core/training/trainer.js';
import { batchOf, compare, GOLDEN, readJson, readTensors, readWeights } from '../../golden/golden.js';
import { createTestedEngine, TESTED_DEVICE } from './contract/tested-engine.js';

/** As in the parity tests. */
const LOGIT_TOLERANCE = 2e-4;
const GRADIENT_TOLERANCE = 2e-4;

/** How many steps of the golden runs are repeated. */
const STEPS = 3;

interface Sequences {
  readonly input_ids: number[][];
  readonly labels: number[][];
}

interface Run {
  base: string;
  max_norm: number;
  weight_decay: number;
  batches: Sequences[];
  trajectory: { learning_rate: number; loss: number; gradient_norm: number }[];
}

const { runs } = readJson<{ runs: Run[] }>(GOLDEN, 'training', 'full.json');

let engine: Engine;
/** Every cell that was made during a test. */
let cells: Cell[] = [];
beforeAll(() => {
  engine = createTestedEngine();
  const make = engine.cell.bind(engine);
  vi.spyOn(engine, 'cell').mockImplementation(async (...args) => {
    const cell = await make(...args);
    cells.push(cell);
    return cell;
  });
});
afterAll(() => engine.dispose());

/** Weights, gradients and moments must not have moved to the host, where every step would fetch them from. */
function expectCellsOnDevice(): void {
  const locations = cells.map((cell) => (cell as OnnxCell).tensor.location);
  expect(new Set(locations)).toEqual(new Set([TESTED_DEVICE === 'webgpu' ? 'gpu-buffer' : 'cpu']));
}

function disposeCells(): void {
  for (const cell of cells) cell.dispose();
  cells = [];
}

describe(`on ${TESTED_DEVICE}, logits and gradients are those of transformers`, () => {
  it.each(['llama-gqa-tied', 'gpt2'])('%s', async (name) => {
    const folder = join(GOLDEN, 'architectures', name);
    const golden = readJson<Sequences & { loss: number }>(folder, 'case.json');
    const expected = await readTensors(join(folder, 'expected.safetensors'));
    const model = readModel(readJson(folder, 'config.json'));
    const stored = await readWeights(folder, model);
    const trained: TrainedModel = { model, adapter: undefined, frozen: [], trainable: model.parameters };
    const batch = batchOf(golden.input_ids, golden.labels);
    const shape = { batchSize: batch.batchSize, length: batch.length, packed: false };
    const weights: Record<string, Cell> = {};
    const gradients: Record<string, Cell> = {};
    for (const { name: parameter, shape: dimensions } of model.parameters) {
      const spec = { shape: dimensions, dtype: 'float32' as const };
      weights[parameter] = await engine.cell(spec, stored.get(parameter)!.data);
      gradients[gradientName(parameter)] = await engine.cell(spec);
    }

    const logitsOf = logitsProgram(trained, shape);
    const forward = await engine.compile(logitsOf);
    const { logits } = await forward.run({ ...weights, ...batchFeeds(logitsOf, batch) });
    expect(compare(logits!, expected.get('logits')!.data).difference).toBeLessThan(LOGIT_TOLERANCE);
    await forward.dispose();

    const gradientsOf = gradientProgram(trained, shape, false);
    const backward = await engine.compile(gradientsOf);
    const { loss } = await backward.run({ ...weights, ...batchFeeds(gradientsOf, batch) }, gradients);
    expect(loss![0]).toBeCloseTo(golden.loss, 4);
    for (const { name: parameter } of model.parameters) {
      const { difference, largest } = compare(
        await gradients[gradientName(parameter)]!.read(),
        expected.get(`gradient/${parameter}`)!.data,
      );
      expect(difference / largest, parameter).toBeLessThan(GRADIENT_TOLERANCE);
    }
    await backward.dispose();
    expectCellsOnDevice();
    disposeCells();
  });
});

/** One batch, or one for each of its rows: gradients that are added up over them must be the same. */
const splits: Record<string, (sequences: Sequences) => Batch[]> = {
  'whole batches': ({ input_ids, labels }) => [batchOf(input_ids, labels)],
  'batches of one row, added up': ({ input_ids, labels }) =>
    input_ids.map((row, index) => batchOf([row], [labels[index]!])),
};

describe.each(Object.entries(splits))(
  `on ${TESTED_DEVICE}, training steps are those of PyTorch, %s`,
  (_split, split) => {
    it.each(runs.map((run) => [run.base, run] as const))('%s', async (base, run) => {
      const folder = join(GOLDEN, 'architectures', base);
      const model = readModel(readJson(folder, 'config.json'));
      const trained: TrainedModel = { model, adapter: undefined, frozen: [], trainable: model.parameters };
      const trainer = await Trainer.create(engine, trained, await readWeights(folder, model), {
        ...ADAMW_DEFAULTS,
        weightDecay: run.weight_decay,
        maximumGradientNorm: run.max_norm,
      });
      for (const [index, expected] of run.trajectory.slice(0, STEPS).entries()) {
        // The trainer takes 0 and 1 for weights, and divides by the number of supervised tokens itself.
        const batches = split(run.batches[index % run.batches.length]!).map((batch) => ({
          ...batch,
          weights: batch.weights.map(Math.sign),
        }));
        const result = await trainer.trainStep(batches, expected.learning_rate);
        expect(Math.abs(result.loss - expected.loss)).toBeLessThan(3e-5);
        expect(result.gradientNorm / expected.gradient_norm).toBeCloseTo(1, 4);
      }
      expectCellsOnDevice();
      await trainer.dispose();
      cells = [];
    });
  },
);
