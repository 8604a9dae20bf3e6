import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import FineTune from '../../../src/commands/adapt/fine-tune.js';
import PromptEngineer from '../../../src/commands/adapt/prompt-engineer.js';
import Evaluate from '../../../src/commands/evaluate/index.js';
import { fakePorts } from '../../cli/fake-ports.js';
import { runCommand } from '../../cli/run-command.js';
import { sentimentRows, STARTER_MODEL, writeRows } from '../../lifecycle/adapt/tiny-run.js';
import { FakeHub, type FakeFile } from '../../platform/hub/fake-hub.js';

const COMMIT = '0123456789abcdef0123456789abcdef01234567';

let hub: FakeHub;
let folder = '';
beforeAll(async () => {
  hub = await FakeHub.start();
  folder = mkdtempSync(join(tmpdir(), 'genai-hub-dataset-'));
});
afterAll(async () => {
  await hub.stop();
  rmSync(folder, { recursive: true });
});
afterEach(() => hub.reset());

const jsonl = (rows: readonly object[]): FakeFile => ({
  content: Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join('')),
});
const publish = (id: string, files: Record<string, FakeFile>): void => {
  hub.datasets.set(id, { main: { commit: COMMIT, files } });
};
const ports = () => fakePorts({ environment: { HF_ENDPOINT: hub.endpoint, HF_HOME: join(folder, 'home') } });

describe('a dataset on the hub', () => {
  it('is that of a ready task, where no other is named', async () => {
    const row = (question: string, label: number) => ({
      question,
      passage: 'The sky is blue.',
      idx: 0,
      label,
    });
    publish('aps/super_glue', {
      'boolq/validation-00000-of-00001.jsonl': jsonl([row('is the sky blue', 1), row('is the sky red', 0)]),
      'copa/validation-00000-of-00001.jsonl': jsonl([{ premise: 'x' }]),
    });
    // What a model would say is recorded: right about the first row alone.
    const prompt = (question: string) => `The sky is blue.\nQuestion: ${question}?\nAnswer:`;
    const score = (question: string, no: number, yes: number) => ({
      arguments: [
        [prompt(question), ' no'],
        [prompt(question), ' yes'],
      ],
      resps: [[[no, false]], [[yes, false]]],
    });
    const outputs = writeRows(join(folder, 'boolq.jsonl'), [
      { doc_id: 0, ...score('is the sky blue', -2, -1) },
      { doc_id: 1, ...score('is the sky red', -2, -1) },
    ]);
    const argv = [`recorded:${outputs}`, '--task', 'boolq', '--out', join(folder, 'boolq'), '--quiet'];
    const { result, error } = await runCommand(Evaluate, argv, ports());
    expect(error).toBeUndefined();
    expect(result).toMatchObject({ dataset: { rows: 2 }, metrics: [{ metric: 'acc', value: 0.5 }] });
  });

  it('is what a model is tuned and measured on', async () => {
    const rows = sentimentRows(24);
    publish('acme/reviews', {
      'data/train.jsonl': jsonl(rows.slice(0, 16)),
      'data/test.jsonl': jsonl(rows.slice(16)),
    });
    const dataset = ['--dataset', 'hf:acme/reviews'];
    const measured = await runCommand(
      Evaluate,
      [STARTER_MODEL, ...dataset, '--metric', 'accuracy', '--out', join(folder, 'measured'), '--quiet'],
      ports(),
    );
    expect(measured.error).toBeUndefined();
    expect(measured.result).toMatchObject({ task: 'acme-reviews', dataset: { rows: 8 } });
    const tuned = await runCommand(
      FineTune,
      ['--model', STARTER_MODEL, ...dataset, '--estimate', '--batch-size', '2', '--quiet'],
      ports(),
    );
    expect(tuned.error).toBeUndefined();
    const tried = await runCommand(
      PromptEngineer,
      [
        ...['--model', STARTER_MODEL, '--prompt', 'classification-plain', '--labels', 'negative,positive'],
        ...[...dataset, '--dry-run', '--shots', '1'],
      ],
      ports(),
    );
    expect(tried.error).toBeUndefined();
  });

  it('is named where it cannot be had', async () => {
    const argv = ['recorded:x', '--dataset', 'hf:acme/nothing', '--metric', 'accuracy', '--quiet'];
    expect((await runCommand(Evaluate, argv, ports())).error).toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('knows no dataset acme/nothing') as string,
    });
    argv[2] = 'hf:acme';
    expect((await runCommand(Evaluate, argv, ports())).error).toMatchObject({ code: 'USAGE' });
  });
});
