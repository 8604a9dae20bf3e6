import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ProgressEvent } from '../../../src/core/progress/progress-event.js';
import { filesThatCount, fingerprintFile } from '../../../src/core/project/fingerprint.js';
import { findProject, liesIn, pathInProject } from '../../../src/core/project/project-folder.js';
import { nodeFileSystem } from '../../../src/platform/file-system.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'genai-fingerprint-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Ports whose clock goes `milliseconds` on at every look. */
function ports(milliseconds: number) {
  const events: ProgressEvent[] = [];
  let time = 0;
  return {
    events,
    files: nodeFileSystem,
    now: () => (time += milliseconds),
    onProgress: (event: ProgressEvent) => void events.push(event),
  };
}

it('is the SHA-256 of FIPS 180-2, appendix B', async () => {
  const path = join(folder, 'abc');
  writeFileSync(path, 'abc');
  expect(await fingerprintFile(path, ports(0))).toEqual({
    bytes: 3,
    sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  });
  // One million times "a": more than one piece is read.
  writeFileSync(path, 'a'.repeat(1_000_000));
  expect((await fingerprintFile(path, ports(0)))!.sha256).toBe(
    'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0',
  );
});

it('is reported once reading has taken a second, and stops when asked to', async () => {
  const path = join(folder, 'large');
  writeFileSync(path, new Uint8Array(5 * 2 ** 20));
  const quick = ports(100);
  await fingerprintFile(path, quick);
  expect(quick.events).toEqual([]);
  const slow = ports(400);
  await fingerprintFile(path, slow);
  // Pieces of 1 MiB, looked at after 400, 800, 1200, … milliseconds.
  expect(slow.events.map(({ done }) => done / 2 ** 20)).toEqual([3, 4, 5]);
  expect(slow.events[0]).toMatchObject({ total: 5 * 2 ** 20, unit: 'bytes' });
  const stopped = fingerprintFile(path, { ...ports(0), signal: AbortSignal.abort() });
  await expect(stopped).rejects.toThrow('aborted');
});

it('of nothing, a folder or a pipe never waits', async () => {
  expect(await fingerprintFile(join(folder, 'nothing'), ports(0))).toBeUndefined();
  expect(await fingerprintFile(folder, ports(0))).toBeUndefined();
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  expect(await fingerprintFile(pipe, ports(0))).toMatchObject({ bytes: 0 });
});

it('a folder of a model stands for its configuration and weights', async () => {
  const model = join(folder, 'model');
  mkdirSync(model);
  for (const name of ['config.json', 'model-00001-of-00002.safetensors', 'README.md', 'tokenizer.json'])
    writeFileSync(join(model, name), '{}');
  expect(await filesThatCount(nodeFileSystem, model)).toEqual(
    ['config.json', 'model-00001-of-00002.safetensors'].map((name) => join(model, name)),
  );
  await expect(filesThatCount(nodeFileSystem, join(folder, 'nothing'))).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
});

it('a path in a project is short, and one outside is whole', async () => {
  expect(pathInProject('/p', '/p/data/train.jsonl')).toBe('data/train.jsonl');
  expect(pathInProject('/p', '/p')).toBe('.');
  expect(pathInProject('/p', '/p/..data')).toBe('..data');
  expect(pathInProject('/p', '/pp/data')).toBe('/pp/data');
  expect([
    liesIn('runs/1', 'runs/1/adapter'),
    liesIn('runs/1', 'runs/10'),
    liesIn('runs/1', 'runs/1'),
  ]).toEqual([...[true, false, true]]);
  const deep = join(folder, 'project', 'runs', 'first');
  mkdirSync(deep, { recursive: true });
  writeFileSync(join(folder, 'project', 'scope.yaml'), '');
  expect(await findProject(nodeFileSystem, deep)).toBe(join(folder, 'project'));
  expect(await findProject(nodeFileSystem, folder)).toBeUndefined();
});
