import { readFileSync, writeFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { precisionClass } from '../../../../src/core/exports/verify/limits.js';
import { locateExport } from '../../../../src/core/exports/verify/open-export.js';
import { nodeFileSystem } from '../../../../src/platform/file-system.js';
import { GOLDEN } from '../../../golden/golden.js';
import { openModelFolder, writeModelFolder } from '../../../../src/core/checkpoints/model-folder.js';
import { readStateDict } from '../../../../src/core/checkpoints/tensor-source.js';
import { writeRandomModel } from '../written-model.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'genai-locate-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('the precision of a folder without a manifest', () => {
  it('is the type of its weights, whatever config.json calls it', async () => {
    const [plain, out] = [join(folder, 'plain'), join(folder, 'bf16')];
    await writeRandomModel(plain);
    const opened = await openModelFolder(nodeFileSystem, plain);
    const state = await readStateDict(opened);
    await opened.close();
    await writeModelFolder(nodeFileSystem, out, { config: opened.config, state, storage: 'BF16' });
    // transformers 5 writes `dtype`, 4 wrote `torch_dtype`.
    const path = join(out, 'config.json');
    const { torch_dtype: dtype, ...config } = JSON.parse(readFileSync(path, 'utf8')) as Record<
      string,
      unknown
    >;
    expect(dtype).toBe('bfloat16');
    writeFileSync(path, JSON.stringify({ ...config, dtype }));
    const { target, precision } = await locateExport(nodeFileSystem, out);
    expect([target, precisionClass(precision)]).toEqual(['safetensors', 'bfloat16']);
  });

  it('is that of the integers that weights are rounded to', async () => {
    const path = join(GOLDEN, 'compressed-tensors', 'int4');
    expect(precisionClass((await locateExport(nodeFileSystem, path)).precision)).toBe('4-bit');
  });
});

it('holds a precision that says no bits to the narrowest limits', () => {
  expect(precisionClass('auto')).toBe('float32');
});
