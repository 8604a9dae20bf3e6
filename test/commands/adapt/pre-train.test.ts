import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import PreTrain from '../../../src/commands/adapt/pre-train.js';
import { runCommand } from '../../cli/run-command.js';
import { runProgram } from '../../cli/run-program.js';
import { STARTER_MODEL, TINY_CONFIG, writeRows } from '../../lifecycle/adapt/tiny-run.js';

let folder: string;
let given: string[];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'genai-pre-train-command-'));
  const config = join(folder, 'config.json');
  writeFileSync(config, JSON.stringify(TINY_CONFIG));
  const dataset = writeRows(join(folder, 'rows.jsonl'), [{ text: 'The cat sat on the mat. '.repeat(40) }]);
  given = [
    ...['--config', config, '--tokenizer', STARTER_MODEL, '--dataset', dataset, '--max-steps', '3'],
    ...['--sequence-length', '16', '--batch-size', '2', '--threads', '1'],
  ];
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('genai adapt pre-train', () => {
  it('shows the plan, the steps and the result', async () => {
    const out = join(folder, 'run');
    const { stdout, stderr, result } = await runCommand(PreTrain, [...given, '--out', out]);
    expect(stderr).toMatch(
      /^Memory: about [\d.]+ MB at the peak, .*\nTraining (\S+) of \1 parameters \(full, 100\.0 %\)/,
    );
    expect(stderr).toMatch(/\ntraining {2}100 % {2}3\/3 steps/);
    expect(stdout).toContain(join(out, 'model'));
    expect(result).toMatchObject({ steps: 3, output_dir: join(out, 'model'), eval_loss: null });
  });

  it.each([
    [['--out', 'x'], '--config, --tokenizer, --dataset must be given'],
    [['--resume', 'x', '--storage', 'F32'], '--storage cannot be given with --resume'],
  ])('refuses %j', async (flags, message) => {
    const { error } = await runCommand(PreTrain, flags);
    expect(error?.code).toBe('USAGE');
    expect(error?.message).toContain(message);
  });

  it('runs as a program', async () => {
    const out = join(folder, 'program');
    const argv = ['adapt', 'pre-train', ...given, '--out', out, '--json', '--quiet'];
    const { stdout, stderr, status } = await runProgram(argv);
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    expect(JSON.parse(stdout)).toMatchObject({ run_dir: out, steps: 3, tokens: 3 * 2 * 16 });
  });
});
