import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import EstimateMemory from '../../../src/commands/estimate/memory.js';
import type { MemoryEstimate } from '../../../src/lifecycle/estimate/memory.js';
import { displayWidth } from '../../../src/cli/terminal-text.js';
import { exampleCommandLines } from '../../cli/examples.js';
import { fakePorts } from '../../cli/fake-ports.js';
import { runCommand } from '../../cli/run-command.js';
import { runProgram } from '../../cli/run-program.js';

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
  folder = mkdtempSync(join(tmpdir(), 'genai-estimate-'));
  writeFileSync(join(folder, 'config.json'), JSON.stringify(GPT2));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

async function estimate(...argv: string[]): Promise<MemoryEstimate> {
  const { stdout, error } = await runCommand(EstimateMemory, [...argv, '--json']);
  if (error !== undefined) throw error;
  return JSON.parse(stdout) as MemoryEstimate;
}

const failure = async (...argv: string[]): Promise<unknown> => (await runCommand(EstimateMemory, argv)).error;

describe('genai estimate memory', () => {
  it('gives the rule of thumb of the course: 28 GB to run 7B, 168 GB to train it', async () => {
    const { parameters, rule } = await estimate('7B');
    expect(parameters).toBe(7e9);
    expect(rule).toEqual({ inference_bytes: 28e9, training_bytes: 168e9 });
  });

  it('keeps the names of its JSON', async () => {
    const result = await estimate('7B');
    expect(Object.keys(result)).toEqual(['parameters', 'rule', 'inference', 'training', 'assumptions']);
    const parts = {
      weights_bytes: 28e9,
      total_bytes: expect.any(Number),
      activations_bytes: expect.any(Number),
    };
    expect(result.inference).toEqual({
      ...parts,
      kv_cache_bytes: expect.any(Number),
      overhead_bytes: expect.any(Number),
    });
    expect(result.training).toEqual({
      ...parts,
      gradients_bytes: 28e9,
      optimizer_bytes: 56e9,
      per_gpu_bytes: result.training.total_bytes,
    });
  });

  it.each(['config.json', '.'])('counts exactly from %s: GPT-2 has 124,439,808 parameters', async (path) => {
    const { parameters, inference, training, assumptions } = await estimate(
      join(folder, path),
      '--context',
      '1000',
    );
    expect(parameters).toBe(124_439_808);
    expect(inference.weights_bytes).toBe(4 * 124_439_808);
    // 12 layers × 2 × 768 × 4 bytes for each of 1,000 positions.
    expect(inference.kv_cache_bytes).toBe(73_728_000);
    expect(training.optimizer_bytes).toBe(8 * 124_439_808);
    expect(assumptions).toMatchObject({
      shape_source: 'config',
      layers: 12,
      hidden: 768,
      context: 1000,
      sequence_length: 1024,
    });
  });

  it('takes LoRA for weights that cannot be trained themselves', async () => {
    const { assumptions, training } = await estimate('7B', '--dtype', 'int4', '--rank', '16');
    expect(assumptions).toMatchObject({ method: 'lora', rank: 16 });
    expect(training.gradients_bytes).toBeLessThan(0.05 * 28e9);
  });

  it('grows with batch and length, and shrinks with recomputation', async () => {
    const plain = await estimate('1B', '--sequence-length', '512');
    const doubled = await estimate('1B', '--sequence-length', '512', '--batch', '2');
    expect(doubled.training.activations_bytes).toBe(2 * plain.training.activations_bytes);
    expect(doubled.inference.kv_cache_bytes).toBe(2 * plain.inference.kv_cache_bytes);
    const sizes = await Promise.all(
      ['none', 'selective', 'full'].map(async (recompute) => {
        const { training } = await estimate('1B', '--recompute', recompute);
        return training.activations_bytes;
      }),
    );
    expect(sizes[0]).toBeGreaterThan(sizes[1]!);
    expect(sizes[1]).toBeGreaterThan(sizes[2]!);
  });

  it('shows both answers, names the units exactly, and says why they differ', async () => {
    const { stdout } = await runCommand(EstimateMemory, ['7B', '--dtype', 'bf16']);
    expect(stdout).toMatch(/^Rule: run +28\.00 GB +26\.08 GiB +4 bytes per parameter/m);
    expect(stdout).toMatch(/^Rule: train +168\.00 GB +156\.46 GiB/m);
    expect(stdout).toMatch(/^Train: optimizer +84\.00 GB/m);
    expect(stdout).toContain('that of a typical LLaMA is assumed');
    expect(stdout).toContain('holds everything in 32 bits (bf16 here)');
  });

  it('fits a terminal of 20 columns', async () => {
    const { stdout } = await runCommand(EstimateMemory, ['7B'], fakePorts({ columns: 20 }));
    for (const line of stdout.split('\n')) expect(displayWidth(line)).toBeLessThanOrEqual(20);
    expect(stdout).toContain('168.00 GB');
  });

  it.each(exampleCommandLines(EstimateMemory, 'estimate memory'))(
    'runs its example: %s %s %s …',
    async (...line) => {
      const { error, stdout } = await runCommand(EstimateMemory, line.slice(3));
      expect(error).toBeUndefined();
      expect(stdout).not.toBe('');
    },
  );

  it('tells what is wrong with its input', async () => {
    expect(await failure()).toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('Missing MODEL'),
    });
    expect(await failure('abc')).toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('abc'),
    });
    expect(await failure('7X')).toMatchObject({ code: 'USAGE' });
    expect(await failure('-5')).toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('negative'),
    });
    expect(await failure(join(folder, 'missing'))).toMatchObject({ code: 'NOT_FOUND' });
    expect(await failure(tmpdir())).toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringContaining('config.json'),
    });
    expect(await failure(folder, '--context', '1025')).toMatchObject({ code: 'CONTEXT_OVERFLOW' });
    expect(await failure('7B', '--dtype', 'int8', '--method', 'full')).toMatchObject({ code: 'USAGE' });
  });

  it('runs as a program, and reports an error once with its exit status', async () => {
    const [good, bad] = await Promise.all([
      runProgram(['estimate', 'memory', folder, '--json']),
      runProgram(['estimate', 'memory', 'abc']),
    ]);
    expect(good.stderr).toBe('');
    expect((JSON.parse(good.stdout) as MemoryEstimate).parameters).toBe(124_439_808);
    expect(bad).toMatchObject({ status: 3, stdout: '' });
    expect(bad.stderr).toMatch(/^Error: abc: neither .*\n {2}→ Give a count.*\n$/);
  });
});
