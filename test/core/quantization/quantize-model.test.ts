import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Model } from '../../../src/core/architectures/architecture.js';
import { readModel } from '../../../src/core/architectures/index.js';
import { initializeParameters } from '../../../src/core/architectures/initialize.js';
import type { StateDict } from '../../../src/core/checkpoints/checkpoint.js';
import { loadWeights } from '../../../src/core/checkpoints/load-weights.js';
import type { Cell, Engine } from '../../../src/core/engine/engine.js';
import { activationScales, applyScales } from '../../../src/core/quantization/awq.js';
import { calibrate, type Calibration } from '../../../src/core/quantization/calibration.js';
import { dequantizeMatrix } from '../../../src/core/quantization/dequantize-matrix.js';
import type { IntegerScheme } from '../../../src/core/quantization/integer-scheme.js';
import { OutputErrors } from '../../../src/core/quantization/output-error.js';
import { planLayers } from '../../../src/core/quantization/plan-layers.js';
import {
  quantizeModel,
  roundActivations,
  type QuantizationMethod,
} from '../../../src/core/quantization/quantize-model.js';
import { batchFeeds, logitsProgram } from '../../../src/core/training/programs.js';
import { nodeFileSystem } from '../../../src/platform/file-system.js';
import { batchOf, GOLDEN, readJson, readTensors } from '../../golden/golden.js';
import { cpuEngine } from '../generation/models.js';

const INT4: IntegerScheme = { bits: 4, blockSize: 32, symmetric: true, scaleType: 'F32' };

let engine: Engine;
beforeAll(() => {
  engine = cpuEngine();
});
afterAll(() => engine.dispose());

const quiet = { onProgress: () => undefined };

function llama(changed: object = {}): Model {
  return readModel({
    model_type: 'llama',
    vocab_size: 40,
    hidden_size: 64,
    intermediate_size: 96,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    max_position_embeddings: 32,
    initializer_range: 0.2,
    ...changed,
  });
}

/** Random weights with gains that make some channels loud, as large models have them. */
function weightsOf(model: Model): StateDict {
  const weights = initializeParameters(model.parameters, 5);
  for (const [name, { data }] of weights) {
    if (name.endsWith('norm.weight'))
      data.forEach((_, i) => (data[i] = i % 16 === 3 ? 12 : 0.5 + (i % 5) / 10));
  }
  return weights;
}

const TEXTS = [...Array(6).keys()].map((row) =>
  [...Array(20 + row).keys()].map((index) => (index * (row + 3) + row) % 40),
);

async function logitsOf(model: Model, weights: StateDict, inputIds: number[][]): Promise<Float32Array> {
  const batch = batchOf(inputIds, inputIds);
  const trained = { model, adapter: undefined, frozen: model.parameters, trainable: [] };
  const program = logitsProgram(trained, { batchSize: batch.batchSize, length: batch.length, packed: false });
  const cells: Record<string, Cell> = {};
  for (const { name, shape } of model.parameters) {
    cells[name] = await engine.cell({ shape, dtype: 'float32' }, weights.get(name)!.data);
  }
  const executable = await engine.compile(program);
  const { logits } = await executable.run({ ...cells, ...batchFeeds(program, batch) });
  await executable.dispose();
  return logits as Float32Array;
}

