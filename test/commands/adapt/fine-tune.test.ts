import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import FineTune from '../../../src/commands/adapt/fine-tune.js';
import { ToolkitError } from '../../../src/core/errors/toolkit-error.js';
import type { FineTuneResult } from '../../../src/lifecycle/adapt/fine-tune.js';
import type { RunMemoryEstimate } from '../../../src/lifecycle/adapt/training-memory.js';
import { nodeFileSystem } from '../../../src/platform/file-system.js';
import { CapturedOutput, fakePorts } from '../../cli/fake-ports.js';
import { runCommand } from '../../cli/run-command.js';
import { runProgram } from '../../cli/run-program.js';
import { sentimentRows, writeRows, writeTinyLlama } from '../../lifecycle/adapt/tiny-run.js';

let folder: string;
let dataset: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'genai-fine-tune-command-'));
  await writeTinyLlama(join(folder, 'base'));
  dataset = writeRows(join(folder, 'rows.jsonl'), sentimentRows(8));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Flags of a short run. */
const flagsOf = (out: string, data = dataset): string[] => [
  ...['--model', join(folder, 'base'), '--dataset', data, '--out', out],
  ...['--max-steps', '2', '--threads', '1'],
];

/** Fields that programs read. */
const RESULT_FIELDS = [
  ...['run_dir', 'steps', 'epochs', 'train_loss', 'eval_loss', 'perplexity', 'best_step', 'stopped_early'],
  ...['tokens', 'tokens_per_second', 'peak_memory_bytes', 'estimated_peak_memory_bytes'],
  ...['trainable_parameters', 'output_dir'],
];
/** What a terminal would obey, but for line feeds. */
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/;

