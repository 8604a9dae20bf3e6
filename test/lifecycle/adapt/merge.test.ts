import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readModel } from '../../../src/core/architectures/index.js';
import { loadWeights } from '../../../src/core/checkpoints/load-weights.js';
import { loadAdapter } from '../../../src/core/generation/load-adapter.js';
import { SequenceScorer } from '../../../src/core/scoring/sequence-scorer.js';
import {
  mergeAdapter,
  storageOf,
  type MergeOptions,
  type MergeResult,
} from '../../../src/lifecycle/adapt/merge.js';
import { nodeFileSystem } from '../../../src/platform/file-system.js';
import { writeTinyAdapter, writeTinyModel } from '../../core/generation/tiny-model.js';
import { createTestedEngine } from '../../core/engine/contract/tested-engine.js';
import { compare, GOLDEN, readJson, readTensors } from '../../golden/golden.js';

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'genai-merge-'));
  await writeTinyModel(join(folder, 'base'));
  await writeTinyAdapter(join(folder, 'adapter'), join(folder, 'base'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const merge = (options: Partial<MergeOptions>): Promise<MergeResult> =>
  mergeAdapter(
    { adapter: join(folder, 'adapter'), out: join(folder, 'merged'), ...options },
    { files: nodeFileSystem, onProgress: () => undefined },
  );

describe('an adapter of peft is merged to what merge_and_unload gives', () => {
  it.each(readdirSync(join(GOLDEN, 'adapters')))('%s', async (name) => {
    const adapter = join(GOLDEN, 'adapters', name);
    const golden = readJson<{ base: string }>(adapter, 'case.json');
    const base = join(GOLDEN, 'architectures', golden.base);
    // The golden bases have no tokenizer; theirs is of no matter here.
    const withTokenizer = join(folder, `base-${name}`);
    await writeTinyModel(withTokenizer);
    for (const file of ['config.json', 'model.safetensors'])
      writeFileSync(join(withTokenizer, file), readFileSync(join(base, file)));
    const out = join(folder, name);
    const result = await merge({ adapter, base: withTokenizer, out });
    expect(result).toMatchObject({ output_dir: out, base: withTokenizer, storage: 'F32' });
    const merged = await readTensors(join(out, 'model.safetensors'));
    const expected = [...(await readTensors(join(adapter, 'expected.safetensors')))].flatMap(
      ([key, tensor]) => (key.startsWith('merged/') ? [[key.slice('merged/'.length), tensor] as const] : []),
    );
    expect(expected).toHaveLength(2);
    for (const [key, tensor] of expected) {
      const found = [...merged].find(([published]) => key.endsWith(published) || published.endsWith(key))!;
      const { difference, largest } = compare(found[1].data, tensor.data);
      expect(difference / largest, key).toBeLessThan(1e-6);
    }
  });
});

describe('a merged model', () => {
  it('finds texts as likely as base and adapter do together', async () => {
    const { output_dir } = await merge({});
    const model = readModel(readJson(folder, 'base', 'config.json'));
    const base = await loadWeights(nodeFileSystem, join(folder, 'base'), model);
    const sequences = [3, 9, 40].map((length) => ({
      tokenIds: Array.from({ length }, (_, index) => 100 + 37 * index),
      supervised: Array.from({ length }, (_, index) => Math.min(1, index)),
    }));
    const engine = createTestedEngine();
    const score = async (...of: [typeof base, Awaited<ReturnType<typeof loadAdapter>>?]) => {
      const scorer = await SequenceScorer.create(engine, model, ...of);
      const scores = await scorer.score(sequences);
      await scorer.dispose();
      return scores;
    };
    const copy = new Map([...base].map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() }]));
    const alone = await score(copy);
    const together = await score(base, await loadAdapter(nodeFileSystem, join(folder, 'adapter'), model));
    const merged = await score(await loadWeights(nodeFileSystem, output_dir, model));
    merged.forEach((value, index) => {
      expect(value / together[index]!).toBeCloseTo(1, 4);
      expect(Math.abs(value - alone[index]!)).toBeGreaterThan(0.1);
    });
    await engine.dispose();
    expect(readdirSync(output_dir)).toEqual(expect.arrayContaining(['config.json', 'tokenizer.json']));
  });

  it('is stored as asked for', async () => {
    const out = join(folder, 'half');
    expect(await merge({ out, storage: 'BF16' })).toMatchObject({ storage: 'BF16', merged_layers: 1 });
    expect(readJson(out, 'config.json')).toMatchObject({ torch_dtype: 'bfloat16' });
    // Two bytes a parameter.
    expect(readFileSync(join(out, 'model.safetensors')).length).toBeLessThan(
      0.6 * readFileSync(join(folder, 'base', 'model.safetensors')).length,
    );
  });

  it('has the tokenizer that the adapter was trained with', async () => {
    const adapter = join(folder, 'own-tokenizer');
    await writeTinyAdapter(adapter, join(folder, 'base'), true);
    const config = join(adapter, 'tokenizer_config.json');
    const changed = { ...readJson<object>(config), chat_template: 'changed' };
    writeFileSync(config, JSON.stringify(changed));
    const out = join(folder, 'with-own-tokenizer');
    await merge({ adapter, out });
    expect(readJson(out, 'tokenizer_config.json')).toEqual(changed);
  });
});

describe('nothing is merged', () => {
  it('into a folder that holds something', async () => {
    await expect(merge({ out: join(folder, 'base') })).rejects.toMatchObject({
      ...{ code: 'USAGE', message: `${join(folder, 'base')}: the folder exists and is not empty` },
    });
  });

  it('from what is no adapter, or from nothing', async () => {
    const out = join(folder, 'never');
    await expect(merge({ adapter: join(folder, 'base'), out })).rejects.toMatchObject({
      ...{ code: 'USAGE', message: `${join(folder, 'base')}: is a model, not an adapter` },
    });
    await expect(merge({ adapter: join(folder, 'nowhere'), out })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    const orphan = join(folder, 'orphan');
    await writeTinyAdapter(orphan, null);
    await expect(merge({ adapter: orphan, out })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(existsSync(out)).toBe(false);
  });

  it('into another model', async () => {
    const out = join(folder, 'never');
    const adapter = join(GOLDEN, 'adapters', 'gpt2-conv1d');
    await expect(merge({ adapter, base: join(folder, 'base'), out })).rejects.toMatchObject({
      code: 'USAGE',
    });
    expect(existsSync(out)).toBe(false);
  });
});

it('the storage of a checkpoint is what most of its tensors have', () => {
  expect(storageOf(['F32', 'BF16', 'BF16', 'I64'])).toBe('BF16');
  expect(storageOf(['F16'])).toBe('F16');
});
