import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import Quantize from '../../../src/commands/deploy/quantize.js';
import { changeRows, keptParagraph, lossRows } from '../../../src/cli/renderers/quantize.js';
import type { QuantizeResult } from '../../../src/lifecycle/deploy/quantize-result.js';
import { runCommand } from '../../cli/run-command.js';
import { writeTinyModel } from '../../core/generation/tiny-model.js';

let folder: string;
let base: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'genai-quantize-command-'));
  base = join(folder, 'base');
  await writeTinyModel(base);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('genai deploy quantize', () => {
  it('says what it made, how much smaller it is, and which layers lose most', async () => {
    const out = join(folder, 'int8');
    const { stdout, result } = await runCommand(Quantize, [
      base,
      '--to',
      'int8',
      '--out',
      out,
      '--worst',
      '2',
    ]);
    const { bytes_before, bytes_after, layers } = result as QuantizeResult;
    expect(bytes_before).toBeGreaterThan(bytes_after);
    const lines = stdout.split('\n');
    expect(lines[0]).toMatch(
      /^14 layers \(method search\) of .*base are now int8: [\d.]+ kB before, [\d.]+ kB after \(\d+ %\), [\d.]+ bits per weight on disk\./,
    );
    expect(lines[1]).toBe('Kept in BF16: lm_head (shares its weights with the embedding).');
    expect(lines[3]).toContain('Layers that suffer most (error of their weights');
    expect(lines.slice(5, 7).map((line) => line.split(' ')[0])).toEqual(
      layers.slice(0, 2).map(({ module }) => module),
    );
    expect(lines).toHaveLength(8);
  });

  it('names what is wrong with its flags', async () => {
    const out = join(folder, 'never');
    const failing = async (...flags: string[]) =>
      (await runCommand(Quantize, [base, '--out', out, ...flags])).error;
    expect(await failing()).toMatchObject({ code: 'USAGE' });
    expect(await failing('--to', 'int3')).toMatchObject({ code: 'USAGE' });
    expect(await failing('--to', 'int8', '--zero-points', '--symmetric')).toMatchObject({ code: 'USAGE' });
    expect(await failing('--to', 'int8', '--keep', 'down_proj,upp_proj')).toMatchObject({
      message: '--keep upp_proj: no linear layer of this model has that name',
      hint: 'Did you mean up_proj?',
    });
    // 16 inputs hold no block of 32.
    expect(await failing('--to', 'int4')).toMatchObject({
      code: 'USAGE',
      message: /no linear layer is left/,
    });
  });

  it('records the model in a project', async () => {
    const project = join(folder, 'project');
    mkdirSync(join(project, 'stages'), { recursive: true });
    writeFileSync(join(project, 'scope.yaml'), '');
    const out = join(project, 'models', 'int8');
    const { stdout } = await runCommand(Quantize, [base, '--to', 'bf16', '--out', out]);
    const record = join(project, 'stages', 'deploy-models-int8.yaml');
    expect(stdout).toContain(`Recorded in ${record}.`);
    const text = readFileSync(record, 'utf8');
    expect(text).toContain('stage: deploy');
    expect(text).toContain('to: bf16');
    expect(text).toContain(`deploy quantize ${base} --to bf16`);
  });
});

describe('tables of quantised models', () => {
  it('show changes with their signs and intervals', () => {
    const figures = (value: number) => ({ value, low: value - 1, high: value + 1 });
    expect(
      changeRows([
        { metric: 'perplexity', higher_is_better: false, before: figures(20), after: figures(21) },
        {
          metric: 'accuracy',
          higher_is_better: true,
          before: { value: 0.5, low: null, high: null },
          after: { value: 0.45, low: null, high: null },
        },
        {
          metric: 'f1',
          higher_is_better: true,
          before: { value: 0, low: 0, high: 0 },
          after: { value: 0, low: 0, high: 0 },
        },
      ]),
    ).toEqual([
      ['perplexity (less is better)', '20.00 (19.00–21.00)', '21.00 (20.00–22.00)', '+5.00 %'],
      ['accuracy', '0.5000', '0.4500', '−10.00 %'],
      ['f1', '0.000 (0.000–0.000)', '0.000 (0.000–0.000)', ''],
    ]);
  });

  it('name layers by what they lose, and why others are kept', () => {
    const result = {
      layers: [
        { module: 'a', error: 0.0612 },
        { module: 'b', error: 0.001 },
      ],
      kept_layers: [
        { module: 'x', reason: 'named by --keep' },
        { module: 'y', reason: 'named by --keep' },
        { module: 'lm_head', reason: 'shares its weights with the embedding' },
      ],
      storage: 'F16',
    } as unknown as QuantizeResult;
    expect(lossRows(result, 1)).toEqual([['a', '6.12 %']]);
    expect(keptParagraph(result)).toBe(
      'Kept in F16: x, y (named by --keep); lm_head (shares its weights with the embedding).',
    );
  });
});
