import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ToolkitError } from '../../../src/core/errors/toolkit-error.js';
import { fineTune, resumeFineTune, type FineTunePorts } from '../../../src/lifecycle/adapt/fine-tune.js';
import type { FineTuneOptions } from '../../../src/lifecycle/adapt/fine-tune-options.js';
import { BadRowsError, type DatasetReport } from '../../../src/lifecycle/adapt/prepare-dataset.js';
import { nodeFileSystem } from '../../../src/platform/file-system.js';
import { sentimentRows, tinyPorts, writeRows, writeTinyLlama } from './tiny-run.js';

let folder: string;
let model: string;
let out: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'genai-unusable-'));
  model = join(folder, 'base');
  out = join(folder, 'out');
  await writeTinyLlama(model);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The error of a run that must not leave anything behind. */
async function refused(
  dataset: string,
  changed: Partial<FineTuneOptions> = {},
  ports: Partial<FineTunePorts> = {},
): Promise<ToolkitError> {
  const error: unknown = await fineTune({ model, dataset, out, ...changed }, tinyPorts(ports)).catch(
    (thrown: unknown) => thrown,
  );
  expect(existsSync(out)).toBe(false);
  if (error instanceof ToolkitError) return error;
  throw new Error('a ToolkitError was expected', { cause: error });
}

describe('bad rows', () => {
  const bad = ['{"prompt": "a"', { prompt: 'b' }, { prompt: 1, completion: 'c' }];
  let dataset: string;
  beforeAll(() => {
    const rows = sentimentRows(6);
    dataset = writeRows(join(folder, 'bad.jsonl'), [
      rows[0]!,
      bad[0]!,
      rows[1]!,
      bad[1]!,
      bad[2]!,
      ...rows.slice(2),
    ]);
  });

  it('are all named with file and line, and nothing is written', async () => {
    const error = await refused(dataset);
    expect(error).toBeInstanceOf(BadRowsError);
    expect(error).toMatchObject({ code: 'BAD_DATASET' });
    expect((error as BadRowsError).problems.map(({ file, line }) => [file, line])).toEqual(
      [2, 4, 5].map((line) => [dataset, line]),
    );
    const lines = error.message.split('\n');
    expect(lines[0]).toBe('3 rows of the dataset cannot be used:');
    expect(lines.slice(1).map((line) => line.split(': ')[0])).toEqual(
      [2, 4, 5].map((line) => `  ${dataset}:${line}`),
    );
  });

  it('are counted beyond the first fifty', async () => {
    const many = [sentimentRows(1)[0]!, ...Array<object>(60).fill({ prompt: 'b' })];
    const { message } = await refused(writeRows(join(folder, 'many.jsonl'), many));
    expect(message.split('\n')).toHaveLength(1 + 50 + 1);
    expect(message).toMatch(/^60 rows of the dataset[^]*\n {2}… and 10 more$/);
  });

  it('are set aside on request', async () => {
    const reports: DatasetReport[] = [];
    const good = join(folder, 'skipped');
    await fineTune(
      { model, dataset, out: good, skipBadRows: true, maxSteps: 1 },
      tinyPorts({ onDataset: (report) => reports.push(report) }),
    );
    expect(reports[0]!.audit.rows).toBe(6);
    const rejected = readFileSync(join(good, 'rejected.jsonl'), 'utf8').trimEnd().split('\n');
    expect(rejected.map((line) => JSON.parse(line) as object)).toMatchObject(
      [2, 4, 5].map((line) => ({ file: dataset, line })),
    );
    expect(JSON.parse(rejected[0]!)).toMatchObject({ row: '{"prompt": "a"' });
  });

  it('cannot be skipped when there are no others', async () => {
    const only = join(folder, 'only-bad');
    writeRows(join(only, 'train.jsonl'), bad);
    writeRows(join(only, 'valid.jsonl'), sentimentRows(2));
    expect((await refused(only, { skipBadRows: true })).code).toBe('BAD_DATASET');
  });
});

