import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { readAdapterFolder, writeAdapterFolder } from '../../../src/core/checkpoints/adapter-folder.js';
import type { HostTensor } from '../../../src/core/checkpoints/checkpoint.js';
import { writeSafetensors } from '../../../src/core/checkpoints/safetensors.js';
import { nodeFileSystem } from '../../../src/platform/file-system.js';
import { failure, golden, goldenJson, sha256, temporaryFolder } from './fixtures.js';

const ADAPTER = golden('adapter');
const Q_PROJ = 'base_model.model.model.layers.0.self_attn.q_proj';
const temporary = temporaryFolder();
let count = 0;
let path = '';
beforeEach(() => {
  path = join(temporary, `adapter-${++count}`);
});

function configOf(folder: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(folder, 'adapter_config.json'), 'utf8')) as Record<string, unknown>;
}

/** Copies the golden adapter with other settings; `undefined` removes one. */
function withConfig(changes: Record<string, unknown>): void {
  cpSync(ADAPTER, path, { recursive: true });
  writeFileSync(join(path, 'adapter_config.json'), JSON.stringify({ ...configOf(path), ...changes }));
}

describe('readAdapterFolder', () => {
  it('reads what PEFT wrote', async () => {
    const { config, state } = await readAdapterFolder(nodeFileSystem, ADAPTER);
    expect(config).toEqual({
      base_model_name_or_path: null,
      r: 2,
      lora_alpha: 6,
      lora_dropout: 0,
      target_modules: ['down_proj', 'q_proj'],
      exclude_modules: null,
      layers_to_transform: null,
      layers_pattern: null,
      use_rslora: true,
      fan_in_fan_out: false,
    });
    const summary = Array.from(state, ([name, { shape, data }]) => [
      name,
      { shape, float32_sha256: sha256(data) },
    ]);
    expect(Object.fromEntries(summary)).toEqual(goldenJson('adapter.json'));
  });

  it('reads settings of older releases, and a regular expression of modules', async () => {
    withConfig({
      use_rslora: undefined,
      use_dora: undefined,
      rank_pattern: undefined,
      target_modules: '.*_proj',
    });
    const { config } = await readAdapterFolder(nodeFileSystem, path);
    expect(config).toMatchObject({ use_rslora: false, target_modules: '.*_proj' });
  });

  it.each([
    [{ peft_type: 'LOHA' }],
    [{ task_type: 'SEQ_CLS' }],
    [{ use_dora: true }],
    [{ bias: 'all' }],
    [{ modules_to_save: ['lm_head'] }],
    [{ rank_pattern: { q_proj: 4 } }],
    [{ alpha_pattern: { q_proj: 4 } }],
    [{ init_lora_weights: 'pissa' }],
    [{ lora_bias: true }],
    [{ target_parameters: ['experts.gate_up_proj'] }],
    [{ a_feature_of_tomorrow: 0.5 }],
    [{ constructor: 1 }],
  ])('refuses %j by name', async (change) => {
    withConfig(change);
    const error = await failure(readAdapterFolder(nodeFileSystem, path), 'UNSUPPORTED');
    expect(error.message).toContain(`adapter_config.json: "${Object.keys(change)[0]!}" is `);
  });

  it.each([
    [{ a_feature_of_tomorrow: null, another: false, third: [], fourth: {} }],
    [{ modules_to_save: [], rank_pattern: null, task_type: null }],
    [{ init_lora_weights: 'gaussian', revision: 'main', peft_version: '9.9' }],
  ])('accepts %j', async (change) => {
    withConfig(change);
    expect((await readAdapterFolder(nodeFileSystem, path)).state.size).toBe(4);
  });

  it('reports all damaged settings at once', async () => {
    withConfig({ r: 0, lora_alpha: 'much', target_modules: undefined });
    const { message } = await failure(readAdapterFolder(nodeFileSystem, path), 'BAD_CHECKPOINT');
    for (const field of ['r: ', 'lora_alpha: ', 'target_modules: ']) expect(message).toContain(field);
    rmSync(path, { recursive: true });
    withConfig({ peft_type: undefined });
    await failure(readAdapterFolder(nodeFileSystem, path), 'BAD_CHECKPOINT');
  });

  it('refuses a rank or modules other than those of the tensors', async () => {
    withConfig({ r: 3 });
    const wrongRank = await failure(readAdapterFolder(nodeFileSystem, path), 'BAD_CHECKPOINT');
    expect(wrongRank.message).toMatch(/lora_A.weight" has shape \[2, \d+\], not \[3, inputs\]/);
    rmSync(path, { recursive: true });
    // PEFT compares whole name parts: `proj` is not the end of `q_proj`.
    withConfig({ target_modules: ['proj', 'down_proj'] });
    const wrongModule = await failure(readAdapterFolder(nodeFileSystem, path), 'BAD_CHECKPOINT');
    expect(wrongModule.message).toContain(`"${Q_PROJ}.lora_A.weight" belongs to none of the target_modules`);
  });

  const factor = (...shape: [number, number]): HostTensor => ({
    shape,
    data: new Float32Array(shape[0] * shape[1]),
  });
  it.each([
    ['a lone factor', [[`${Q_PROJ}.lora_A.weight`, factor(2, 8)]], 'BAD_CHECKPOINT', /has no partner/],
    ['no tensor', [], 'BAD_CHECKPOINT', /has no tensors/],
    [
      'an embedding',
      [['base_model.model.embed.lora_embedding_A', factor(2, 8)]],
      'UNSUPPORTED',
      /linear layer/,
    ],
    ['a saved head', [['base_model.model.lm_head.weight', factor(2, 8)]], 'UNSUPPORTED', /linear layer/],
  ] as const)('refuses %s', async (_, tensors, code, message) => {
    withConfig({});
    await writeSafetensors(nodeFileSystem, join(path, 'adapter_model.safetensors'), new Map(tensors), 'F32');
    expect((await failure(readAdapterFolder(nodeFileSystem, path), code)).message).toMatch(message);
  });

  it('says what is not an adapter folder', async () => {
    await failure(readAdapterFolder(nodeFileSystem, path), 'NOT_FOUND');
    await failure(readAdapterFolder(nodeFileSystem, join(ADAPTER, 'adapter_config.json')), 'USAGE');
    await failure(readAdapterFolder(nodeFileSystem, golden('two-shards')), 'USAGE');
    withConfig({});
    renameSync(join(path, 'adapter_model.safetensors'), join(path, 'adapter_model.bin'));
    const error = await failure(readAdapterFolder(nodeFileSystem, path), 'UNSUPPORTED');
    expect(error.message).toMatch(/adapter_model.bin: .*can run code/);
    rmSync(join(path, 'adapter_model.bin'));
    await failure(readAdapterFolder(nodeFileSystem, path), 'BAD_CHECKPOINT');
  });
});

describe('writeAdapterFolder', () => {
  it("writes PEFT's settings with PEFT's values, and reads back what it was given", async () => {
    const adapter = await readAdapterFolder(nodeFileSystem, ADAPTER);
    const extraFiles = { 'README.md': '# Adapter\n' };
    await writeAdapterFolder(nodeFileSystem, path, { ...adapter, storage: 'F32', extraFiles });
    expect(readdirSync(path)).toEqual(['README.md', 'adapter_config.json', 'adapter_model.safetensors']);
    expect(await readAdapterFolder(nodeFileSystem, path)).toEqual(adapter);
    // PEFT wrote every setting it knows: ours are some of them, with the same values.
    const written = configOf(path);
    expect(configOf(ADAPTER)).toMatchObject(written);
    expect(written).toMatchObject({
      peft_type: 'LORA',
      task_type: 'CAUSAL_LM',
      inference_mode: true,
      use_dora: false,
    });
  });

  it('refuses tensors that contradict the settings, and to overwrite', async () => {
    const adapter = await readAdapterFolder(nodeFileSystem, ADAPTER);
    const wrong = { ...adapter, config: { ...adapter.config, r: 4 }, storage: 'F32' } as const;
    await failure(writeAdapterFolder(nodeFileSystem, path, wrong), 'BAD_CHECKPOINT');
    mkdirSync(path);
    writeFileSync(join(path, 'notes.txt'), '');
    await failure(writeAdapterFolder(nodeFileSystem, path, { ...adapter, storage: 'F32' }), 'USAGE');
    expect(readdirSync(path)).toEqual(['notes.txt']);
  });
});
