import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readModel } from '../../../src/core/architectures/index.js';
import { initializeParameters } from '../../../src/core/architectures/initialize.js';
import { writeAdapterFolder } from '../../../src/core/checkpoints/adapter-folder.js';
import { loadWeights } from '../../../src/core/checkpoints/load-weights.js';
import { openModelFolder, writeModelFolder } from '../../../src/core/checkpoints/model-folder.js';
import { readModelCardText } from '../../../src/core/model-cards/hugging-face-form.js';
import { mergeAdapter } from '../../../src/lifecycle/adapt/merge.js';
import { quantize, quantizeStep, type QuantizePorts } from '../../../src/lifecycle/deploy/quantize.js';
import type { QuantizeOptions } from '../../../src/lifecycle/deploy/quantize-options.js';
import { systemClock } from '../../../src/platform/clock.js';
import { nodeFileSystem } from '../../../src/platform/file-system.js';
import { cpuEngine } from '../../core/generation/models.js';
import { sentimentRows, STARTER_MODEL, TINY_CONFIG, writeRows } from '../adapt/tiny-run.js';

/** Wide enough for blocks of 32; 96 inputs of its last layer are no multiple of 64. */
const CONFIG = {
  ...TINY_CONFIG,
  hidden_size: 64,
  intermediate_size: 96,
  num_attention_heads: 4,
  num_key_value_heads: 2,
};

let folder: string;
let base: string;
let rows: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'genai-quantize-'));
  base = join(folder, 'base');
  await writeModelFolder(nodeFileSystem, base, {
    config: CONFIG,
    generationConfig: { eos_token_id: 0 },
    state: initializeParameters(readModel(CONFIG).parameters, 4),
    storage: 'F32',
    tokenizerFilesFrom: STARTER_MODEL,
  });
  rows = writeRows(join(folder, 'rows.jsonl'), sentimentRows(8));
});
afterAll(() => rmSync(folder, { recursive: true }));

function ports(changed: Partial<QuantizePorts> = {}): QuantizePorts {
  return {
    ...{ files: nodeFileSystem, environment: {}, clock: systemClock, toolkitVersion: '1.2.3' },
    fetch: () => expect.fail('the network was used'),
    createEngine: () => Promise.resolve(cpuEngine()),
    onProgress: () => undefined,
    ...changed,
  };
}

let made = 0;
function run(
  options: Partial<QuantizeOptions> & Pick<QuantizeOptions, 'to'>,
  changed: Partial<QuantizePorts> = {},
) {
  const out = options.out ?? join(folder, `out-${++made}`);
  return quantize({ model: base, out, ...options }, ports(changed));
}

const bytesOf = (path: string): number => statSync(join(path, 'model.safetensors')).size;