describe('nothing is written', () => {
  let dataset: string;
  beforeAll(() => {
    dataset = writeRows(join(folder, 'rows.jsonl'), sentimentRows(4));
  });

  it('for a sequence longer than the context', async () => {
    expect(await refused(dataset, { sequenceLength: 49 })).toMatchObject({
      code: 'CONTEXT_OVERFLOW',
      message: "--sequence-length 49 is more than the model's context of 48 tokens",
    });
  });

  it('when no answer fits', async () => {
    expect(await refused(dataset, { sequenceLength: 3 })).toMatchObject({
      code: 'BAD_DATASET',
      message: `${dataset}: no row has anything left to learn from within 3 tokens`,
    });
  });

  it('for an empty folder, an empty file or none', async () => {
    const empty = join(folder, 'empty');
    mkdirSync(empty);
    // What is the matter with them is the dataset reader's to say.
    expect(['BAD_DATASET', 'NOT_FOUND']).toContain((await refused(empty)).code);
    expect((await refused(writeRows(join(folder, 'empty.jsonl'), []))).code).toBe('BAD_DATASET');
    expect((await refused(join(folder, 'nowhere.jsonl'))).code).toBe('NOT_FOUND');
  });

  it('for options that cannot be, all of them named', async () => {
    const { code, message } = await refused(dataset, { batchSize: 0, learningRate: -1, evalFraction: 2 });
    expect(code).toBe('USAGE');
    expect(message.split('\n').map((line) => line.split(':')[0])).toEqual([
      '--batch-size',
      '--learning-rate',
      '--eval-fraction',
    ]);
  });

  it('for layers that the model has not', async () => {
    expect(await refused(dataset, { loraTargets: ['q_proj', 'c_attn'] })).toMatchObject({
      code: 'USAGE',
      message: 'LoRA targets: c_attn is no linear layer of this model',
    });
  });

  it('when the engine cannot be had, or the weights cannot be read', async () => {
    const missing = new ToolkitError('no such device', 'ENGINE');
    expect(await refused(dataset, {}, { createEngine: () => Promise.reject(missing) })).toBe(missing);
    const damaged = join(folder, 'damaged');
    await writeTinyLlama(damaged);
    const weights = join(damaged, 'model.safetensors');
    writeFileSync(weights, readFileSync(weights).subarray(0, -100));
    expect((await refused(dataset, { model: damaged })).code).toBe('BAD_CHECKPOINT');
  });

  it('where a file is in the way', async () => {
    const file = writeRows(join(folder, 'file'), []);
    await expect(fineTune({ model, dataset, out: file }, tinyPorts())).rejects.toMatchObject({
      code: 'USAGE',
      message: `${file}: is a file, a folder is needed`,
    });
    await expect(fineTune({ model, dataset, out: join(file, 'run') }, tinyPorts())).rejects.toMatchObject({
      code: 'USAGE',
      message: `${join(file, 'run')}: is a file, a folder is needed`,
    });
    expect(readFileSync(file, 'utf8')).toBe('');
  });
});

it('a disk that fills up is named, and the run goes on when there is room again', async () => {
  const dataset = writeRows(join(folder, 'full-disk.jsonl'), sentimentRows(4));
  const run = join(folder, 'full-disk');
  const full = new ToolkitError(`${run}: the disk is full`, 'OUT_OF_RESOURCES');
  const files = {
    ...nodeFileSystem,
    writeAtomic: (path: string, content: Parameters<typeof nodeFileSystem.writeAtomic>[1]) =>
      path.includes('step-00000002') ? Promise.reject(full) : nodeFileSystem.writeAtomic(path, content),
  };
  const options = { model, dataset, out: run, maxSteps: 3, saveSteps: 1, batchSize: 4 };
  await expect(fineTune(options, tinyPorts({ files }))).rejects.toBe(full);
  expect(readdirSync(join(run, 'checkpoints'))).toContain('step-00000001');
  expect(readdirSync(join(run, 'checkpoints'))).not.toContain('step-00000002');
  expect((await resumeFineTune(run, tinyPorts())).steps).toBe(3);
});
