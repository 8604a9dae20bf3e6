import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import {
  fileNamePart,
  readStageRecord,
  recordStage,
  type DoneStep,
} from '../../../src/core/project/stage-record.js';
import { nodeFileSystem } from '../../../src/platform/file-system.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'genai-record-'));
  writeFileSync(join(folder, 'abc'), 'abc');
});
afterAll(() => rmSync(folder, { recursive: true }));

const ports = { files: nodeFileSystem, now: () => Date.UTC(2026, 0, 31, 12), onProgress: () => undefined };
const record = (changed: Partial<DoneStep>): Promise<string> =>
  recordStage(
    folder,
    {
      stage: 'evaluate',
      name: 'e',
      command: 'genai a',
      inputs: ['abc'],
      results: { accuracy: 0.5 },
      ...changed,
    },
    ports,
  );

describe('a record', () => {
  it('is YAML with the fingerprint of every input', async () => {
    const path = await record({});
    expect(parse(readFileSync(path, 'utf8'))).toEqual({
      stage: 'evaluate',
      command: 'genai a',
      recorded: '2026-01-31T12:00:00.000Z',
      // FIPS 180-2, appendix B.1.
      inputs: [
        { path: 'abc', bytes: 3, sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' },
      ],
      outputs: [],
      results: { accuracy: 0.5 },
    });
    expect(await readStageRecord(nodeFileSystem, path)).toEqual(parse(readFileSync(path, 'utf8')));
  });

  it('gives way to the same command, and to no other', async () => {
    await record({ results: { accuracy: 0.6 } });
    expect(await record({ command: 'genai b' })).toBe(join(folder, 'stages', 'e-2.yaml'));
    expect(await record({ command: 'genai b' })).toBe(join(folder, 'stages', 'e-2.yaml'));
    expect(readdirSync(join(folder, 'stages'))).toEqual(['e-2.yaml', 'e.yaml']);
    expect((await readStageRecord(nodeFileSystem, join(folder, 'stages', 'e.yaml'))).results).toEqual({
      accuracy: 0.6,
    });
  });

  it('is not made of what is not there', async () => {
    await expect(record({ inputs: ['gone'] })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('has a file name that every system takes', () => {
    expect(fileNamePart('runs/first/adapter')).toBe('runs-first-adapter');
    expect(fileNamePart('../../etc/passwd')).toBe('etc-passwd');
    expect(fileNamePart('..')).toBe('unnamed');
    expect(fileNamePart('C:\\models\\ä b')).toBe('C-models-b');
    expect(fileNamePart('x'.repeat(500))).toHaveLength(100);
  });
});

describe('a file that is no record is refused with what is wrong', () => {
  const aliases = Array.from({ length: 20 }, (_, i) => `a${i}: &a${i} [${`*a${i - 1},`.repeat(9)}]`).slice(1);
  it.each([
    ['stage: baking\n', /stage: Invalid option/],
    ['- a list\n', /expected object/],
    ['', /expected object/],
    ['stage: [unclosed\n', /Flow sequence/],
    ['stage: evaluate\ncommand: x\nrecorded: yesterday\n', /recorded: Invalid ISO datetime/],
    [
      'stage: evaluate\ncommand: x\nrecorded: 2026-01-31T12:00:00.000Z\ninputs: [{path: a, bytes: -1, sha256: b}]\n',
      /inputs: 0: bytes/,
    ],
    ['stage: evaluate\ncommand: x\nrecorded: 2026-01-31T12:00:00.000Z\nsurprise: 1\n', /Unrecognized key/],
    [`a0: &a0 x\n${aliases.join('\n')}\n`, /Alias resolution is disabled/],
    ['['.repeat(50_000), /stack|Flow/],
    ['x'.repeat(2 ** 20 + 1), /at most 1048576/],
  ])('%#', async (text, message) => {
    const path = join(folder, 'hostile.yaml');
    writeFileSync(path, text);
    await expect(readStageRecord(nodeFileSystem, path)).rejects.toMatchObject({
      code: 'BAD_CHECKPOINT',
      message: expect.stringMatching(message) as string,
    });
  });

  it('even if it is a folder', async () => {
    mkdirSync(join(folder, 'folder.yaml'));
    await expect(readStageRecord(nodeFileSystem, join(folder, 'folder.yaml'))).rejects.toMatchObject({
      ...{ code: 'BAD_CHECKPOINT', message: `${join(folder, 'folder.yaml')}: is a folder, a file is needed` },
    });
  });
});
