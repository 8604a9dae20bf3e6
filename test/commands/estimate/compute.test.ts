import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { displayWidth } from '../../../src/cli/terminal-text.js';
import EstimateCompute from '../../../src/commands/estimate/compute.js';
import type { ComputeEstimate } from '../../../src/lifecycle/estimate/compute.js';
import { exampleCommandLines } from '../../cli/examples.js';
import { fakePorts } from '../../cli/fake-ports.js';
import { runCommand } from '../../cli/run-command.js';

/** The published config.json of GPT-2 (124M), as far as it says something of the shape. */
const GPT2 = {
  model_type: 'gpt2',
  vocab_size: 50_257,
  n_positions: 1024,
  n_embd: 768,
  n_layer: 12,
  n_head: 12,
};

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'genai-compute-'));
  writeFileSync(join(folder, 'config.json'), JSON.stringify(GPT2));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function estimate(...argv: string[]): Promise<ComputeEstimate> {
  const { stdout, error } = await runCommand(EstimateCompute, [...argv, '--json']);
  if (error !== undefined) throw error;
  return JSON.parse(stdout) as ComputeEstimate;
}

const failure = async (...argv: string[]): Promise<unknown> =>
  (await runCommand(EstimateCompute, argv)).error;

describe('genai estimate compute', () => {
  it('gives GPT-3’s 3,640 petaflop/s-days (arXiv 2005.14165, table D.1)', async () => {
    const { rule, tokens } = await estimate('174.6B', '--tokens', '300B');
    expect(tokens).toBe(300e9);
    expect(rule.flops.value).toBeCloseTo(3.1428e23, -18);
    expect(rule.petaflop_days.value).toBeGreaterThan(3630);
    expect(rule.petaflop_days.value).toBeLessThan(3645);
  });

  it('gives T5-11B’s 382, where each token meets half of the weights', async () => {
    const { rule, model } = await estimate('11B', '--tokens', '1T', '--encoder-decoder');
    expect(model.kind).toBe('encoder-decoder');
    expect(rule.petaflop_days.value).toBeCloseTo(382, 0);
  });

  it('counts the parameters that a token passes (DeepSeek-V3: 37 of 671 billion)', async () => {
    const { rule, model } = await estimate('671B', '--active-parameters', '37B', '--tokens', '14.8T');
    expect(model).toMatchObject({ parameters: 671e9, active_parameters: 37e9 });
    expect(rule.flops.value).toBeCloseTo(6 * 37e9 * 14.8e12, -15);
  });

  it('counts part by part from a configuration, with attention', async () => {
    const { training, assumptions } = await estimate(folder, '--tokens', '1024');
    // 6N and 12 layers · 12 heads · 64 · 1,024 · 12 for each of 1,024 tokens.
    expect(training.model_flops.value).toBe((6 * 124_439_808 + 12 * 12 * 12 * 64 * 1024) * 1024);
    expect(assumptions.sequence_length).toBe(1024);
    const causal = await estimate(folder, '--tokens', '1024', '--causal');
    expect(causal.training.model_flops.value).toBe((6 * 124_439_808 + 6 * 12 * 12 * 64 * 1024) * 1024);
    const again = await estimate(folder, '--tokens', '1024', '--recompute', 'full');
    expect(again.training.model_flops.value).toBe(training.model_flops.value);
    expect(again.training.hardware_flops.value).toBeCloseTo((4 / 3) * training.model_flops.value, -3);
  });

  it('says that 8 V100 or 3.2 A100 make a petaflop/s-day at full peak, 20 or 8 at 40 %', async () => {
    const { gpus } = await estimate('1B', '--tokens', '1B');
    const [v100, a100] = gpus;
    expect(v100).toMatchObject({ id: 'v100-16', dtype: 'fp16', peak_tflops: 125 });
    expect(v100?.full_peak_gpus_for_a_petaflop.value).toBe(8);
    expect(v100?.gpus_for_a_petaflop.value).toBe(20);
    expect(a100?.full_peak_gpus_for_a_petaflop.value).toBeCloseTo(3.205, 3);
    expect(a100?.gpus_for_a_petaflop.value).toBeCloseTo(8.01, 2);
    expect(gpus.map(({ id }) => id)).toEqual(['v100-16', 'a100-80', 'h100-sxm', 'h200']);
    const { stdout } = await runCommand(EstimateCompute, ['1B', '--tokens', '1B']);
    expect(stdout).toMatch(/2 A100 do as much holds only with 2:4 sparsity .* dense they do 0\.624/);
    expect(stdout).toContain('V100 SXM2 16GB has no bf16: it is counted in fp16.');
  });

  it('shows the count as a table, as CSV, as a chart, and how each number was worked out', async () => {
    const { stdout } = await runCommand(EstimateCompute, ['174.6B', '--tokens', '300B', '--explain']);
    expect(stdout).toMatch(/^rule of thumb +1\.05e12 +3\.14e23 +3,63[78]$/m);
    expect(stdout).toContain('= flops per parameter token · parameters · tokens');
    const csv = await runCommand(EstimateCompute, ['1B', '--tokens', '1B', '--gpu', 'A100', '--csv']);
    const [header, row, ...rest] = csv.stdout.trim().split('\n');
    expect(rest).toEqual([]);
    expect(header?.split(',')).toContain('petaflop_days');
    expect(row).toContain('a100-80');
    const chart = join(folder, 'chart.svg');
    const drawn = await runCommand(EstimateCompute, ['1B', '--tokens', '1B', '--chart', chart]);
    expect(drawn.error).toBeUndefined();
    expect(drawn.stderr).toContain(chart);
  });

  it('fits a terminal of 30 columns', async () => {
    const ports = fakePorts({ columns: 30 });
    const { stdout } = await runCommand(EstimateCompute, ['7B', '--tokens', '1T'], ports);
    for (const line of stdout.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(30);
  });

  it.each(exampleCommandLines(EstimateCompute, 'estimate compute'))(
    'runs its example: %s %s %s …',
    async (...line) => {
      const { error, stdout } = await runCommand(EstimateCompute, line.slice(3));
      expect(error).toBeUndefined();
      expect(stdout).not.toBe('');
    },
  );

  it.each([
    [['7B'], '--tokens'],
    [['--tokens', '1B'], 'MODEL'],
    [['7B', '--tokens', '-5'], 'negative'],
    [['7B', '--tokens', '0'], 'above zero'],
    [['7B', '--tokens', 'many'], 'not a number of tokens'],
    [['7B', '--tokens', '1B', '--utilisation', '0'], '--utilisation'],
    [['7B', '--tokens', '1B', '--utilisation', '40'], '--utilisation'],
    [['7B', '--tokens', '1B', '--utilisation', 'x'], 'not a number'],
    [['7B', '--tokens', '1B', '--gpu', 'H10'], 'H10'],
    [['7B', '--tokens', '1B', '--rank', '0'], '--rank'],
    [['7B', '--tokens', '1B', '--sequence-length', '-1'], '--sequence-length'],
    [['7B', '--tokens', '1B', '--dtype', 'int8'], '--dtype'],
    [['7B', '--tokens', '1B', '--recompute', 'some'], '--recompute'],
    [['7B', '--tokens', '1B', '--active-parameters', '8B'], 'more than the 7000000000'],
    [['7B', '--tokens', '1B', '--active-parameters', 'x'], 'not a number of parameters'],
  ])('refuses %j', async (argv, reason) => {
    expect(await failure(...argv)).toMatchObject({ code: 'USAGE', message: expect.stringContaining(reason) });
  });

  it('refuses what contradicts the model', async () => {
    expect(await failure(folder, '--tokens', '1B', '--encoder-decoder')).toMatchObject({ code: 'USAGE' });
    expect(await failure(folder, '--tokens', '1B', '--active-parameters', '1M')).toMatchObject({
      code: 'USAGE',
    });
    expect(await failure(folder, '--tokens', '1B', '--sequence-length', '1025')).toMatchObject({
      code: 'CONTEXT_OVERFLOW',
    });
    expect(await failure('7B', '--tokens', '1B', '--gpu', 'tpu-v4', '--dtype', 'fp32')).toMatchObject({
      code: 'UNSUPPORTED',
    });
  });

  it('says once that the tokens are missing', async () => {
    const { error } = await runCommand(EstimateCompute, ['7B']);
    expect(error).toMatchObject({ code: 'USAGE', message: 'Missing required flag --tokens' });
  });
});
