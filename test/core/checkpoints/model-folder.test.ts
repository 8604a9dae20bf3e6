import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { StateDict } from '../../../src/core/checkpoints/checkpoint.js';
import { openModelFolder, writeModelFolder } from '../../../src/core/checkpoints/model-folder.js';
import { openSafetensors } from '../../../src/core/checkpoints/safetensors.js';
import { readStateDict } from '../../../src/core/checkpoints/tensor-source.js';
import { nodeFileSystem, type FileSystem } from '../../../src/platform/file-system.js';
import { failure, golden, goldenJson, sha256, temporaryFolder } from './fixtures.js';

const TWO_SHARDS = golden('two-shards');
const temporary = temporaryFolder();
let count = 0;
/** A path of the present test's own, where nothing is yet. */
let path = '';
beforeEach(() => {
  path = join(temporary, `case-${++count}`, 'model');
  mkdirSync(join(path, '..'));
});

function json(...parts: string[]): Record<string, unknown> {
  return JSON.parse(readFileSync(join(...parts), 'utf8')) as Record<string, unknown>;
}

async function summary(folder: string): Promise<unknown> {
  const model = await openModelFolder(nodeFileSystem, folder);
  const state = await readStateDict(model);
  await model.close();
  return Object.fromEntries(
    Array.from(state, ([name, { shape, data }]) => [name, { shape, float32_sha256: sha256(data) }]),
  );
}

describe('openModelFolder', () => {
  it('reads the two shards that transformers wrote', async () => {
    const model = await openModelFolder(nodeFileSystem, TWO_SHARDS);
    expect(model.config).toMatchObject({ model_type: 'llama', hidden_size: 8 });
    expect(model.generationConfig).toMatchObject({ eos_token_id: 2 });
    expect(model.tensors.get('lm_head.weight')).toMatchObject({ dtype: 'BF16', shape: [16, 8] });
    await failure(model.readTensor('absent'), 'BAD_CHECKPOINT');
    await model.close();
    expect(await summary(TWO_SHARDS)).toEqual(goldenJson('two-shards.json'));
  });

  describe('index', () => {
    /** Copies the golden folder with its index's weight map changed. */
    function withIndex(change: (weightMap: Record<string, unknown>) => void): void {
      cpSync(TWO_SHARDS, path, { recursive: true });
      const index = json(path, 'model.safetensors.index.json');
      change(index['weight_map'] as Record<string, unknown>);
      writeFileSync(join(path, 'model.safetensors.index.json'), JSON.stringify(index));
    }

    it.each([
      ['/etc/passwd'],
      ['../model.safetensors'],
      ['..'],
      ['sub/model.safetensors'],
      ['..\\model.safetensors'],
      ['C:model.safetensors'],
      [''],
      [7],
    ])('may not name %j', async (file) => {
      withIndex((weightMap) => (weightMap['lm_head.weight'] = file));
      const error = await failure(openModelFolder(nodeFileSystem, path), 'BAD_CHECKPOINT');
      expect(error.message).toMatch(/tensor "lm_head.weight" is said to be in .* not a file of this folder/);
    });

    it('must name shards that are there', async () => {
      withIndex(() => rmSync(join(path, 'model-00002-of-00002.safetensors')));
      const error = await failure(openModelFolder(nodeFileSystem, path), 'BAD_CHECKPOINT');
      expect(error.message).toMatch(/"model-00002-of-00002.safetensors" is not there/);
    });

    it('must name the right shard', async () => {
      withIndex((weightMap) => (weightMap['lm_head.weight'] = 'model-00001-of-00002.safetensors'));
      const error = await failure(openModelFolder(nodeFileSystem, path), 'BAD_CHECKPOINT');
      expect(error.message).toMatch(/00001-of-00002.safetensors: tensor "lm_head.weight" is missing/);
    });

    it('may forget a tensor, as for transformers', async () => {
      withIndex((weightMap) => delete weightMap['lm_head.weight']);
      expect(await summary(path)).toEqual(goldenJson('two-shards.json'));
    });

    it('may not lead to one tensor twice', async () => {
      withIndex((weightMap) => (weightMap['other'] = 'copy.safetensors'));
      copyFileSync(join(path, 'model-00002-of-00002.safetensors'), join(path, 'copy.safetensors'));
      const error = await failure(openModelFolder(nodeFileSystem, path), 'BAD_CHECKPOINT');
      expect(error.message).toMatch(/copy.safetensors: tensor ".*" is in another shard too/);
    });
  });

  it('says that there is no such folder', async () => {
    await failure(openModelFolder(nodeFileSystem, path), 'NOT_FOUND');
  });

  it.each([
    ['model.gguf', 'GGUF\x03\0\0\0', 'BAD_CHECKPOINT', /ends within the number of tensors/],
    ['unnamed', 'GGUF\x03\0\0\0', 'BAD_CHECKPOINT', /ends within the number of tensors/],
    ['model.pt', 'PK', 'UNSUPPORTED', /can run code/],
    ['model.safetensors', '', 'USAGE', /is a file, a model folder is needed/],
  ] as const)('says what the file %s is', async (name, content, code, message) => {
    const file = join(path, '..', name);
    writeFileSync(file, content);
    expect((await failure(openModelFolder(nodeFileSystem, file), code)).message).toMatch(message);
  });

  it.each([
    [['config.json'], 'BAD_CHECKPOINT', /has no model.safetensors/],
    [['config.json', 'model-00001-of-00002.safetensors'], 'BAD_CHECKPOINT', /neither .* nor .*index.json/],
    [['config.json', 'pytorch_model-00001-of-00002.bin'], 'UNSUPPORTED', /can run code/],
    [['config.json', 'model.gguf'], 'USAGE', /has no model.safetensors, but GGUF files/],
    [['adapter_config.json', 'adapter_model.safetensors'], 'USAGE', /holds an adapter/],
    [['model.safetensors'], 'BAD_CHECKPOINT', /has no config.json/],
  ] as const)('says what is wrong with a folder of %j', async (names, code, message) => {
    mkdirSync(path);
    for (const name of names) writeFileSync(join(path, name), '');
    expect((await failure(openModelFolder(nodeFileSystem, path), code)).message).toMatch(message);
  });

  it('says how to convert a pickle', async () => {
    mkdirSync(path);
    writeFileSync(join(path, 'pytorch_model.bin'), '');
    const { hint } = await failure(openModelFolder(nodeFileSystem, path), 'UNSUPPORTED');
    expect(hint).toContain(
      `python -c "from transformers import AutoModelForCausalLM as M; M.from_pretrained('DIR').save_pretrained('OUT')"`,
    );
  });

  it.each([['{'], ['[]'], ['null']])('refuses %s as config.json', async (text) => {
    cpSync(TWO_SHARDS, path, { recursive: true });
    writeFileSync(join(path, 'config.json'), text);
    expect((await failure(openModelFolder(nodeFileSystem, path), 'BAD_CHECKPOINT')).message).toContain(
      'config.json',
    );
  });
});

