import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ToolkitError } from '../../../src/core/errors/toolkit-error.js';
import {
  loadLanguageModel,
  openModelSource,
  type ModelLocation,
} from '../../../src/core/generation/load-language-model.js';
import { nodeFileSystem } from '../../../src/platform/file-system.js';
import { GOLDEN } from '../../golden/golden.js';
import { cpuEngine } from './models.js';
import { writeTinyAdapter, writeTinyModel } from './tiny-model.js';

let folder: string;
let model: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'genai-load-model-'));
  model = join(folder, 'model-folder');
  await writeTinyModel(model);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const open = (location: ModelLocation) => openModelSource(nodeFileSystem, location);

async function failure(location: ModelLocation): Promise<ToolkitError> {
  const error: unknown = await open(location).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ToolkitError);
  return error as ToolkitError;
}

describe('openModelSource', () => {
  it('reads a model folder, its tokenizer and its context length', async () => {
    const source = await open({ model });
    expect(source).toMatchObject({ folder: model, adapterFolder: undefined });
    expect(source.model.shape.contextLength).toBe(128);
    expect(source.tokenizer.vocabularySize).toBe(4096);
  });

  it('finds what a training run made', async () => {
    const full = join(folder, 'full-run');
    await writeTinyModel(join(full, 'model'));
    expect(await open({ model: full })).toMatchObject({
      folder: join(full, 'model'),
      adapterFolder: undefined,
    });
    const lora = join(folder, 'lora-run');
    await writeTinyAdapter(join(lora, 'adapter'), model);
    expect(await open({ model: lora })).toMatchObject({
      folder: model,
      adapterFolder: join(lora, 'adapter'),
    });
    expect(await open({ model, adapter: lora })).toMatchObject({
      folder: model,
      adapterFolder: join(lora, 'adapter'),
    });
  });

  it.each([
    ['an absolute path', () => model],
    ['a path from the adapter', () => join('..', 'model-folder')],
    ['a path from the working directory', () => relative(process.cwd(), model)],
  ])('finds the base model of an adapter by %s', async (name, path) => {
    const adapter = join(folder, name.replaceAll(' ', '-'));
    await writeTinyAdapter(adapter, path());
    const source = await open({ model: adapter });
    expect(await nodeFileSystem.stat(source.folder)).toEqual(await nodeFileSystem.stat(model));
    expect(source.adapterFolder).toBe(adapter);
  });

  it('uses the tokenizer that an adapter brings, with the end tokens of its base model too', async () => {
    const base = join(folder, 'base');
    await writeTinyModel(base);
    writeFileSync(join(base, 'generation_config.json'), '{"eos_token_id": [7, 9]}');
    const adapter = join(folder, 'adapter-with-tokenizer');
    await writeTinyAdapter(adapter, base, true);
    const { tokenizer } = await open({ model: adapter });
    const [own] = (await open({ model })).tokenizer.endOfSequenceIds;
    expect(tokenizer.endOfSequenceIds).toEqual([own, 7, 9]);
    renameSync(join(base, 'tokenizer.json'), join(base, 'elsewhere.json'));
    expect((await open({ model: adapter })).tokenizer.vocabularySize).toBe(4096);
  });

  it('says what is missing', async () => {
    expect((await failure({ model: join(folder, 'nowhere') })).code).toBe('NOT_FOUND');
    const orphan = join(folder, 'orphan');
    await writeTinyAdapter(orphan, 'someone/some-model');
    const missingBase = await failure({ model: orphan });
    expect(missingBase.code).toBe('NOT_FOUND');
    expect(missingBase.message).toBe(
      `${orphan}: is an adapter, and its base model "someone/some-model" is not here`,
    );
    const nameless = join(folder, 'nameless');
    await writeTinyAdapter(nameless, null);
    expect((await failure({ model: nameless })).message).toContain('does not say which model');
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    expect((await failure({ model: empty })).code).toBe('BAD_CHECKPOINT');
  });

  it('refuses an adapter upon an adapter', async () => {
    const adapter = join(folder, 'one-adapter');
    await writeTinyAdapter(adapter, model);
    expect((await failure({ model: adapter, adapter })).code).toBe('USAGE');
  });
});

describe('loadLanguageModel', () => {
  it('applies the adapter, and refuses that of another model', async () => {
    const engine = cpuEngine();
    const adapter = join(folder, 'changes');
    await writeTinyAdapter(adapter, model);
    const logitsOf = async (location: ModelLocation): Promise<Float32Array> => {
      const loaded = await loadLanguageModel(nodeFileSystem, await open(location), engine);
      const cache = await loaded.createCache(1, 8);
      const [logits] = await loaded.prefill(cache, [[1, 2, 3]]);
      await loaded.dispose();
      return logits!;
    };
    expect(await logitsOf({ model: adapter })).toEqual(await logitsOf({ model, adapter }));
    expect(await logitsOf({ model: adapter })).not.toEqual(await logitsOf({ model }));

    const source = await open({ model });
    const foreign = { ...source, adapterFolder: join(GOLDEN, 'adapters', 'qwen2-rslora') };
    const refusal = loadLanguageModel(nodeFileSystem, foreign, engine);
    await expect(refusal).rejects.toMatchObject({ code: 'USAGE' });
    await expect(refusal).rejects.toThrow(/has shape \[\d+, \d+\], the model needs/);
    const gpt2 = { ...source, adapterFolder: join(GOLDEN, 'adapters', 'gpt2-conv1d') };
    await expect(loadLanguageModel(nodeFileSystem, gpt2, engine)).rejects.toThrow(
      'no linear layer "transformer.h.0',
    );
    await engine.dispose();
  });
});
