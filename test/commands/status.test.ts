import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import FineTune from '../../src/commands/adapt/fine-tune.js';
import Merge from '../../src/commands/adapt/merge.js';
import Evaluate from '../../src/commands/evaluate/index.js';
import Init from '../../src/commands/init.js';
import SelectUse from '../../src/commands/select/use.js';
import Status from '../../src/commands/status.js';
import type { ProjectStatus } from '../../src/core/project/project-status.js';
import { readStageRecord } from '../../src/core/project/stage-record.js';
import { nodeFileSystem } from '../../src/platform/file-system.js';
import { fakePorts } from '../cli/fake-ports.js';
import { runCommand } from '../cli/run-command.js';
import { sentimentRows, writeRows, writeTinyLlama } from '../lifecycle/adapt/tiny-run.js';

const home = process.cwd();
let folder: string;
let project: string;
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'genai-status-')));
  project = join(folder, 'reviews');
});
beforeEach(() => {
  mkdirSync(project, { recursive: true });
  process.chdir(project);
});
afterEach(() => process.chdir(home));
afterAll(() => rmSync(folder, { recursive: true }));

async function status(...argv: string[]): Promise<ProjectStatus> {
  const { result, error } = await runCommand(Status, argv);
  if (error !== undefined) throw error;
  return result as ProjectStatus;
}

const states = ({ stages }: ProjectStatus): string => stages.map(({ state }) => state).join(' ');

const run = async (command: Parameters<typeof runCommand>[0], line: string): Promise<void> => {
  const { error } = await runCommand(command, line.split(' '));
  if (error !== undefined) throw error;
};

function edit(file: string, from: string, to: string): void {
  const text = readFileSync(file, 'utf8');
  expect(text).toContain(from);
  writeFileSync(file, text.replace(from, to));
}

