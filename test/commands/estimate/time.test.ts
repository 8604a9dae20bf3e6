import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { displayWidth } from '../../../src/cli/terminal-text.js';
import EstimateTime from '../../../src/commands/estimate/time.js';
import type { GpuTime, TimeEstimate } from '../../../src/lifecycle/estimate/time.js';
import { exampleCommandLines } from '../../cli/examples.js';
import { fakePorts } from '../../cli/fake-ports.js';
import { runCommand } from '../../cli/run-command.js';

/** The published config.json of TinyLlama 1.1B, as far as it says something of the shape. */
const TINY_LLAMA = {
  model_type: 'llama',
  vocab_size: 32_000,
  hidden_size: 2048,
  intermediate_size: 5632,
  num_hidden_layers: 22,
  num_attention_heads: 32,
  num_key_value_heads: 4,
  max_position_embeddings: 2048,
  rms_norm_eps: 1e-5,
  tie_word_embeddings: false,
};
const TINY_LLAMA_PARAMETERS = 1_100_048_384;

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'genai-time-'));
  writeFileSync(join(folder, 'config.json'), JSON.stringify(TINY_LLAMA));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function estimate(...argv: string[]): Promise<TimeEstimate> {
  const { stdout, error } = await runCommand(EstimateTime, [...argv, '--json']);
  if (error !== undefined) throw error;
  return JSON.parse(stdout) as TimeEstimate;
}

async function onlyRow(...argv: string[]): Promise<GpuTime> {
  const { rows } = await estimate(...argv);
  expect(rows).toHaveLength(1);
  return rows[0]!;
}

const failure = async (...argv: string[]): Promise<unknown> => (await runCommand(EstimateTime, argv)).error;

describe('genai estimate time of training', () => {
  it('divides the operations by the rate that is reached', async () => {
    const { rows, flops, gpus } = await estimate(folder, '--tokens', '3T', '--gpus', '16');
    // 6N and 12 layers · heads · width · sequence, by hand.
    const operations = (6 * TINY_LLAMA_PARAMETERS + 12 * 22 * 32 * 64 * 2048) * 3e12;
    expect(flops?.value).toBeCloseTo(operations, -12);
    expect(gpus).toBe(16);
    expect(rows.map(({ gpu }) => gpu?.id)).toEqual(['v100-16', 'a100-80', 'h100-sxm', 'h200']);
    const a100 = rows[1]!;
    expect(a100.seconds?.value).toBeCloseTo(operations / (16 * 312e12 * 0.4), 1);
    expect(a100.gpu_hours.value).toBeCloseTo(operations / (312e12 * 0.4 * 3600), 3);
    const { value } = (await onlyRow(folder, '--tokens', '3T', '--gpu', 'a100', '--utilisation', '0.56'))
      .gpu_hours;
    expect(value).toBeCloseTo(operations / (312e12 * 0.56 * 3600), 3);
  });

  it('takes a measured speed, and tells TinyLlama’s utilisation: 56 % by its README', async () => {
    const argv = [
      folder,
      '--tokens',
      '3T',
      '--tokens-per-second',
      '384000',
      '--gpus',
      '16',
      '--gpu',
      'a100-40',
    ];
    const { mfu, seconds, gpu_hours } = await onlyRow(...argv);
    expect(seconds?.value).toBe(3e12 / 384_000);
    expect(gpu_hours.value).toBeCloseTo((16 * 3e12) / 384_000 / 3600, 6);
    expect(Math.abs((mfu?.value ?? 0) - 0.56)).toBeLessThanOrEqual(0.04);
  });

  it('takes GPU-hours: LLaMA 65B’s 449 MWh and 173 t (arXiv 2302.13971, table 15), at 47.7 % of the peak', async () => {
    const argv = ['65.2B', '--tokens', '1.4T', '--gpu', 'a100', '--gpu-hours', '1022362', '--price', '2'];
    const { energy_kwh, carbon_kg, cost_usd, mfu, seconds } = await onlyRow(...argv, '--carbon', '385');
    expect(Math.abs((energy_kwh?.value ?? 0) / 1000 - 449)).toBeLessThanOrEqual(1);
    expect(carbon_kg?.value).toBeCloseTo(173_188, 0);
    expect(cost_usd?.value).toBe(2_044_724);
    expect(mfu?.value).toBeCloseTo(0.4769, 4);
    expect(seconds).toBeNull();
    // 2,048 GPUs; the paper speaks of about 21 days.
    const shared = await onlyRow(...argv, '--gpus', '2048');
    expect((shared.seconds?.value ?? 0) / 86_400).toBeCloseTo(20.8, 1);
  });

  it('needs no model and no GPU for money at a given price', async () => {
    const { gpu, cost_usd, energy_kwh, price } = await onlyRow('--gpu-hours', '100320', '--price', '2');
    expect({ gpu, energy_kwh }).toEqual({ gpu: null, energy_kwh: null });
    expect(cost_usd?.value).toBe(200_640);
    expect(price?.source).toBe('as given');
  });

  it('dates its prices, and says where it has none', async () => {
    const { stdout } = await runCommand(EstimateTime, [
      '7B',
      '--tokens',
      '1T',
      '--gpu',
      'a100',
      '--gpu',
      'v100',
    ]);
    expect(stdout).toMatch(/A100 SXM 80GB \$2\.50 an hour \(.*2026-08-20\)/);
    expect(stdout).toMatch(/No price is known of V100/);
    expect(stdout).toContain('V100 SXM2 16GB has no bf16: it is counted in fp16.');
  });

  it('counts what the building takes with --pue', async () => {
    const argv = ['--gpu-hours', '1000', '--gpu', 'a100'];
    expect((await onlyRow(...argv)).energy_kwh?.value).toBeCloseTo(440, 9);
    expect((await onlyRow(...argv, '--pue', '1.5')).energy_kwh?.value).toBeCloseTo(600, 9);
  });
});