describe('quantize', () => {
  it('writes 4 bits that every part of the toolkit reads as weights', async () => {
    const result = await run({ to: 'int4' });
    expect(result).toMatchObject({
      ...{ to: 'int4', method: 'search', block_size: 64, zero_points: false, storage: 'BF16' },
      ...{ model: base, quantized_layers: 7, calibration: null, evaluation: null, errors_of: 'weights' },
      kept_layers: [{ module: 'lm_head', reason: 'shares its weights with the embedding' }],
      bytes_before: bytesOf(base),
      bytes_after: bytesOf(result.output_dir),
    });
    expect(result.bits_per_weight).toBeCloseTo((8 * bytesOf(result.output_dir)) / result.parameters, 10);
    const errors = result.layers.map(({ error }) => error);
    expect(errors).toEqual([...errors].sort((a, b) => b - a));

    const config = JSON.parse(readFileSync(join(result.output_dir, 'config.json'), 'utf8')) as {
      torch_dtype: string;
      quantization_config: {
        ignore: string[];
        config_groups: Record<string, { targets: string[]; weights: object }>;
      };
    };
    expect(config.torch_dtype).toBe('bfloat16');
    const { ignore, config_groups: groups } = config.quantization_config;
    expect(ignore).toEqual(['lm_head']);
    // Rows of 96 take blocks of 32, and are named; the class stands for all others.
    expect(groups['group_1']).toMatchObject({
      targets: ['Linear'],
      weights: { num_bits: 4, group_size: 64 },
    });
    expect(groups['group_0']).toMatchObject({
      targets: ['model.layers.0.mlp.down_proj'],
      weights: { num_bits: 4, group_size: 32, strategy: 'group', symmetric: true },
    });

    const model = readModel(CONFIG);
    const [before, after] = [
      await loadWeights(nodeFileSystem, base, model),
      await loadWeights(nodeFileSystem, result.output_dir, model),
    ];
    for (const { module, error } of result.layers) {
      const [exact, found] = [before, after].map((weights) => weights.get(`${module}.weight`)!.data);
      const wrong = exact!.reduce((sum, x, i) => sum + (x - found![i]!) ** 2, 0);
      const total = exact!.reduce((sum, x) => sum + x ** 2, 0);
      expect(error / Math.sqrt(wrong / total), module).toBeCloseTo(1, 5);
    }
    expect(readdirSync(result.output_dir)).toEqual(
      expect.arrayContaining(['generation_config.json', 'tokenizer.json']),
    );
  });

  it('calibrates, and measures before and after what was written', async () => {
    const stages = new Set<string>();
    const result = await run(
      {
        to: 'int4',
        calibrate: rows,
        calibrationRows: 5,
        evaluate: rows,
        evaluationRows: 4,
        metrics: ['accuracy'],
      },
      { onProgress: ({ stage }) => stages.add(stage) },
    );
    expect(result).toMatchObject({
      method: 'awq',
      errors_of: 'outputs',
      calibration: { path: rows, texts: 5 },
    });
    expect([...stages]).toEqual(expect.arrayContaining(['calibrate', 'search scales', 'quantise']));
    const { metrics, rows: measured } = result.evaluation!;
    expect(measured).toBe(4);
    expect(metrics.map(({ metric }) => metric)).toEqual(['perplexity', 'accuracy']);
    const [{ before, after }] = metrics as [(typeof metrics)[number]];
    expect(after.value).not.toBe(before.value);
    // Random weights know nothing, and 4 bits leave it so: near the vocabulary's size, and near each other.
    expect(Math.abs(after.value / before.value - 1)).toBeLessThan(0.5);
    expect(before.low!).toBeLessThanOrEqual(before.value);

    const card = readModelCardText(readFileSync(join(result.output_dir, 'README.md'), 'utf8'), 'README.md');
    expect(card.data).toMatchObject({ base_model: ['base'], others: { base_model_relation: 'quantized' } });
    expect(card.data.results[0]).toMatchObject({ metric_type: 'perplexity', metric_value: after.value });
    expect(card.text).toContain('| calibrated on | 5 texts');

    expect(quantizeStep(folder, result, ['base', '--to', 'int4'])).toMatchObject({
      ...{ stage: 'deploy', command: 'genai deploy quantize base --to int4', inputs: ['base'] },
      results: { to: 'int4', method: 'awq', perplexity: after.value, 'perplexity before': before.value },
    });
  });

  it('measures the numbers that the integers stand for, not products that round activations in their own way', async () => {
    const result = await run({ to: 'int4', evaluate: rows, evaluationRows: 4 });
    const model = readModel(CONFIG);
    const numbers = join(folder, 'numbers');
    await writeModelFolder(nodeFileSystem, numbers, {
      config: CONFIG,
      state: await loadWeights(nodeFileSystem, result.output_dir, model),
      ...{ storage: 'F32', tokenizerFilesFrom: STARTER_MODEL },
    });
    const of = await run({ to: 'bf16', model: numbers, evaluate: rows, evaluationRows: 4 });
    const [integers, floats] = [result, of].map(({ evaluation }) => evaluation!.metrics[0]!);
    expect(integers!.after.value).not.toBe(integers!.before.value);
    expect(integers!.after.value / floats!.before.value).toBeCloseTo(1, 6);
  });

  it('measures int8-dynamic with its activations rounded', async () => {
    const [plain, dynamic] = [
      await run({ to: 'int8', evaluate: rows, evaluationRows: 4 }),
      await run({ to: 'int8-dynamic', evaluate: rows, evaluationRows: 4 }),
    ].map(({ evaluation, layers }) => ({ layers, after: evaluation!.metrics[0]!.after.value }));
    expect(dynamic!.layers).toEqual(plain!.layers);
    expect(dynamic!.after).not.toBe(plain!.after);
    expect(dynamic!.after / plain!.after).toBeCloseTo(1, 1);
  });

  it('tells the sizes of blocks that layers have, not the one that was asked for', async () => {
    const result = await run({ to: 'int4', blockSize: 128 });
    // 128 divides neither 64 inputs nor 96.
    expect(result.block_size).toBe(64);
    const blocks = Object.fromEntries(
      result.layers.map(({ module, block_size }) => [module.split('.').at(-1)!, block_size]),
    );
    expect(blocks).toEqual({
      ...{ q_proj: 64, k_proj: 64, v_proj: 64, o_proj: 64, gate_proj: 64, up_proj: 64 },
      down_proj: 32,
    });
    const card = readFileSync(join(result.output_dir, 'README.md'), 'utf8');
    expect(card).toContain('| one scale for | 64 weights; 32 in 1 layer |');
  });

  it('gives all layers with zero points one size of blocks, the only one that transformers reads of a folder', async () => {
    const result = await run({ to: 'int4', zeroPoints: true });
    expect(result.block_size).toBe(32);
    expect(new Set(result.layers.map(({ block_size }) => block_size))).toEqual(new Set([32]));
    const config = JSON.parse(readFileSync(join(result.output_dir, 'config.json'), 'utf8')) as {
      quantization_config: { config_groups: object };
    };
    expect(Object.keys(config.quantization_config.config_groups)).toEqual(['group_0']);
  });

  it.each([
    ['int8', {}, { strategy: 'channel', symmetric: true, num_bits: 8 }, 'pack-quantized', null],
    [
      'int8',
      { blockSize: 32, zeroPoints: true },
      { group_size: 32, symmetric: false },
      'pack-quantized',
      null,
    ],
    [
      'int8-dynamic',
      {},
      { strategy: 'channel', num_bits: 8 },
      'int-quantized',
      { strategy: 'token', dynamic: true },
    ],
    [
      'int4',
      { zeroPoints: true, blockSize: 32, method: 'round' },
      { symmetric: false },
      'pack-quantized',
      null,
    ],
  ] as const)(
    'says in the configuration how %s with %o is held',
    async (to, options, weights, format, activations) => {
      const result = await run({ to, ...options });
      const config = JSON.parse(readFileSync(join(result.output_dir, 'config.json'), 'utf8')) as {
        quantization_config: { config_groups: { group_0: { input_activations: object | null } } };
      };
      expect(config.quantization_config).toMatchObject({
        ...{ quant_method: 'compressed-tensors', quantization_status: 'compressed', format },
        config_groups: { group_0: { weights } },
      });
      const { input_activations: found } = config.quantization_config.config_groups.group_0;
      if (activations === null) expect(found).toBeNull();
      else expect(found).toMatchObject(activations);
      // 8 bits err by a 250th of the largest weight, 4 bits by a 15th.
      for (const { error } of result.layers) expect(error).toBeLessThan(to === 'int4' ? 0.12 : 0.01);
    },
  );

  it('casts to 16 bits', async () => {
    const result = await run({ to: 'bf16' });
    expect(result).toMatchObject({
      method: null,
      layers: [],
      kept_layers: [],
      storage: 'BF16',
      errors_of: null,
    });
    expect(result.bits_per_weight).toBeGreaterThan(16);
    expect(result.bits_per_weight).toBeLessThan(16.3);
    const checkpoint = await openModelFolder(nodeFileSystem, result.output_dir);
    await checkpoint.close();
    expect(new Set([...checkpoint.tensors.values()].map(({ dtype }) => dtype))).toEqual(new Set(['BF16']));
    expect(checkpoint.config).toMatchObject({ torch_dtype: 'bfloat16', hidden_size: 64 });
  });

  it('counts the weights that float16 cannot hold, and refuses', async () => {
    const loud = join(folder, 'loud');
    const state = initializeParameters(readModel(CONFIG).parameters, 4);
    state.get('model.layers.0.mlp.up_proj.weight')!.data.set([70_000, -1e9, 65_519]);
    await writeModelFolder(nodeFileSystem, loud, {
      ...{ config: CONFIG, state, storage: 'F32', tokenizerFilesFrom: STARTER_MODEL },
    });
    await expect(run({ model: loud, to: 'fp16' })).rejects.toMatchObject({
      code: 'UNSUPPORTED',
      message: `${loud}: 2 weights are beyond the range of float16 (65,504), the first in model.layers.0.mlp.up_proj.weight`,
      hint: 'Choose --to bf16, which has the range of float32.',
    });
  });

  it('replaces only what it wrote, and only when told', async () => {
    const out = join(folder, 'again');
    await run({ to: 'int8', out });
    await expect(run({ to: 'int4', out })).rejects.toMatchObject({ code: 'USAGE' });
    expect(await run({ to: 'int4', out, force: true })).toMatchObject({ to: 'int4' });
    writeFileSync(join(folder, 'file'), '');
    await expect(run({ to: 'int4', out: join(folder, 'file'), force: true })).rejects.toMatchObject({
      code: 'USAGE',
    });
    await expect(run({ to: 'int4', out: `${base}/`, force: true })).rejects.toMatchObject({
      message: `${base}/: is the model itself`,
    });
  });

  it('quantises what is quantised, and merges adapters into it', async () => {
    const first = await run({ to: 'int8' });
    const second = await run({ to: 'int4', model: first.output_dir });
    expect(second.bytes_before).toBe(first.bytes_after);
    const adapter = join(folder, 'adapter');
    const module = 'model.layers.0.self_attn.o_proj';
    const factor = (matrix: 'A' | 'B') => ({
      shape: matrix === 'A' ? [2, 64] : [64, 2],
      data: Float32Array.from({ length: 128 }, (_, i) => Math.sin(i + (matrix === 'A' ? 1 : 2))),
    });
    await writeAdapterFolder(nodeFileSystem, adapter, {
      config: {
        ...{
          base_model_name_or_path: null,
          r: 2,
          lora_alpha: 4,
          lora_dropout: 0,
          target_modules: ['o_proj'],
        },
        ...{ fan_in_fan_out: false, use_rslora: false },
      },
      state: new Map(
        (['A', 'B'] as const).map((matrix) => [
          `base_model.model.${module}.lora_${matrix}.weight`,
          factor(matrix),
        ]),
      ),
      storage: 'F32',
    });
    const out = join(folder, 'merged');
    const merge = { files: nodeFileSystem, onProgress: () => undefined };
    await mergeAdapter({ adapter, base: first.output_dir, out, storage: 'F32' }, merge);
    const model = readModel(CONFIG);
    const [before, after] = [
      await loadWeights(nodeFileSystem, first.output_dir, model),
      await loadWeights(nodeFileSystem, out, model),
    ];
    const [a, b] = [factor('A').data, factor('B').data];
    const at = 5 * 64 + 7;
    // alpha over rank is 2.
    const change = 2 * (b[10]! * a[7]! + b[11]! * a[64 + 7]!);
    const name = `${module}.weight`;
    expect(after.get(name)!.data[at]).toBeCloseTo(before.get(name)!.data[at]! + change, 5);
    expect(readFileSync(join(out, 'config.json'), 'utf8')).not.toContain('quantization_config');
    await expect(run({ model: adapter, to: 'int4' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it.each<[Partial<QuantizeOptions> & Pick<QuantizeOptions, 'to'>, string]>([
    [{ to: 'bf16', method: 'round' }, '--method means nothing to --to bf16'],
    [{ to: 'fp16', keep: ['lm_head'] }, '--keep means nothing to --to fp16'],
    [{ to: 'int4', method: 'awq' }, '--method awq scales channels by their activations, and there are none'],
    [{ to: 'int8-dynamic', blockSize: 64 }, '--block-size does not go with --to int8-dynamic'],
    [{ to: 'int8-dynamic', zeroPoints: true }, '--zero-points does not go with --to int8-dynamic'],
    [{ to: 'int4', metrics: ['accuracy'] }, '--metric is of a dataset that is not named'],
    [{ to: 'int4', keep: ['up'] }, '--keep up: no linear layer of this model has that name'],
  ])('refuses options that do not go together: %o', async (options, message) => {
    await expect(run(options)).rejects.toMatchObject({ code: 'USAGE', message });
  });

  it('reads datasets before it computes anything', async () => {
    const out = join(folder, 'never');
    await expect(
      run(
        { to: 'int4', out, evaluate: join(folder, 'nowhere') },
        { createEngine: () => expect.fail('computed') },
      ),
    ).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(run({ to: 'int4', out, calibrate: join(folder, 'nowhere') })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    expect(readdirSync(folder)).not.toContain('never');
  });
});