describe('writeModelFolder', () => {
  const state: StateDict = new Map([
    ['b', { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
    ['a', { shape: [2], data: Float32Array.of(7, 8) }],
    ['c', { shape: [1], data: Float32Array.of(9) }],
  ]);
  const config = { model_type: 'llama', torch_dtype: 'float64' };
  const content = { config, state, storage: 'F32' } as const;

  async function read(folder: string): Promise<StateDict> {
    const model = await openModelFolder(nodeFileSystem, folder);
    const tensors = await readStateDict(model);
    await model.close();
    return tensors;
  }

  it('writes configuration, weights, tokenizer files and extra files', async () => {
    const tokenizer = join(path, '..', 'tokenizer');
    mkdirSync(tokenizer);
    for (const name of ['tokenizer.json', 'merges.txt', 'chat_template.jinja', 'README.md']) {
      writeFileSync(join(tokenizer, name), `of ${name}`);
    }
    await writeModelFolder(nodeFileSystem, path, {
      ...content,
      storage: 'BF16',
      generationConfig: { eos_token_id: 2 },
      tokenizerFilesFrom: tokenizer,
      extraFiles: { 'README.md': '# Model\n' },
    });
    expect(readdirSync(path)).toEqual([
      'README.md',
      'chat_template.jinja',
      'config.json',
      'generation_config.json',
      'merges.txt',
      'model.safetensors',
      'tokenizer.json',
    ]);
    expect(json(path, 'config.json')).toEqual({ model_type: 'llama', torch_dtype: 'bfloat16' });
    expect(json(path, 'generation_config.json')).toEqual({ eos_token_id: 2 });
    expect(readFileSync(join(path, 'README.md'), 'utf8')).toBe('# Model\n');
    expect(readFileSync(join(path, 'merges.txt'), 'utf8')).toBe('of merges.txt');
    expect(await read(path)).toEqual(state);
  });

  it('keeps `dtype`, where a configuration has it, equal to `torch_dtype`', async () => {
    await writeModelFolder(nodeFileSystem, path, {
      ...content,
      config: { dtype: 'float32' },
      storage: 'F16',
    });
    expect(json(path, 'config.json')).toEqual({ dtype: 'float16', torch_dtype: 'float16' });
  });

  it('splits into shards of the given size, in the order of the parameters', async () => {
    // 24, 8 and 4 bytes: the first is larger than a shard, the others share one.
    await writeModelFolder(nodeFileSystem, path, { ...content, maximumShardBytes: 12 });
    expect(json(path, 'model.safetensors.index.json')).toEqual({
      metadata: { total_parameters: 9, total_size: 36 },
      weight_map: {
        a: 'model-00002-of-00002.safetensors',
        b: 'model-00001-of-00002.safetensors',
        c: 'model-00002-of-00002.safetensors',
      },
    });
    expect(readdirSync(path)).toHaveLength(4);
    expect(await read(path)).toEqual(state);
  });

  it('copies an open model without holding it: same index and tensors as transformers wrote', async () => {
    const model = await openModelFolder(nodeFileSystem, TWO_SHARDS);
    await writeModelFolder(nodeFileSystem, path, {
      config: model.config,
      state: model,
      storage: 'BF16',
      maximumShardBytes: 1000,
    });
    await model.close();
    expect(await summary(path)).toEqual(goldenJson('two-shards.json'));
    expect(json(path, 'model.safetensors.index.json')['metadata']).toEqual(
      json(TWO_SHARDS, 'model.safetensors.index.json')['metadata'],
    );
  });

  it('marks its weights, in the format that transformers asks for', async () => {
    await writeModelFolder(nodeFileSystem, path, content);
    const file = await openSafetensors(nodeFileSystem, join(path, 'model.safetensors'));
    await file.close();
    expect(file.metadata).toEqual({ format: 'pt', writer: 'genai-toolkit' });
  });

  it('fills an empty folder', async () => {
    mkdirSync(path);
    await writeModelFolder(nodeFileSystem, `${path}/`, content);
    expect(await read(path)).toEqual(state);
    expect(readdirSync(join(path, '..'))).toEqual(['model']);
  });

  it.each([['.'], ['..'], ['/'], ['']])('refuses %j as the name of a folder', async (name) => {
    await failure(writeModelFolder(nodeFileSystem, name, content), 'USAGE');
  });

  it('refuses extra files outside the folder', async () => {
    const extraFiles = { '../escaped.txt': '' };
    await failure(writeModelFolder(nodeFileSystem, path, { ...content, extraFiles }), 'USAGE');
  });

  describe('where something is already', () => {
    const newer: StateDict = new Map([['n', { shape: [1], data: Float32Array.of(1) }]]);
    const replacement = { ...content, state: newer, replace: true };

    it('refuses to overwrite a file', async () => {
      writeFileSync(path, 'precious');
      await failure(writeModelFolder(nodeFileSystem, path, replacement), 'USAGE');
      expect(readFileSync(path, 'utf8')).toBe('precious');
    });

    it('replaces a folder of its own, and only when told to', async () => {
      await writeModelFolder(nodeFileSystem, path, { ...content, extraFiles: { 'README.md': '' } });
      await failure(writeModelFolder(nodeFileSystem, path, { ...content, state: newer }), 'USAGE');
      expect(await read(path)).toEqual(state);
      await writeModelFolder(nodeFileSystem, path, replacement);
      expect(await read(path)).toEqual(newer);
      expect(readdirSync(path)).toEqual(['config.json', 'model.safetensors']);
      expect(readdirSync(join(path, '..'))).toEqual(['model']);
    });

    it('never replaces what it did not write', async () => {
      cpSync(TWO_SHARDS, path, { recursive: true });
      const before = readdirSync(path);
      await failure(writeModelFolder(nodeFileSystem, path, replacement), 'USAGE');
      expect(readdirSync(path)).toEqual(before);
    });

    it('never replaces a folder that holds other folders', async () => {
      await writeModelFolder(nodeFileSystem, path, content);
      mkdirSync(join(path, 'thesis'));
      await failure(writeModelFolder(nodeFileSystem, path, replacement), 'USAGE');
      expect(await read(path)).toEqual(state);
    });

    it('never replaces a folder without weights', async () => {
      mkdirSync(path);
      writeFileSync(join(path, 'config.json'), '{}');
      await failure(writeModelFolder(nodeFileSystem, path, replacement), 'USAGE');
    });

    it.each([1, 2])('keeps the old folder when writing file %i of the new one fails', async (nth) => {
      await writeModelFolder(nodeFileSystem, path, content);
      let written = 0;
      const failing: FileSystem = {
        ...nodeFileSystem,
        writeAtomic: (file, bytes) =>
          ++written === nth ? Promise.reject(new Error('disk')) : nodeFileSystem.writeAtomic(file, bytes),
      };
      await expect(writeModelFolder(failing, path, replacement)).rejects.toThrow('disk');
      expect(await read(path)).toEqual(state);
      expect(readdirSync(join(path, '..'))).toEqual(['model']);
    });

    it('puts the old folder back when the new one cannot take its place', async () => {
      await writeModelFolder(nodeFileSystem, path, content);
      const failing: FileSystem = {
        ...nodeFileSystem,
        rename: (from, to) =>
          from.endsWith('.partial') ? Promise.reject(new Error('busy')) : nodeFileSystem.rename(from, to),
      };
      await expect(writeModelFolder(failing, path, replacement)).rejects.toThrow('busy');
      expect(await read(path)).toEqual(state);
      expect(readdirSync(join(path, '..'))).toEqual(['model']);
    });

    it('recovers from an interruption between the two renames', async () => {
      await writeModelFolder(nodeFileSystem, path, content);
      cpSync(path, join(path, '..', '.model.previous'), { recursive: true });
      mkdirSync(join(path, '..', '.model.partial'));
      rmSync(path, { recursive: true });
      await failure(writeModelFolder(nodeFileSystem, path, { ...content, state: newer }), 'USAGE');
      expect(await read(path)).toEqual(state);
      await writeModelFolder(nodeFileSystem, path, replacement);
      expect(await read(path)).toEqual(newer);
      expect(readdirSync(join(path, '..'))).toEqual(['model']);
    });
  });
});
