import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import EvaluateClassification from '../../../src/commands/evaluate/classification.js';
import type { ClassificationResult } from '../../../src/lifecycle/evaluate/classification.js';
import { runCommand } from '../../cli/run-command.js';
import { runProgram } from '../../cli/run-program.js';
import { writeRows, writeTinyLlama } from '../../lifecycle/adapt/tiny-run.js';

let folder: string;
let given: string[];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'genai-classification-command-'));
  await writeTinyLlama(join(folder, 'base'));
  const rows = ['\u001b[31mbad', ' good', ' good'].map((completion, row) => ({
    prompt: `${row}:`,
    completion,
  }));
  given = [join(folder, 'base'), '--dataset', writeRows(join(folder, 'rows.jsonl'), rows), '--threads', '1'];
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('genai evaluate classification', () => {
  it('shows accuracy and the confusion matrix, and no escape of the data', async () => {
    const { stdout, stderr, result } = await runCommand(EvaluateClassification, given);
    const { accuracy, confusion, labels } = result as ClassificationResult;
    expect(labels).toEqual(['\u001b[31mbad', 'good']);
    expect(stdout).toContain(`Accuracy ${(100 * accuracy).toFixed(1)} % on 3 rows`);
    const good = stdout.split('\n').find((line) => /^\W*good/.test(line))!;
    expect(good.match(/\d+/g)!.slice(0, 2).map(Number)).toEqual(confusion[1]);
    expect(stdout).toContain('\\x1b[31mbad');
    expect(stdout + stderr).not.toContain('\u001b');
  });

  it('says what is missing', async () => {
    expect((await runCommand(EvaluateClassification, given.slice(0, 1))).error).toMatchObject({
      code: 'USAGE',
    });
    const nowhere = [join(folder, 'nowhere'), ...given.slice(1)];
    expect((await runCommand(EvaluateClassification, nowhere)).error).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('runs as a program', async () => {
    const { stdout, stderr, status } = await runProgram([
      'evaluate',
      'classification',
      ...given,
      '--json',
      '--quiet',
    ]);
    expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
    const result = JSON.parse(stdout) as ClassificationResult;
    expect(Object.keys(result)).toEqual(
      ['model', 'adapter', 'rows', 'labels', 'confusion', 'accuracy', 'macro_f1', 'per_label'],
    ); // prettier-ignore
    expect(result.per_label.map(({ support }) => support)).toEqual([1, 2]);
  });
});