describe('scaled channels', () => {
  // Grouped heads, tied head; biases everywhere; norms of queries and keys.
  it.each(['llama-gqa-tied', 'llama', 'llama-bias', 'qwen2', 'qwen3'])(
    'change nothing that %s computes: its logits stay those of transformers',
    async (name) => {
      const folder = join(GOLDEN, 'architectures', name);
      const model = readModel(readJson(folder, 'config.json'));
      const weights = await loadWeights(nodeFileSystem, folder, model);
      const groups = model.scaledChannels!;
      const untied = model.headParameter === 'lm_head.weight';
      expect(groups).toHaveLength(4 * model.shape.layers + Number(untied));
      for (const [place, group] of groups.entries()) {
        const writer = weights.get(`${group.writer}.weight`)!;
        const scales = Float32Array.from(
          { length: writer.shape[0]! },
          (_, i) => 2 ** Math.sin(7 * i + place),
        );
        const { changed } = await applyScales(
          group,
          scales,
          (parameter) => Promise.resolve(weights.get(parameter)),
          // The coarsest type: what gains lose must be found again in the weights.
          'BF16',
        );
        expect([...changed.keys()].length).toBeGreaterThan(group.readers.length);
        for (const [parameter, tensor] of changed) {
          expect(tensor.data, parameter).not.toEqual(weights.get(parameter)!.data);
          weights.set(parameter, tensor);
        }
      }
      const { input_ids } = readJson<{ input_ids: number[][] }>(folder, 'case.json');
      const logits = await logitsOf(model, weights, input_ids);
      const expected = (await readTensors(join(folder, 'expected.safetensors'))).get('logits')!.data;
      const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const worst = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - logits[i]!)), 0);
      expect(worst / largest).toBeLessThan(1e-4);
    },
  );

  it('keeps a gain of zero, which no scale brings back', async () => {
    const state: StateDict = new Map([
      ['norm.weight', { shape: [2], data: Float32Array.of(0, 3) }],
      ['reader.weight', { shape: [1, 2], data: Float32Array.of(5, 7) }],
    ]);
    const { changed, scales } = await applyScales(
      { writer: 'norm', readers: ['reader'] },
      Float32Array.of(2, 2),
      (name) => Promise.resolve(state.get(name)),
      'F32',
    );
    expect([...changed.get('norm.weight')!.data]).toEqual([0, 1.5]);
    expect([...changed.get('reader.weight')!.data]).toEqual([5, 14]);
    expect([...scales]).toEqual([1, 2]);
  });

  it('takes scales from the activations, brought around 1', () => {
    // 1, 2 and 4, over the root of 1 × 4.
    expect([...activationScales(Float32Array.of(1, 4, 16), 0.5)]).toEqual([0.5, 1, 2]);
    expect([...activationScales(Float32Array.of(0.1, 4, 16), 0)]).toEqual([1, 1, 1]);
    // A channel that is never used is not divided by nothing: 1e-4 and 1 are 0.01 and 100 around 1.
    const [dead, used] = activationScales(Float32Array.of(0, 1), 1);
    expect([dead!, used!].map((scale) => Number(scale.toFixed(5)))).toEqual([0.01, 100]);
  });
});

describe('calibrate', () => {
  it('measures what layers get, by hand for the first', async () => {
    const model = llama();
    const weights = weightsOf(model);
    const inputs = await calibrate(model, weights, TEXTS, { engine, ...quiet });
    const [embedding, gain] = ['model.embed_tokens', 'model.layers.0.input_layernorm'].map(
      (name) => weights.get(`${name}.weight`)!.data,
    );
    const rows = TEXTS.flat().map((token) => {
      const row = embedding!.subarray(token * 64, token * 64 + 64);
      const root = Math.sqrt(row.reduce((sum, x) => sum + x * x, 0) / 64 + 1e-6);
      return row.map((x, i) => (x / root) * gain![i]!);
    });
    const found = inputs.get('model.layers.0.self_attn.k_proj')!;
    const mean = (of: (x: number) => number, channel: number): number =>
      rows.reduce((sum, row) => sum + of(row[channel]!), 0) / rows.length;
    for (const channel of [0, 3, 63]) {
      expect(found.meanMagnitude[channel]).toBeCloseTo(mean(Math.abs, channel), 4);
      expect(found.meanSquare[channel]! / mean((x) => x * x, channel)).toBeCloseTo(1, 4);
    }
    // Fewer tokens than are kept: all of them, in order, padding left out.
    expect(found.sample).toHaveLength(TEXTS.flat().length * 64);
    expect(found.sample[5 * 64 + 7]).toBeCloseTo(rows[5]![7]!, 4);
    expect(inputs.get('model.layers.0.self_attn.q_proj')).toBe(found);
    expect(inputs.get('model.layers.1.mlp.down_proj')!.width).toBe(96);
    expect(inputs.get('lm_head')!.width).toBe(64);
    expect(inputs.size).toBe(15);
  });

  it('keeps tokens evenly spread where there are more than are needed', async () => {
    const model = llama({ num_hidden_layers: 1 });
    const texts = [...Array(40).keys()].map((row) => [...Array(20).keys()].map((i) => (i + row) % 40));
    const inputs = await calibrate(model, weightsOf(model), texts, { engine, ...quiet });
    const { sample } = inputs.get('lm_head')!;
    expect(sample).toHaveLength(512 * 64);
    // The last one kept is the last token seen: nothing is left empty.
    expect(sample.subarray(511 * 64).some((x) => x !== 0)).toBe(true);
  });
});

