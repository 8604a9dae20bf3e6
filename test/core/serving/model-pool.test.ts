import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findAdapters } from '../../../src/core/serving/find-adapters.js';
import { ModelPool } from '../../../src/core/serving/model-pool.js';
import { QueueFull } from '../../../src/core/serving/queue-full.js';
import { ServingStatistics } from '../../../src/core/serving/serving-statistics.js';
import { Turns } from '../../../src/core/serving/turns.js';
import { nodeFileSystem } from '../../../src/platform/file-system.js';
import { byteTokenizer, FAKE_HIDDEN, FAKE_VOCABULARY, FakeSlotModel } from './fake-slot-model.js';

function pool(names: string[], most: number, failing: string[] = []) {
  const loaded: string[] = [];
  const models = new Map<string, FakeSlotModel>();
  const load = async (name: string) => {
    loaded.push(name);
    await new Promise(setImmediate);
    if (failing.includes(name)) throw new Error(`${name} is damaged`);
    const slotModel = new FakeSlotModel(1, 100, 8);
    models.set(name, slotModel);
    return { slotModel, tokenizer: byteTokenizer, vocabulary: FAKE_VOCABULARY, hidden: FAKE_HIDDEN };
  };
  const settings = { queueLimit: 4, turns: new Turns(), statistics: new ServingStatistics() };
  return { loaded, models, pool: new ModelPool(load, names, most, settings) };
}

describe('ModelPool', () => {
  it('loads a model when it is first asked for, once, and knows no others', async () => {
    const { pool: models, loaded } = pool(['a'], 1);
    const leases = await Promise.all([models.lease('a'), models.lease('a'), models.lease('base')]);
    expect(loaded).toEqual(['a', 'base']);
    expect(leases[0]!.model).toBe(leases[1]!.model);
    expect(await models.lease('b')).toBeUndefined();
    expect(models.modelNames).toEqual(['base', 'a']);
  });

  it('lets the adapter go that was used least recently, never the base model or one in use', async () => {
    const { pool: models, loaded, models: made } = pool(['a', 'b', 'c'], 2);
    const use = async (name: string): Promise<void> => (await models.lease(name))!.release();
    await use('base');
    await use('a');
    await use('b');
    await use('a');
    await use('c');
    expect(['a', 'b', 'c'].map((name) => made.get(name)!.disposed)).toEqual([false, true, false]);
    const [a, c] = [await models.lease('a'), await models.lease('c')];
    await expect(models.lease('b')).rejects.toThrow(QueueFull);
    a!.release();
    a!.release();
    await use('b');
    expect(made.get('a')!.disposed).toBe(true);
    expect(made.get('base')!.disposed).toBe(false);
    expect(loaded).toEqual(['base', 'a', 'b', 'c', 'b']);
    c!.release();
    await models.dispose();
    expect([...made.values()].every(({ disposed }) => disposed)).toBe(true);
  });

  it('tries again to load what could not be loaded', async () => {
    const failing = ['a'];
    const { pool: models } = pool(['a'], 1, failing);
    await expect(models.lease('a')).rejects.toThrow('damaged');
    failing.pop();
    expect((await models.lease('a'))!.model.name).toBe('a');
  });

  it('frees the others when one cannot be loaded at the end', async () => {
    const { pool: models, models: made } = pool(['a'], 1, ['a']);
    await models.lease('base');
    const waiting = expect(models.lease('a')).rejects.toThrow('damaged');
    await models.dispose();
    await waiting;
    expect(made.get('base')!.disposed).toBe(true);
  });
});

describe('findAdapters', () => {
  it('names adapters of a folder as their folders are named, and refuses names twice', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'genai-adapters-'));
    try {
      for (const path of ['one', 'run/adapter', 'neither'])
        mkdirSync(join(folder, path), { recursive: true });
      for (const path of ['one', 'run/adapter'])
        writeFileSync(join(folder, path, 'adapter_config.json'), '{}');
      const find = (...named: [string, string][]) => findAdapters(nodeFileSystem, named, folder);
      expect([...(await find(['extra', 'x']))]).toEqual([
        ['extra', 'x'],
        ['one', join(folder, 'one')],
        ['run', join(folder, 'run')],
      ]);
      await expect(find(['one', 'x'])).rejects.toThrow('"one"');
      await expect(find(['base', 'x'])).rejects.toThrow('"base"');
      await expect(find(['a b', 'x'])).rejects.toThrow('"a b"');
      await expect(findAdapters(nodeFileSystem, [], join(folder, 'gone'))).rejects.toThrow('no such folder');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
