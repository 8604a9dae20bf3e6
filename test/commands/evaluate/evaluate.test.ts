import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import Evaluate from '../../../src/commands/evaluate/index.js';
import EvaluateCompare from '../../../src/commands/evaluate/compare.js';
import EvaluateList from '../../../src/commands/evaluate/list.js';
import type { EvaluationComparison } from '../../../src/core/evaluation/compare-evaluations.js';
import type { EvaluateResult } from '../../../src/lifecycle/evaluate/evaluate.js';
import { fakePorts } from '../../cli/fake-ports.js';
import { runCommand } from '../../cli/run-command.js';
import { runProgram } from '../../cli/run-program.js';
import { SENTIMENT, STARTER_MODEL, writeRows } from '../../lifecycle/adapt/tiny-run.js';

let folder: string;
let dataset: string;
/** Recorded outputs by what is right in them. */
let outputs: Record<'before' | 'after', string>;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'genai-evaluate-command-'));
  const prompts = Array.from({ length: 40 }, (_, row) => `Question ${row}:`);
  dataset = writeRows(
    join(folder, 'rows.jsonl'),
    prompts.map((prompt, row) => ({
      prompt,
      completion: ' yes',
      kind: row % 2 === 0 ? 'even' : '\u001b[31modd',
    })),
  );
  const record = (name: string, isRight: (row: number) => boolean): string =>
    writeRows(
      join(folder, `${name}-outputs.jsonl`),
      prompts.map((prompt, row) => ({ prompt, completion: isRight(row) ? 'yes' : 'no\u001b[2J\u202e' })),
    );
  outputs = {
    before: record('before', (row) => row < 10),
    after: record('after', (row) => row >= 4 && row < 34),
  };
});
afterAll(() => rmSync(folder, { recursive: true }));

const given = (name: 'before' | 'after', ...more: string[]): string[] => [
  ...[`recorded:${outputs[name]}`, '--dataset', dataset, '--metric', 'exact-match'],
  ...['--out', join(folder, name), '--force', ...more],
];

describe('genai evaluate', () => {
  it('shows values, slices and the worst rows, and no escape of the data', async () => {
    const { stdout, stderr, error } = await runCommand(
      Evaluate,
      given('before', '--slices', 'kind', '--worst', '2'),
    );
    expect(error).toBeUndefined();
    // By hand: the first 10 of 40 rows are right, 5 of them even.
    expect(stdout).toMatch(/exact-match +0\.25 +0\.\d+–0\.\d+ +█{4}/);
    expect(stdout).toMatch(/kind: even +20 +0\.25/);
    expect(stdout).toMatch(/kind: \\x1b\[31modd +20 +0\.25/);
    expect(stdout).toMatch(/^ *11 +0 +Question 10: +yes +no\\x1b\[2J\\u202e$/m);
    expect(stdout).toContain(`Results, rows and report: ${join(folder, 'before')}`);
    expect(stdout + stderr).not.toMatch(/[\u001b\u202e]/);
  });

  it('tells by status 100 that a threshold is not reached, with its report and its result', async () => {
    const junit = join(folder, 'junit.xml');
    const failUnder = ['--fail-under', 'exact-match=0.8', '--junit', junit];
    const failed = await runProgram(['evaluate', ...given('after', ...failUnder), '--json', '--quiet']);
    expect({ stderr: failed.stderr, status: failed.status }).toEqual({ stderr: '', status: 100 });
    const result = JSON.parse(failed.stdout) as EvaluateResult;
    expect(result.thresholds).toEqual([
      { metric: 'exact-match', value: 0.8, measured: 0.75, higher_is_better: true, reached: false },
    ]);
    expect(readFileSync(junit, 'utf8')).toContain('failures="1"');

    const passed = await runCommand(Evaluate, given('after', '--fail-under', 'exact-match=0.75'));
    expect(passed.error).toBeUndefined();
    expect(passed.stdout).toContain('✔ exact-match is 0.75; it must be at least 0.75.');
  });

  it('is compared by genai evaluate compare, row by row', async () => {
    const compared = await runCommand(EvaluateCompare, [join(folder, 'before'), join(folder, 'after')]);
    const { rows, metrics } = compared.result as EvaluationComparison;
    expect(rows).toBe(40);
    // By hand: A alone is right in rows 0 to 3, B alone in rows 10 to 33.
    expect(metrics[0]).toMatchObject({
      a: 0.25,
      b: 0.75,
      difference: 0.5,
      mcnemar: { only_a: 4, only_b: 24 },
    });
    expect(compared.stdout).toMatch(
      /^after is better by 50 points, 95 % \d+–\d+ \(Exact match 25 and 75\); 40 rows, p < /m,
    );
    expect(compared.stdout).toMatch(/^ *1 +Question 0: +yes +1: yes +0: no\\x1b\[2J\\u202e$/m);
    const nowhere = await runCommand(EvaluateCompare, [join(folder, 'before'), folder]);
    expect(nowhere.error).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('is listed by genai evaluate list', async () => {
    const { stdout } = await runCommand(EvaluateList, [folder, '--csv']);
    const [head, ...lines] = stdout.trimEnd().split('\n');
    expect(head).toBe('task,model,rows,metric,value,low,high,finished_at,folder');
    expect(lines.map((line) => line.split(',').slice(3, 5))).toEqual([
      ['exact-match', '0.75'],
      ['exact-match', '0.25'],
    ]);
  });

  it('measures the starter model on a shipped dataset', async () => {
    const out = join(folder, 'starter');
    const words = [
      STARTER_MODEL,
      '--dataset',
      SENTIMENT,
      '--metric',
      'accuracy',
      '--limit',
      '6',
      '--threads',
      '1',
    ];
    const { result, stderr } = await runCommand(Evaluate, [...words, '--out', out]);
    const { metrics, kind, dataset: measured } = result as EvaluateResult;
    expect(kind).toBe('classification');
    expect(measured.rows).toBe(6);
    expect(Number.isInteger(6 * metrics[0]!.value)).toBe(true);
    expect(stderr).toContain('6/6 requests');
  });
});

describe('what is typed', () => {
  const errorOf = async (...argv: string[]) => (await runCommand(Evaluate, argv, fakePorts())).error;

  it('is checked', async () => {
    expect(await errorOf()).toMatchObject({
      code: 'USAGE',
      message: 'Missing MODEL (what is to be measured)',
    });
    expect(await errorOf('model', '--base', 'a')).toMatchObject({ code: 'USAGE' });
    expect(await errorOf('model', '--base', 'a', '--tuned', 'b', '--task', 'sst2')).toMatchObject({
      code: 'USAGE',
    });
    expect(await errorOf('model', '--fail-under', 'accuracy')).toMatchObject({ code: 'USAGE' });
    expect(await errorOf('model', 'other', '--task', 'sst2')).toMatchObject({
      message: 'Too many arguments: other',
    });
    expect(await errorOf('model', '--limit', '0')).toMatchObject({ code: 'USAGE' });
    expect(await errorOf('recorded:x', '--dataset', dataset, '--metric', 'acuracy')).toMatchObject({
      code: 'USAGE',
      hint: 'Did you mean accuracy?',
    });
  });

  it('may be meant for a command of the topic', async () => {
    const { stderr, status } = await runProgram(['evaluate', 'compar', 'model']);
    expect(status).toBe(2);
    expect(stderr).toContain('Did you mean `genai evaluate compare`?');
    const help = await runProgram(['evaluate', 'templates/starter-model', '--help']);
    expect(help.stdout).toContain('genai evaluate [MODEL]');
  });
});