describe('quantizeModel', () => {
  const model = llama();
  const weights = weightsOf(model);
  const read = (name: string) => Promise.resolve(weights.get(name)!);
  let inputs: Calibration;
  beforeAll(async () => {
    inputs = await calibrate(model, weights, TEXTS, { engine, ...quiet });
  });

  async function quantized(method: QuantizationMethod, dynamicActivations = false, scheme = INT4) {
    const { quantized: layers } = planLayers(model, scheme, []);
    const options = { layers, method, dynamicActivations, storage: 'F32' as const };
    return quantizeModel(model, read, { ...options, calibration: { inputs, engine } }, quiet);
  }

  it('loses ever less from rounding over searched ranges to scaled channels', async () => {
    const [round, search, awq] = [
      await quantized('round'),
      await quantized('search'),
      await quantized('awq'),
    ];
    const byModule = (result: typeof round) =>
      new Map(result.losses.map(({ module, error }) => [module, error]));
    for (const [module, error] of byModule(search)) {
      expect(error, module).toBeLessThanOrEqual(byModule(round).get(module)!);
    }
    // With loud channels scaling must gain a good deal where gains can take the scales.
    for (const [module, error] of byModule(awq)) {
      expect(error, module).toBeLessThanOrEqual(1.02 * byModule(round).get(module)!);
    }
    const total = (result: typeof round) => result.losses.reduce((sum, { error }) => sum + error ** 2, 0);
    expect(total(search)).toBeLessThan(total(round));
    expect(total(awq)).toBeLessThan(0.7 * total(round));
    expect(awq.changed.has('model.layers.0.input_layernorm.weight')).toBe(true);
    expect([...round.changed.keys()]).toEqual([]);
  });

  it('tells the error of a layer as a product worked out here does', async () => {
    const module = 'model.layers.1.self_attn.v_proj';
    for (const dynamic of [false, true]) {
      const { matrices, losses } = await quantized('round', dynamic, { ...INT4, bits: 8, blockSize: null });
      const exact = weights.get(`${module}.weight`)!.data;
      const rounded = dequantizeMatrix(matrices.get(module)!);
      const { sample } = inputs.get(module)!;
      const got = dynamic ? roundActivations(sample, 64) : sample;
      let [error, total] = [0, 0];
      for (let token = 0; token < sample.length / 64; token++) {
        for (let output = 0; output < exact.length / 64; output++) {
          let [expected, found] = [0, 0];
          for (let i = 0; i < 64; i++) {
            expected += sample[token * 64 + i]! * exact[output * 64 + i]!;
            found += got[token * 64 + i]! * rounded[output * 64 + i]!;
          }
          error += (expected - found) ** 2;
          total += expected ** 2;
        }
      }
      const loss = losses.find((one) => one.module === module)!.error;
      expect(loss / Math.sqrt(error / total)).toBeCloseTo(1, 3);
    }
  });

  it('tells of weights where nothing was calibrated', async () => {
    const { quantized: layers } = planLayers(model, INT4, ['lm_head']);
    const options = { layers, method: 'round' as const, dynamicActivations: false, storage: 'F32' as const };
    const { losses, matrices } = await quantizeModel(model, read, options, quiet);
    expect(matrices.size).toBe(14);
    // 4 bits over normal weights: a step of about 0.3 deviations, whose rounding errs by its twelfth root.
    for (const { error } of losses) expect(error).toBeGreaterThan(0.05);
    for (const { error } of losses) expect(error).toBeLessThan(0.15);
  });

  it('rounds activations token by token', () => {
    // 1 and -0.25 of at most 1: 127 and -32 steps of 1/127.5.
    const rounded = roundActivations(Float32Array.of(1, -0.25, 100, 0.3), 2);
    expect([...rounded].map((x) => Number(x.toFixed(5)))).toEqual([0.99608, -0.25098, 99.60784, 0]);
  });
});