describe('a project from its beginning to its end', () => {
  it('says where there is none', async () => {
    await expect(status()).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: `${project}: is not a project (there is no scope.yaml here or above)`,
      hint: 'Make one with genai init FOLDER, or go to the folder of one.',
    });
    await expect(status('nowhere')).rejects.toMatchObject({
      message: 'nowhere: is not a project (there is no scope.yaml)',
    });
  });

  it('begins with its scope', async () => {
    await run(Init, '. --task sentiment');
    expect(states(await status())).toBe('next waiting waiting waiting waiting');
    edit('scope.yaml', 'labelled_examples: null', 'labelled_examples: 16');
    const { next, name, task } = await status();
    expect({ name, task }).toEqual({ name: 'reviews', task: 'text-classification' });
    expect(next!.command).toBe('genai select recommend --scope scope.yaml');
  });

  it('has a model chosen for that scope', async () => {
    await writeTinyLlama(join(project, 'models', 'tiny'));
    await run(SelectUse, 'models/tiny --reason small');
    expect(await readStageRecord(nodeFileSystem, 'stages/select.yaml')).toMatchObject({
      ...{ stage: 'select', command: 'genai select use models/tiny' },
      results: { model: 'models/tiny', reason: 'small' },
      inputs: [{ path: 'scope.yaml', bytes: readFileSync('scope.yaml').length }],
    });
    expect(states(await status())).toBe('done done next waiting waiting');
    edit('scope.yaml', 'labelled_examples: 16', 'labelled_examples: 17');
    const changed = await status();
    expect(states(changed)).toBe('done stale waiting waiting waiting');
    expect(changed.next!.command).toBe('genai select use models/tiny');
    await run(SelectUse, 'models/tiny');
    expect(states(await status())).toBe('done done next waiting waiting');
  });

  it('is adapted, evaluated and merged by the commands that status names', async () => {
    const commands = {
      'adapt fine-tune': FineTune,
      evaluate: Evaluate,
      'adapt merge': Merge,
    };
    writeRows('data/train.jsonl', sentimentRows(16));
    writeRows('evaluation/test.jsonl', sentimentRows(24).slice(16));
    const done: string[] = [];
    for (let { next } = await status(); next !== null; { next } = await status()) {
      const words = (Object.keys(commands) as (keyof typeof commands)[]).find((known) =>
        next!.command.startsWith(`genai ${known} `),
      )!;
      const argv = next.command.slice(`genai ${words} `.length).split(' ');
      done.push(words);
      const extra = words === 'adapt fine-tune' ? ['--max-steps', '2', '--batch-size', '4'] : [];
      const { error } = await runCommand(commands[words], [...argv, ...extra, '--quiet']);
      expect(error).toBeUndefined();
      if (done.length > 3) break;
    }
    expect(done).toEqual(['adapt fine-tune', 'evaluate', 'adapt merge']);
    const record = await readStageRecord(nodeFileSystem, 'stages/evaluate-test-runs-first.yaml');
    expect(record.command).toBe(
      'genai evaluate runs/first --dataset evaluation/test.jsonl --metric accuracy --metric f1',
    );
    expect(record.results).toMatchObject({ rows: 8 });
    expect(record.inputs.map(({ path }) => path)).toEqual([
      ...['models/tiny/config.json', 'models/tiny/model.safetensors'],
      ...['runs/first/adapter/adapter_config.json', 'runs/first/adapter/adapter_model.safetensors'],
      'evaluation/test.jsonl',
    ]);
    const merged = await status();
    expect(states(merged)).toBe('done done done done done');
    expect(merged.stages[4]!.steps[0]!.results).toMatchObject({ kind: 'merged model', layers: 7 });
  });

  it('is shown as a table, and the same after it was moved', async () => {
    const { stdout } = await runCommand(Status, [], fakePorts({ columns: 200 }));
    expect(stdout).toMatch(/^reviews \(text-classification\), in /);
    expect(stdout).toMatch(
      /^adapt +done +\d{4}-\d\d-\d\d \d\d:\d\d +runs\/first: kind fine-tuning \(lora\)/m,
    );
    expect(stdout).toContain('Everything is done.\n');
    const moved = join(folder, 'moved');
    cpSync(project, moved, { recursive: true });
    rmSync(join(moved, 'models', 'tiny', 'tokenizer.json'));
    process.chdir(moved);
    rmSync(project, { recursive: true });
    expect(states(await status())).toBe('done done done done done');
    cpSync(moved, project, { recursive: true });
  });

  it('evaluates what it evaluated before into the same record', async () => {
    await run(
      Evaluate,
      'runs/first --dataset evaluation/test.jsonl --metric accuracy --metric f1 --force --quiet',
    );
    const { stages } = await status();
    expect(stages[3]!.steps).toHaveLength(1);
  });

  it('is stale from the first thing on that changed', async () => {
    appendFileSync('evaluation/test.jsonl', `${JSON.stringify(sentimentRows(1)[0])}\n`);
    expect(states(await status())).toBe('done done done stale done');
    appendFileSync('data/train.jsonl', `${JSON.stringify(sentimentRows(1)[0])}\n`);
    const { next, stages } = await status();
    expect(stages.map(({ state }) => state).join(' ')).toBe('done done stale stale stale');
    expect(next).toEqual({
      ...{ stage: 'adapt', why: 'data/train.jsonl has changed since' },
      command: 'genai adapt fine-tune --model models/tiny --dataset data --out runs/2',
    });
    expect(stages[3]!.steps[0]!.reasons).toEqual(['evaluation/test.jsonl has changed since']);
    expect(stages[4]!.steps[0]!.reasons).toEqual(['runs/first, which it was made from, is stale']);
  });
});

it('outside of a project nothing is recorded', async () => {
  const outside = join(folder, 'outside');
  mkdirSync(outside);
  process.chdir(outside);
  await writeTinyLlama(join(outside, 'tiny'));
  writeFileSync('scope.yaml', 'a scope alone asks for no records');
  writeRows('rows.jsonl', sentimentRows(4));
  const { error, stdout } = await runCommand(Evaluate, [
    ...['tiny', '--dataset', 'rows.jsonl', '--metric', 'accuracy', '--quiet'],
  ]);
  expect(error).toBeUndefined();
  expect(stdout).not.toContain('Recorded');
});
