import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import EstimateMemory from '../../../src/commands/estimate/memory.js';
import { totalBytes, type MemoryPart } from '../../../src/core/estimates/figure.js';
import { evaluateFormula } from '../../../src/core/estimates/formula.js';
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

/** Written by the gguf package, with a list of its tensors beside it: test/golden/make-gguf.py. */
const GGUF = fileURLToPath(new URL('../../golden/gguf/tiny.gguf', import.meta.url));

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

/** Bytes of the parts of that name, or beginning with it. */
function bytesOf({ parts }: { readonly parts: readonly MemoryPart[] }, name: string): number {
  return totalBytes(parts.filter(({ part }) => part.startsWith(name)));
}

describe('genai estimate memory', () => {
  // Course notes, points 42 and 44.
  it.each([
    ['1B', 4, 24],
    ['7B', 28, 168],
    ['175B', 700, 4200],
    ['500B', 2000, 12_000],
  ])('gives the rule of thumb of the course for %s', async (count, run, train) => {
    const { rule } = await estimate(count);
    expect(rule).toMatchObject({ inference_bytes: run * 1e9, training_bytes: train * 1e9 });
  });

  it('keeps the names of its JSON', async () => {
    const result = await estimate('7B');
    expect(Object.keys(result)).toEqual([
      ...['model', 'rule', 'inference', 'training', 'device', 'fit', 'assumptions'],
    ]);
    expect(Object.keys(result.inference)).toEqual(['parts', 'total_bytes']);
    expect(result.inference.parts[0]).toEqual({
      part: 'weights',
      bytes: 14e9,
      derivation: {
        formula: expect.any(String),
        inputs: expect.objectContaining({ parameters: 7e9, bits: 16 }),
        source: expect.any(String),
      },
    });
  });

  it.each([
    [],
    ['--method', 'qlora', '--gpus', '4'],
    ['--strategy', 'zero3', '--gpus', '8', '--offload', 'optimizer', '--offload', 'params'],
    ['--stage', 'ppo', '--recompute', 'full', '--optimizer', 'muon'],
  ])('adds its parts up to its totals, and computes each by its formula: %j', async (...argv) => {
    const { inference, training } = await estimate('llama-3.1-8b', ...argv);
    for (const { parts, total_bytes } of [inference, training, training.host]) {
      expect(parts.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(total_bytes);
      for (const { bytes, derivation } of parts) {
        expect(bytes).toBe(Math.ceil(evaluateFormula(derivation.formula, derivation.inputs)));
        expect(derivation.source).not.toBe('');
      }
    }
  });

  it.each(['config.json', '.'])('counts exactly from %s: GPT-2 has 124,439,808 parameters', async (path) => {
    const result = await estimate(join(folder, path), '--context', '1000', '--dtype', 'fp32');
    expect(result.model).toMatchObject({ parameters: 124_439_808, layers: 12, hidden: 768 });
    expect(bytesOf(result.inference, 'weights')).toBe(4 * 124_439_808);
    // 12 layers × 2 × 768 × 4 bytes for each of 1,000 positions.
    expect(bytesOf(result.inference, 'key/value cache')).toBe(73_728_000);
    expect(bytesOf(result.training, 'optimizer states')).toBe(8 * 124_439_808);
    expect(result.assumptions).toMatchObject({ context: 1000, sequence_length: 1024, precision: 'pure' });
  });

  // Published counts: model cards; the cache of Qwen3-0.6B is 4.375 GiB at 40,960 tokens with its own head size of 128.
  it('knows models by name, with their own shape', async () => {
    const qwen = await estimate('Qwen3 0.6B', '--context', '40960');
    expect(qwen.model).toMatchObject({ source: 'card', parameters: 596_049_920, head_dimension: 128 });
    expect(bytesOf(qwen.inference, 'key/value cache')).toBe(4.375 * 2 ** 30);
    const mixtral = await estimate('mixtral-8x7b');
    expect(mixtral.model).toMatchObject({
      parameters: 46_702_792_704,
      active_parameters: 12_879_925_248,
    });
    const { error } = await runCommand(EstimateMemory, ['llama-3.1-8bb']);
    expect(error).toMatchObject({ code: 'NOT_FOUND', hint: expect.stringContaining('llama-3.1-8b') });
  });

  it('reads a GGUF file as it is stored', async () => {
    const { model, inference } = await estimate(GGUF);
    expect(model.source).toBe('gguf');
    const { tensors } = JSON.parse(readFileSync(GGUF.replace(/\.gguf$/, '.json'), 'utf8')) as {
      tensors: Record<string, { bytes: number }>;
    };
    const stored = Object.values(tensors).reduce((sum, { bytes }) => sum + bytes, 0);
    expect(bytesOf(inference, 'weights')).toBe(stored);
  });

  it('takes LoRA for weights that cannot be trained themselves', async () => {
    const { assumptions, training } = await estimate('7B', '--dtype', 'int4', '--rank', '16');
    expect(assumptions).toMatchObject({ method: 'lora', rank: 16, training_dtype: 'int4' });
    expect(bytesOf(training, 'adapter gradients')).toBeLessThan(0.05 * 28e9);
    expect((await estimate('7B', '--dtype', 'Q4_K_M')).assumptions).toMatchObject({ training_dtype: 'bf16' });
  });

  it('grows with batch and length, and shrinks with recomputation', async () => {
    const plain = await estimate('1B', '--sequence-length', '512');
    const doubled = await estimate('1B', '--sequence-length', '512', '--batch', '2');
    expect(bytesOf(doubled.training, 'activations')).toBe(2 * bytesOf(plain.training, 'activations'));
    expect(bytesOf(doubled.inference, 'key/value')).toBe(2 * bytesOf(plain.inference, 'key/value'));
    const sizes = await Promise.all(
      ['none', 'selective', 'full'].map(async (recompute) => {
        const { training } = await estimate('1B', '--recompute', recompute, '--no-flash-attention');
        return bytesOf(training, 'activations');
      }),
    );
    expect(sizes[0]).toBeGreaterThan(sizes[1]!);
    expect(sizes[1]).toBeGreaterThan(sizes[2]!);
  });

  it('divides the states as the sharding factor says: 1 replicates like DDP, N shards fully', async () => {
    const on8 = (...argv: string[]): Promise<MemoryEstimate> => estimate('8B', '--gpus', '8', ...argv);
    const ddp = await on8();
    const [one, two, eight] = await Promise.all(
      ['1', '2', '8'].map((factor) => on8('--strategy', 'fsdp', '--sharding-factor', factor)),
    );
    expect(bytesOf(ddp.training, 'optimizer states')).toBe(8 * 8e9);
    expect(bytesOf(one!.training, 'optimizer states')).toBe(8 * 8e9);
    expect(bytesOf(two!.training, 'optimizer states')).toBe(4 * 8e9);
    expect(bytesOf(eight!.training, 'optimizer states')).toBe(8e9);
    // ZeRO, section 7: twice the weights in bytes of 16 bits, and three times when weights are divided too.
    const sent = ({ training }: MemoryEstimate): number =>
      training.communication.reduce((sum, { bytes }) => sum + bytes, 0);
    expect(sent(ddp)).toBe(2 * 2 * 8e9);
    expect(sent(eight!)).toBe(3 * 2 * 8e9);
  });

  it('holds the need against a GPU and names the cheapest changes, each with its saving', async () => {
    const { fit, training } = await estimate('llama-3.1-8b', '--gpu', 'RTX 4090');
    expect(fit.inference).toMatchObject({ fits: true, devices_needed: 1, changes: [] });
    expect(fit.training).toMatchObject({ fits: false, needed_bytes: training.total_bytes });
    expect(fit.training.fits_after_changes).toBe(true);
    let total = training.total_bytes;
    for (const { saved_bytes, total_bytes } of fit.training.changes) {
      expect(saved_bytes).toBeGreaterThan(0);
      expect(total - saved_bytes).toBe(total_bytes);
      total = total_bytes;
    }
    // 24,564 MiB, as nvidia-smi reports it.
    expect(total).toBeLessThanOrEqual(24_564 * 2 ** 20);
    const huge = await estimate('llama-3.1-405b', '--gpu', 'H100');
    expect(huge.fit.inference.devices_needed).toBe(16);
  });

  it('measures this machine where no GPU is named', async () => {
    const withCard = fakePorts();
    Object.assign(withCard, {
      graphicsCards: { list: async () => [{ name: 'NVIDIA L4', memoryBytes: 23_034 * 2 ** 20 }] },
    });
    const { stdout } = await runCommand(EstimateMemory, ['7B'], withCard);
    expect(stdout).toContain('fits in this machine’s NVIDIA L4 (24.15 GB)');
    const { device } = await estimate('7B');
    expect(device).toMatchObject({ found: 'processor', devices: 1 });
  });

  it('shows the rule beside the detail, names the units exactly, and says why they differ', async () => {
    const { stdout } = await runCommand(EstimateMemory, ['7B', '--rule']);
    expect(stdout).toMatch(/^run in FP32 +28\.00 GB +26\.08 GiB +4$/m);
    expect(stdout).toMatch(/^run in FP16 or BF16 +14\.00 GB/m);
    expect(stdout).toMatch(/^run in INT8 +7\.00 GB/m);
    expect(stdout).toMatch(/^train in FP32 +168\.00 GB +156\.46 GiB +24 = 4 weights \+ 8 Adam/m);
    expect(stdout).toMatch(/^optimizer states +56\.00 GB +52\.15 GiB +█+/m);
    expect(stdout).toContain('that of a typical LLaMA is assumed');
    expect(stdout).toContain('holds everything in 32 bits (bf16 here)');
    expect((await runCommand(EstimateMemory, ['7B'])).stdout).not.toContain('rule of thumb');
  });

  it('explains every number, and prints CSV', async () => {
    const { stdout } = await runCommand(EstimateMemory, ['llama-3.1-8b', '--explain']);
    expect(stdout).toMatch(/^train, optimizer states: 64\.24 GB\n {2}= .*\n {2}with .*\n {2}Source: /m);
    const csv = (await runCommand(EstimateMemory, ['7B', '--csv'])).stdout;
    expect(csv).toMatch(/^purpose,part,bytes\ninference,weights,14000000000\n/);
  });

  it('fits a terminal of 20 columns', async () => {
    const { stdout } = await runCommand(EstimateMemory, ['7B', '--rule'], fakePorts({ columns: 20 }));
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

  it.each([
    [[], 'USAGE', /Missing MODEL/],
    [['abc'], 'NOT_FOUND', /abc/],
    [['7X'], 'USAGE', /7X/],
    [['-5'], 'USAGE', /negative/],
    [[join(tmpdir(), 'genai-missing')], 'NOT_FOUND', /genai-missing/],
    [[tmpdir()], 'NOT_FOUND', /config\.json/],
    [['gpt2', '--context', '1025'], 'CONTEXT_OVERFLOW', /1025/],
    [['7B', '--dtype', 'int8', '--method', 'full'], 'USAGE', /int8/],
    [['7B', '--dtype', 'q4km'], 'USAGE', /q4km.*Known: /s],
    [['7B', '--gpu', 'B1000'], 'USAGE', /B1000/],
    [['7B', '--batch', '0'], 'USAGE', /batch/],
    [['7B', '--gpus', '-2'], 'USAGE', /gpus/],
    [['7B', '--strategy', 'zero3'], 'USAGE', /zero3/],
    [['7B', '--gpus', '8', '--strategy', 'fsdp', '--sharding-factor', '3'], 'USAGE', /sharding factor of 3/],
    [['7B', '--method', 'lora', '--targets', 'qproj'], 'USAGE', /qproj/],
  ])('tells what is wrong with %j', async (argv, code, message) => {
    const error = await failure(...argv);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it('runs as a program, and reports an error once with its exit status', async () => {
    const [good, bad] = await Promise.all([
      runProgram(['estimate', 'memory', folder, '--json']),
      runProgram(['estimate', 'memory', 'abc']),
    ]);
    expect(good.stderr).toBe('');
    expect((JSON.parse(good.stdout) as MemoryEstimate).model.parameters).toBe(124_439_808);
    expect(bad).toMatchObject({ status: 3, stdout: '' });
    expect(bad.stderr).toMatch(/^Error: abc: neither .*\n {2}→ .*Give a count.*\n$/);
  });
});