describe('OutputErrors', () => {
  it('compares products by hand', async () => {
    const errors = new OutputErrors(engine);
    // Two tokens, one output: 1·3 + 2·4 = 11 and -1·3 + 0·4 = -3; rounded 12 and -2.
    const result = await errors.compare(
      2,
      { weights: Float32Array.of(3, 4), inputs: Float32Array.of(1, 2, -1, 0) },
      { weights: Float32Array.of(2, 5), inputs: Float32Array.of(1, 2, -1, 0) },
    );
    await errors.dispose();
    expect(result).toEqual({ error: 2, total: 130 });
  });
});

describe('planLayers', () => {
  const model = llama();
  const modulesOf = (plan: ReturnType<typeof planLayers>): string[] =>
    plan.quantized.map(({ module }) => module);

  it('takes every linear layer, in the largest blocks that divide its rows', () => {
    const plan = planLayers(model, { ...INT4, blockSize: 128 }, []);
    const sizes = new Map(plan.quantized.map(({ module, scheme }) => [module, scheme.blockSize]));
    expect(sizes.get('model.layers.0.mlp.up_proj')).toBe(64);
    expect(sizes.get('model.layers.0.mlp.down_proj')).toBe(32);
    expect(modulesOf(plan)).toHaveLength(15);
    expect(plan.kept).toEqual([]);
  });

  it('leaves a tied head, and what is named', () => {
    const tied = planLayers(llama({ tie_word_embeddings: true }), INT4, ['lm_head', 'down_proj']);
    expect(tied.kept.map(({ module, reason }) => `${module}: ${reason}`)).toEqual([
      'lm_head: shares its weights with the embedding',
      'model.layers.0.mlp.down_proj: named by --keep',
      'model.layers.1.mlp.down_proj: named by --keep',
    ]);
    const first = planLayers(model, INT4, ['layers.0.*']);
    expect(modulesOf(first).filter((module) => module.includes('layers.0.'))).toEqual([]);
    expect(first.kept).toHaveLength(7);
    expect(modulesOf(planLayers(model, INT4, ['*.mlp.*_proj', 'lm_head']))).toHaveLength(8);
  });

  it('says which name is meant', () => {
    expect(() => planLayers(model, INT4, ['dwon_proj'])).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        message: '--keep dwon_proj: no linear layer of this model has that name',
        hint: expect.stringContaining('Did you mean down_proj') as string,
      }),
    );
  });

  it('keeps layers whose rows no block divides, and refuses where none is left', () => {
    const odd = llama({ intermediate_size: 72 });
    expect(planLayers(odd, INT4, []).kept.map(({ reason }) => reason)).toEqual(
      Array(2).fill('its 72 inputs are no multiple of 32'),
    );
    expect(planLayers(odd, { ...INT4, bits: 8, blockSize: null }, []).kept).toEqual([]);
    const narrow = llama({ hidden_size: 16, intermediate_size: 24, num_attention_heads: 2 });
    expect(() => planLayers(narrow, INT4, [])).toThrow('no linear layer is left to quantise');
  });

  it('cannot store weights with their inputs first', () => {
    const gpt2 = readModel({
      model_type: 'gpt2',
      vocab_size: 8,
      n_positions: 8,
      n_embd: 32,
      n_layer: 1,
      n_head: 2,
    });
    expect(() => planLayers(gpt2, INT4, [])).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }));
  });
});
