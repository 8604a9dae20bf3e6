import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadRows } from '../../../src/core/evaluation/load-rows.js';
import { nodeFileSystem } from '../../../src/platform/file-system.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'genai-load-rows-'));
  mkdirSync(join(folder, 'main'));
  const files = {
    'dev.jsonl': '{"n":1}\n',
    'test.csv': 'n\n2\n',
    'main/test-00001-of-00002.jsonl': '{"n":4}\n',
    'main/test-00000-of-00002.jsonl': '{"n":3}\n',
    'train.csv': 'n\n5\n',
    'train.jsonl': '{"n":6}\n',
    'broken.jsonl': '{"n":7}\n{\n',
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('the rows of a part', () => {
  const load = (path: string, split: string, name?: string) =>
    loadRows(nodeFileSystem, { path: join(folder, path), split, name });

  it('are those of its file, under any of the names of the part', async () => {
    const { rows, path, sha256 } = await load('', 'validation');
    expect(rows).toEqual([{ n: 1 }]);
    expect(path).toBe(join(folder, 'dev.jsonl'));
    expect(sha256).toBe(createHash('sha256').update('{"n":1}\n').digest('hex'));
    expect((await load('', 'dev')).rows).toEqual([{ n: 1 }]);
    expect((await load('test.csv', 'whatever')).rows).toEqual([{ n: '2' }]);
  });

  it('are those of all its files, in order, in the folder of the configuration', async () => {
    expect((await load('', 'test', 'main')).rows).toEqual([{ n: 3 }, { n: 4 }]);
    expect((await load('', 'test')).rows).toEqual([{ n: '2' }]);
  });

  it('are not guessed', async () => {
    await expect(load('', 'train')).rejects.toMatchObject({ code: 'BAD_DATASET' });
    await expect(load('main', 'validation')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(load('nowhere', 'test')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(load('broken.jsonl', 'test')).rejects.toMatchObject({
      code: 'BAD_DATASET',
      message: expect.stringContaining('broken.jsonl:2: ') as string,
    });
  });
});
