import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import Export from '../../../src/commands/deploy/export.js';
import Verify from '../../../src/commands/deploy/verify.js';
import { EXIT_CODES } from '../../../src/core/errors/exit-codes.js';
import { runCommand } from '../../cli/run-command.js';
import { runProgram } from '../../cli/run-program.js';
import { writeTinyModel } from '../../core/generation/tiny-model.js';

let folder: string;
let model: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'genai-export-command-'));
  model = join(folder, 'tiny');
  await writeTinyModel(model);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('genai deploy export', () => {
  it('says what it wrote, and that it is the same model', async () => {
    const out = join(folder, 'onnx');
    const argv = [model, '--target', 'ONNX', '--precision', 'FP32', '--out', out, '--threads', '1'];
    const { stdout, error } = await runCommand(Export, argv);
    expect(error).toBeUndefined();
    expect(stdout).toMatch(/^onnx\/model\.onnx +[\d.]+ [kM]B$/m);
    expect(stdout).toMatch(/^chat template +4 +4 the same +pass$/m);
    expect(stdout).toMatch(/^KL divergence, mean +\d+ positions .*≤ 0\.000001 +pass$/m);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
      `Verified: ${out} is ${model} within the limits for fp32`,
    );
  });

  it('refuses a folder that is there', async () => {
    const { error } = await runCommand(Export, [model, '--target', 'onnx', '--out', model]);
    expect(error).toMatchObject({ code: 'USAGE', message: `${model}: the folder exists and is not empty` });
  });
});

describe('genai deploy verify', () => {
  it('ends with its own status where the export is another model, and prints what differs', async () => {
    const out = join(folder, 'sabotaged');
    await runCommand(Export, [model, '--target', 'onnx', '--precision', 'fp32', '--out', out, '--no-verify']);
    const path = join(out, 'tokenizer_config.json');
    writeFileSync(path, readFileSync(path, 'utf8').replace("message['content']", "'!' + message['content']"));
    const argv = ['deploy', 'verify', out, '--against', model, '--threads', '1', '--quiet'];
    const { stdout, status } = await runProgram([...argv, '--json']);
    expect(status).toBe(EXIT_CODES.BELOW_THRESHOLD.exit);
    const result = JSON.parse(stdout) as { verdict: string; rows: { check: string; verdict: string }[] };
    expect(result.verdict).toBe('fail');
    expect(result.rows.filter(({ verdict }) => verdict === 'fail').map(({ check }) => check)).toEqual([
      'chat template',
      'tokens of chats',
    ]);
  }, 30_000);

  it('needs an export', async () => {
    const { error } = await runCommand(Verify, [join(folder, 'none'), '--against', model]);
    expect(error).toMatchObject({ code: 'NOT_FOUND' });
  });
});