describe('genai adapt fine-tune', () => {
  it('shows the data, the plan, the steps and the result in plain lines without a terminal', async () => {
    const out = join(folder, 'plain');
    const { stdout, stderr, result } = await runCommand(FineTune, flagsOf(out));
    expect(Object.keys(result as FineTuneResult)).toEqual(RESULT_FIELDS);
    expect(stderr).toMatch(
      /^Dataset: 8 rows \(prompt-completion\), \d+ tokens, [\d.]+ % of them learnt from\n/,
    );
    expect(stderr).toContain('\nTraining ');
    expect(stderr).toMatch(/\ntraining {2}100 % {2}2\/2 steps .*loss /);
    expect(stderr).not.toMatch(CONTROL);
    expect(stdout).toContain(join(out, 'adapter'));
    expect(stdout).not.toMatch(CONTROL);
  });

  it('gives its flags to the run', async () => {
    const out = join(folder, 'flags');
    await runCommand(FineTune, [
      ...[...flagsOf(out), '--method', 'lora', '--epochs', '1.5', '--batch-size', '2', '--packing'],
      ...['--gradient-accumulation-steps', '2', '--sequence-length', '40', '--learning-rate', '1e-3'],
      ...['--schedule', 'linear', '--warmup-steps', '1', '--weight-decay', '0.1', '--max-grad-norm', '0.5'],
      ...['--seed', '7', '--loss-on', 'all', '--format', 'prompt-completion', '--skip-bad-rows'],
      ...['--eval-fraction', '0', '--eval-steps', '1', '--save-steps', '1', '--keep-checkpoints', '3'],
      ...['--patience', '2', '--lora-rank', '3', '--lora-alpha', '4.5', '--lora-dropout', '0.1', '--rslora'],
      ...['--lora-targets', 'q_proj, v_proj', '--quiet'],
    ]);
    const { options } = JSON.parse(readFileSync(join(out, 'run.json'), 'utf8')) as { options: object };
    expect(options).toEqual({
      ...{
        model: join(folder, 'base'),
        dataset,
        out,
        method: 'lora',
        epochs: 1.5,
        batchSize: 2,
        maxSteps: 2,
      },
      ...{ gradientAccumulationSteps: 2, sequenceLength: 40, learningRate: 1e-3, schedule: 'linear' },
      ...{ warmupSteps: 1, weightDecay: 0.1, maxGradNorm: 0.5, seed: 7, packing: true, lossOn: 'all' },
      ...{ format: 'prompt-completion', skipBadRows: true, evalFraction: 0, evalSteps: 1, saveSteps: 1 },
      ...{ keepCheckpoints: 3, patience: 2, loraRank: 3, loraAlpha: 4.5, loraDropout: 0.1, rslora: true },
      loraTargets: ['q_proj', 'v_proj'],
    });
  });

  it('names the command that quantises what was trained for it', async () => {
    const out = join(folder, 'aware');
    // Rows of 16 and 24 are no blocks of 32: whole rows share a scale.
    const { stdout, stderr } = await runCommand(FineTune, [...flagsOf(out), '--qat', 'int8']);
    expect(stderr).toContain('weights of 7 linear layers are rounded to int8 with a scale for each row');
    expect(stdout).toMatch(
      new RegExp(`\\n {2}genai adapt merge --adapter ${out} --storage F32 --out ${out}-merged\\n`),
    );
    expect(stdout).toContain(
      `\n  genai deploy quantize ${out}-merged --to int8 --method round --out ${out}-int8\n`,
    );
    const blocks = [...flagsOf(join(folder, 'blocks')), '--qat', 'int4', '--qat-block-size', '64'];
    expect((await runCommand(FineTune, blocks)).error).toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('no linear layer is left to quantise') as string,
    });
  });

  it('writes nothing that a terminal would obey, whatever is in the data', async () => {
    const evil = '\u001b[31mred\u001b]0;title\u0007\u202e\r\n\u009b2J';
    const rows = sentimentRows(3).map(({ completion }) => ({ prompt: evil, completion }));
    const data = writeRows(join(folder, 'evil.jsonl'), rows);
    const out = join(folder, 'evil');
    const { stdout, stderr } = await runCommand(FineTune, flagsOf(out, data));
    expect(stderr).toContain('\\x1b[31mred');
    expect(stderr + stdout).not.toMatch(CONTROL);
    expect(stderr + stdout).not.toMatch(/\u202e/);
  });

  it('only estimates memory with --estimate, and writes nothing', async () => {
    const before = readdirSync(folder);
    const flags = ['--model', join(folder, 'base'), '--dataset', dataset, '--estimate'];
    const { stdout, stderr, result } = await runCommand(FineTune, flags);
    const { parts, total_bytes } = result as RunMemoryEstimate;
    expect(total_bytes).toBe(parts.reduce((sum, { bytes }) => sum + bytes, 0));
    for (const { part } of parts) expect(stdout).toContain(`\n${part} `);
    expect(stdout).toMatch(/\npeak +[\d.]+ MB +[\d.]+ MiB/);
    expect(stdout).toContain('\nfree on this machine ');
    expect(stderr).toBe('');
    const asJson = await runCommand(FineTune, [...flags, '--json']);
    expect(JSON.parse(asJson.stdout)).toMatchObject({ parts, total_bytes });
    expect(readdirSync(folder)).toEqual(before);
  });

  it('saves and ends when it is interrupted, then goes on', async () => {
    const out = join(folder, 'interrupted');
    const ports = fakePorts();
    ports.stderr.write = function (this: CapturedOutput, text: string) {
      CapturedOutput.prototype.write.call(this, text);
      if (text.startsWith('training ')) ports.stop('interrupt');
    };
    const { error } = await runCommand(FineTune, flagsOf(out), ports);
    expect(error).toMatchObject({ code: 'INTERRUPTED', exitCode: 130 });
    expect(error!.hint).toContain(`genai adapt fine-tune --resume ${out}`);
    expect(readdirSync(join(out, 'checkpoints'))).toEqual(['step-00000001']);
    const { result } = await runCommand(FineTune, ['--resume', out, '--threads', '1', '--quiet']);
    expect(result).toMatchObject({ steps: 2, run_dir: out });
  });

  it.each([
    [['--out', 'x'], '--model, --dataset must be given'],
    [['--resume', 'x', '--epochs', '2', '--packing'], '--epochs, --packing cannot be given with --resume'],
    [['--estimate', '--model', 'a'], '--dataset must be given'],
    [['--estimate', '--resume', 'x'], '--resume'],
    [['--resume', 'x', '--out', 'y'], '--out cannot be given with --resume'],
    [
      ['--model', 'a', '--dataset', 'b', '--out', 'c', '--learning-rate', 'fast'],
      '--learning-rate "fast" is not a number',
    ],
    [['--model', 'a', '--dataset', 'b', '--out', 'c', '--lora-dropout', '1'], '--lora-dropout: '],
    [['--method', 'magic'], '--method'],
  ])('refuses %j', async (flags, message) => {
    const { error, stdout } = await runCommand(FineTune, flags);
    expect(error?.code).toBe('USAGE');
    expect(error?.message).toContain(message);
    expect(stdout).toBe('');
  });

  it('says so when the disk is full', async () => {
    const out = join(folder, 'full');
    const makeDirectory = (path: string) =>
      Promise.reject(new ToolkitError(`${path}: the disk is full`, 'OUT_OF_RESOURCES'));
    const ports = fakePorts({ fileSystem: { ...nodeFileSystem, makeDirectory } });
    const { error } = await runCommand(FineTune, flagsOf(out), ports);
    expect(error).toMatchObject({ code: 'OUT_OF_RESOURCES', message: `${out}: the disk is full` });
    expect(existsSync(out)).toBe(false);
  });

  it('runs as a program', async () => {
    const out = join(folder, 'program');
    const { stdout, stderr, status } = await runProgram(['adapt', 'fine-tune', ...flagsOf(out), '--json']);
    expect(status).toBe(0);
    const result = JSON.parse(stdout) as FineTuneResult;
    expect(Object.keys(result)).toEqual(RESULT_FIELDS);
    expect(result).toMatchObject({ run_dir: out, steps: 2, output_dir: join(out, 'adapter') });
    expect(stderr).toMatch(/^Dataset: 8 rows/);
    expect(stderr).not.toMatch(CONTROL);
  });

  it('ends as a program with the status of its error', async () => {
    const data = writeRows(join(folder, 'bad.jsonl'), [...sentimentRows(1), '{', { prompt: '\u001b[31m' }]);
    const out = join(folder, 'bad');
    const { stdout, stderr, status } = await runProgram([...['adapt', 'fine-tune', ...flagsOf(out, data)]]);
    expect({ stdout, status }).toEqual({ stdout: '', status: 4 });
    expect(stderr).toMatch(/^Error: 2 rows of the dataset cannot be used:\n/);
    expect(stderr).toContain(`\n  ${data}:2: `);
    expect(stderr).toContain(`\n  ${data}:3: `);
    expect(stderr).not.toMatch(CONTROL);
    expect(existsSync(out)).toBe(false);
  });
});
