import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import Merge from '../../../src/commands/adapt/merge.js';
import { runCommand } from '../../cli/run-command.js';
import { runProgram } from '../../cli/run-program.js';
import { writeTinyAdapter, writeTinyModel } from '../../core/generation/tiny-model.js';

let folder: string;
let base: string;
let adapter: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'genai-merge-command-'));
  [base, adapter] = [join(folder, 'base'), join(folder, 'adapter')];
  await writeTinyModel(base);
  await writeTinyAdapter(adapter, base);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('genai adapt merge', () => {
  it('says what it merged', async () => {
    const out = join(folder, 'merged');
    const { stdout, result } = await runCommand(Merge, ['--adapter', adapter, '--out', out]);
    expect(stdout).toBe(`Merged 1 layers into ${base}; the model is in ${out} (F32).\n`);
    expect(Object.keys(result as object)).toEqual([
      'output_dir',
      'base',
      'adapter',
      'merged_layers',
      'parameters',
      'storage',
    ]);
  });

  it('needs an adapter and a free folder', async () => {
    expect((await runCommand(Merge, ['--out', 'x'])).error).toMatchObject({ code: 'USAGE' });
    const { error } = await runCommand(Merge, ['--adapter', adapter, '--out', base]);
    expect(error).toMatchObject({ code: 'USAGE', message: `${base}: the folder exists and is not empty` });
  });

  it('runs as a program', async () => {
    const out = join(folder, 'program');
    const argv = ['adapt', 'merge', '--adapter', adapter, '--base', base, '--storage', 'BF16', '--out', out];
    const { stdout, stderr, status } = await runProgram([...argv, '--json', '--quiet']);
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    expect(JSON.parse(stdout)).toMatchObject({ output_dir: out, base, merged_layers: 1, storage: 'BF16' });
  });
});
