import { spawn } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fineTune, resumeFineTune } from '../../../src/lifecycle/adapt/fine-tune.js';
import { resumePreTrain } from '../../../src/lifecycle/adapt/pre-train.js';
import { DEVELOPMENT_PROGRAM } from '../../cli/run-program.js';
import {
  portsInterruptedAfter,
  readMetrics,
  sentimentRows,
  tinyPorts,
  untimedMetrics,
  writeRows,
  writeTinyLlama,
} from './tiny-run.js';

let folder: string;
let model: string;
let dataset: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'genai-resume-'));
  model = join(folder, 'base');
  await writeTinyLlama(model);
  dataset = join(folder, 'data');
  const rows = sentimentRows(16);
  writeRows(join(dataset, 'train.jsonl'), rows.slice(0, 12));
  writeRows(join(dataset, 'valid.jsonl'), rows.slice(12));
});
afterAll(() => rmSync(folder, { recursive: true }));

const options = (out: string) => ({
  model,
  dataset,
  out: join(folder, out),
  learningRate: 1e-2,
  batchSize: 4,
});
const bytesOf = (out: string, file: string): Buffer => readFileSync(join(folder, out, file));

describe('an interrupted run goes on to the same bits', () => {
  it.each([
    // Dropout draws from the step; three epochs of three batches, two batches a step.
    [
      'lora',
      { method: 'lora', loraDropout: 0.2, gradientAccumulationSteps: 2, evalSteps: 2 },
      'adapter/adapter_model.safetensors',
    ],
    ['full', { method: 'full', weightDecay: 0.1, epochs: 2, evalSteps: 4 }, 'model/model.safetensors'],
  ] as const)('%s', async (name, settings, file) => {
    const whole = await fineTune({ ...options(`${name}-whole`), ...settings }, tinyPorts());
    const out = join(folder, name);
    const interrupted = fineTune({ ...options(name), ...settings }, portsInterruptedAfter(3));
    await expect(interrupted).rejects.toMatchObject({
      code: 'INTERRUPTED',
      hint: `Go on with: genai adapt fine-tune --resume ${out}`,
    });
    expect(existsSync(join(out, 'result.json'))).toBe(false);
    await expect(resumeFineTune(out, portsInterruptedAfter(5))).rejects.toMatchObject({
      code: 'INTERRUPTED',
    });
    const result = await resumeFineTune(out, tinyPorts());

    expect(bytesOf(name, file)).toEqual(bytesOf(`${name}-whole`, file));
    expect(untimedMetrics(out)).toEqual(untimedMetrics(join(folder, `${name}-whole`)));
    const { steps, train_loss, eval_loss, best_step, tokens } = whole;
    expect(result).toMatchObject({ steps, train_loss, eval_loss, best_step, tokens });

    // A finished run is resumed without doing anything again.
    const metrics = bytesOf(name, 'metrics.jsonl');
    const again = await resumeFineTune(out, tinyPorts());
    expect({ ...again, peak_memory_bytes: 0 }).toEqual({ ...result, peak_memory_bytes: 0 });
    expect(bytesOf(name, 'metrics.jsonl')).toEqual(metrics);
    expect(bytesOf(name, file)).toEqual(bytesOf(`${name}-whole`, file));
  });

  it('also from another place', async () => {
    const moved = join(folder, 'moved');
    await expect(fineTune(options('to-move'), portsInterruptedAfter(2))).rejects.toThrow();
    await fineTune(options('not-moved'), tinyPorts());
    cpSync(join(folder, 'to-move'), moved, { recursive: true });
    rmSync(join(folder, 'to-move'), { recursive: true });
    const { output_dir } = await resumeFineTune(moved, tinyPorts());
    expect(output_dir).toBe(join(moved, 'adapter'));
    expect(bytesOf('moved', 'adapter/adapter_model.safetensors')).toEqual(
      bytesOf('not-moved', 'adapter/adapter_model.safetensors'),
    );
  });
});

