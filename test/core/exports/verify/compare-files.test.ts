import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeManifest, type ExportManifest } from '../../../../src/core/exports/manifest.js';
import { compareFiles } from '../../../../src/core/exports/verify/compare-files.js';
import { nodeFileSystem } from '../../../../src/platform/file-system.js';

let folder: string;
let manifest: ExportManifest;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'genai-files-'));
  writeFileSync(join(folder, 'a-Q8_0.gguf'), Buffer.alloc(100, 7));
  writeFileSync(join(folder, 'README.md'), '# a\n');
  manifest = await writeManifest(nodeFileSystem, folder, {
    ...{
      target: 'gguf',
      precision: 'Q8_0',
      entry: 'a-Q8_0.gguf',
      adapter_only: false,
      name: 'a',
      model: 'm',
    },
    ...{ adapter: null, architecture: 'llama', parameters: 1, created: new Date(0).toISOString(), notes: [] },
  });
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the files of an exported folder', () => {
  it('are as they were written', async () => {
    const row = await compareFiles(nodeFileSystem, folder, manifest);
    expect(row).toMatchObject({ verdict: 'pass', original: '2', exported: '2 the same', detail: null });
  });

  it.each([
    [
      'one bit is another',
      () => {
        const bytes = Buffer.alloc(100, 7);
        bytes[60] = 6;
        writeFileSync(join(folder, 'a-Q8_0.gguf'), bytes);
      },
    ],
    ['the end is missing', () => truncateSync(join(folder, 'a-Q8_0.gguf'), 99)],
    ['the file is missing', () => rmSync(join(folder, 'a-Q8_0.gguf'))],
  ])('are not the export when of the weights %s', async (_, damage) => {
    damage();
    const row = await compareFiles(nodeFileSystem, folder, manifest);
    expect(row.verdict).toBe('fail');
    expect(row.detail).toBe('a-Q8_0.gguf changed since the export was written');
  });

  it('may have another card', async () => {
    writeFileSync(join(folder, 'README.md'), '# b\n');
    const row = await compareFiles(nodeFileSystem, folder, manifest);
    expect(row).toMatchObject({ verdict: 'note', detail: 'README.md changed since the export was written' });
  });
});