describe('genai estimate time of serving', () => {
  const LOAD = ['--serve', '--prompt-tokens', '1000', '--output-tokens', '101', '--requests', '10'];

  it('is bound by arithmetic for prompts, by memory for answers', async () => {
    const { serving, seconds, cost_usd } = await onlyRow(
      folder,
      ...LOAD,
      '--gpu',
      'a100-80',
      '--price',
      '3.6',
    );
    // By hand: prompts at half of 312 TFLOPS; answers read 2 bytes of every weight, and 22 layers · 2 · 4 heads · 64
    // elements of 2 bytes for 1,050.5 positions, at 0.6 of 2,039 GB/s.
    const prompt = (2 * TINY_LLAMA_PARAMETERS * 1000 + 4 * 32 * 64 * 22 * 500_500) / (0.5 * 312e12);
    const answer = (2 * TINY_LLAMA_PARAMETERS + 22 * 512 * 2 * 1050.5) / (0.6 * 2039e9);
    expect(serving?.prefill).toMatchObject({ bound_by: 'compute' });
    expect(serving?.prefill.seconds.value).toBeCloseTo(prompt, 9);
    expect(serving?.decode).toMatchObject({ bound_by: 'memory' });
    expect(serving?.decode.seconds.value).toBeCloseTo(answer, 9);
    expect(seconds?.value).toBeCloseTo(10 * (prompt + 100 * answer), 6);
    expect(cost_usd?.value).toBeCloseTo((10 * (prompt + 100 * answer)) / 1000, 9);
  });

  it('reads fewer bytes of narrow weights, and says what does not fit', async () => {
    const [wide, narrow] = await Promise.all(
      ['bf16', 'int8'].map((weights) => onlyRow('7B', ...LOAD, '--weights', weights, '--gpu', 't4')),
    );
    const read = ({ serving }: GpuTime): number => serving?.decode.read_bytes.value ?? 0;
    expect(read(wide!) - read(narrow!)).toBeCloseTo(7e9, -3);
    const { stdout } = await runCommand(EstimateTime, ['70B', ...LOAD, '--gpu', 't4']);
    expect(stdout).toContain('do not fit');
  });

  it('computes in fp32 at the peak for it', async () => {
    const { gpu } = await onlyRow('7B', ...LOAD, '--gpu', 'a100', '--dtype', 'fp32');
    expect(gpu).toMatchObject({ dtype: 'fp32', peak_tflops: 19.5 });
  });
});

describe('genai estimate time', () => {
  it('shows a table, CSV, a chart, and how each number was worked out', async () => {
    const chart = join(folder, 'chart.html');
    const argv = ['7B', '--tokens', '1T', '--gpu', 'h200', '--explain', '--chart', chart];
    const { stdout, error } = await runCommand(EstimateTime, argv);
    expect(error).toBeUndefined();
    expect(stdout).toContain('= gpu hours · usd per gpu hour');
    expect(readFileSync(chart, 'utf8')).toContain('H200');
    const csv = await runCommand(EstimateTime, ['7B', '--tokens', '1T', '--gpu', 'h200', '--csv']);
    expect(csv.stdout.split('\n')[0]?.split(',')).toEqual(expect.arrayContaining(['gpu_hours', 'cost_usd']));
  });

  it('fits a terminal of 30 columns', async () => {
    const ports = fakePorts({ columns: 30 });
    const { stdout } = await runCommand(EstimateTime, ['7B', '--serve'], ports);
    for (const line of stdout.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(30);
  });

  it.each(exampleCommandLines(EstimateTime, 'estimate time'))(
    'runs its example: %s %s %s …',
    async (...line) => {
      const { error, stdout } = await runCommand(EstimateTime, line.slice(3));
      expect(error).toBeUndefined();
      expect(stdout).not.toBe('');
    },
  );

  it.each([
    [[], 'Missing MODEL and --tokens'],
    [['7B'], 'Missing --tokens'],
    [['--tokens', '1T'], 'Missing MODEL'],
    [['--serve'], 'Missing MODEL'],
    [['--tokens-per-second', '1000'], 'Missing --tokens'],
    [['7B', '--serve', '--gpu-hours', '5'], 'exclude each other'],
    [['--gpu-hours', '5', '--gpu', 'a100', '--gpu', 'h100'], 'one kind of GPU'],
    [['--gpu-hours', '0'], '--gpu-hours'],
    [['--gpu-hours', 'many'], 'not a number'],
    [['7B', '--tokens', '1T', '--gpus', '0'], '--gpus'],
    [['7B', '--tokens', '1T', '--gpu', 'nothing'], 'nothing'],
    [['7B', '--tokens', '1T', '--price', '-1'], '--price'],
    [['7B', '--tokens', '1T', '--pue', '0.9'], '--pue'],
    [['7B', '--tokens', '1T', '--carbon', '-1'], '--carbon'],
    [['7B', '--tokens', '1T', '--tokens-per-second', '0'], '--tokens-per-second'],
    [['7B', '--serve', '--weights', 'int5'], '--weights int5'],
    [['7B', '--serve', '--batch', '0'], '--batch'],
    [['7B', '--serve', '--bandwidth-utilisation', '2'], '--bandwidth-utilisation'],
  ])('refuses %j', async (argv, reason) => {
    expect(await failure(...argv)).toMatchObject({ code: 'USAGE', message: expect.stringContaining(reason) });
  });

  it('refuses to serve an encoder', async () => {
    expect(await failure('bert-base-cased', '--serve')).toMatchObject({ code: 'UNSUPPORTED' });
  });
});