describe('a run is not resumed', () => {
  let out: string;
  beforeAll(async () => {
    out = join(folder, 'changed');
    await expect(fineTune(options('changed'), portsInterruptedAfter(1))).rejects.toThrow();
  });

  /** Changes a file, tries to resume, and puts the file back. */
  async function resumeWith(path: string, change: () => void): Promise<unknown> {
    const before = readFileSync(path);
    change();
    try {
      return await resumeFineTune(out, tinyPorts()).catch((error: unknown) => error);
    } finally {
      writeFileSync(path, before);
    }
  }

  it('with a changed dataset', async () => {
    const train = join(dataset, 'train.jsonl');
    expect(
      await resumeWith(train, () => appendFileSync(train, `${JSON.stringify(sentimentRows(1)[0])}\n`)),
    ).toMatchObject({ code: 'USAGE', message: `${train}: has changed since the run in ${out} began` });
  });

  it('with a part of the dataset gone, or a new one', async () => {
    const valid = join(dataset, 'valid.jsonl');
    expect(await resumeWith(valid, () => rmSync(valid))).toMatchObject({
      ...{ code: 'USAGE', message: `${valid}: is gone since the run in ${out} began` },
    });
    const test = join(dataset, 'test.jsonl');
    cpSync(valid, test);
    try {
      await expect(resumeFineTune(out, tinyPorts())).rejects.toMatchObject({
        ...{ code: 'USAGE', message: `${test}: has appeared since the run in ${out} began` },
      });
    } finally {
      rmSync(test);
    }
  });

  it('with changed settings, or a record that is none', async () => {
    const record = join(out, 'run.json');
    const text = readFileSync(record, 'utf8');
    const replace = (from: string, to: string): void => {
      expect(text).toContain(from);
      writeFileSync(record, text.replace(from, to));
    };
    expect(await resumeWith(record, () => replace('"batchSize": 4', '"batchSize": 5'))).toMatchObject({
      ...{ code: 'USAGE', message: `${record}: its settings were changed since the run began` },
    });
    for (const [from, to] of [
      ['"stage": "fine-tune"', '"stage": "dance"'],
      ['"inputs": [', '"inputs": [null, '],
      ['"options": {', '"options": null, "x": {'],
    ] as const) {
      expect(await resumeWith(record, () => replace(from, to))).toMatchObject({
        ...{ code: 'BAD_CHECKPOINT', message: `${record}: is not the record of a run` },
      });
    }
    expect(await resumeWith(record, () => writeFileSync(record, text.slice(0, 50)))).toMatchObject({
      code: 'BAD_CHECKPOINT',
    });
  });

  it('when there is none, or one of another kind', async () => {
    await expect(resumeFineTune(model, tinyPorts())).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(resumeFineTune(join(folder, 'nowhere'), tinyPorts())).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await expect(resumePreTrain(out, tinyPorts())).rejects.toMatchObject({
      ...{ code: 'USAGE', message: `${out}: is a fine-tune run` },
    });
  });

  it('by starting it again', async () => {
    const before = readdirSync(out);
    await expect(fineTune(options('changed'), tinyPorts())).rejects.toMatchObject({
      ...{ code: 'USAGE', message: `${out}: holds a run already` },
    });
    await expect(fineTune({ ...options('x'), out: model }, tinyPorts())).rejects.toMatchObject({
      ...{ code: 'USAGE', message: `${model}: the folder exists and is not empty` },
    });
    expect(readdirSync(out)).toEqual(before);
  });
});

describe('a killed process', () => {
  /** Starts the program, and kills it without warning as soon as it is seen to be somewhere. */
  async function killWhen(argv: readonly string[], isThere: () => boolean): Promise<void> {
    const child = spawn(
      process.execPath,
      [DEVELOPMENT_PROGRAM, 'adapt', 'fine-tune', '--threads', '1', '--quiet', ...argv],
      {
        stdio: ['ignore', 'ignore', 'inherit'],
      },
    );
    const ended = new Promise<NodeJS.Signals | null>((resolve) =>
      child.on('exit', (_status, signal) => resolve(signal)),
    );
    while (child.exitCode === null && !isThere()) await sleep(1);
    child.kill('SIGKILL');
    expect(await ended).toBe('SIGKILL');
  }

  it('loses nothing but time', async () => {
    const settings = { maxSteps: 150, evalSteps: 40, saveSteps: 3, keepCheckpoints: 2 };
    await fineTune({ ...options('unbroken'), ...settings }, tinyPorts());
    const out = join(folder, 'killed');
    const names = (): string[] =>
      existsSync(join(out, 'checkpoints')) ? readdirSync(join(out, 'checkpoints')) : [];
    const newest = (): number =>
      Math.max(0, ...names().map((name) => Number(/^step-(\d+)$/.exec(name)?.[1] ?? 0)));
    const flags = [
      ...[
        '--model',
        model,
        '--dataset',
        dataset,
        '--out',
        out,
        '--learning-rate',
        '1e-2',
        '--batch-size',
        '4',
      ],
      ...['--max-steps', '150', '--eval-steps', '40', '--save-steps', '3', '--keep-checkpoints', '2'],
    ];
    // Once while a checkpoint is being written, unless that is never seen, and once in between.
    const isWriting = (): boolean => names().some((name) => name.endsWith('.partial'));
    await killWhen(flags, () => newest() >= 12 && (isWriting() || newest() >= 60));
    const first = newest();
    await killWhen(['--resume', out], () => newest() >= first + 30);
    expect(newest()).toBeLessThan(150);
    await resumeFineTune(out, tinyPorts());
    expect(bytesOf('killed', 'adapter/adapter_model.safetensors')).toEqual(
      bytesOf('unbroken', 'adapter/adapter_model.safetensors'),
    );
    expect(untimedMetrics(out)).toEqual(untimedMetrics(join(folder, 'unbroken')));
    expect(readMetrics(out)).toHaveLength(150 + 4);
    expect(names().filter((name) => name.startsWith('.'))).toEqual([]);
  });
});
