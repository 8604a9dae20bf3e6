import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { estimateFineTuneMemory, fineTune } from '../../../src/lifecycle/adapt/fine-tune.js';
import type { RunMemoryEstimate } from '../../../src/lifecycle/adapt/training-memory.js';
import { sentimentRows, tinyPorts, writeRows, writeTinyLlama } from './tiny-run.js';

let folder: string;
let options: { model: string; dataset: string; maxSteps: number };
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'genai-training-memory-'));
  const model = join(folder, 'base');
  await writeTinyLlama(model);
  options = { model, dataset: writeRows(join(folder, 'rows.jsonl'), sentimentRows(8)), maxSteps: 2 };
});
afterAll(() => rmSync(folder, { recursive: true }));

const withFree = (bytes: number): ReturnType<typeof tinyPorts> =>
  tinyPorts({ resources: { freeMemoryBytes: () => bytes } });

function bytesOf(estimate: RunMemoryEstimate, name: string): number {
  return estimate.parts.find(({ part }) => part === name)?.bytes ?? 0;
}

describe('memory of a run', () => {
  it('is estimated without weights, and is the sum of its parts', async () => {
    const bare = join(folder, 'without-weights');
    mkdirSync(bare);
    for (const file of ['config.json', 'tokenizer.json', 'tokenizer_config.json'])
      copyFileSync(join(options.model, file), join(bare, file));
    const estimate = await estimateFineTuneMemory({ ...options, model: bare }, withFree(1e12));
    expect(estimate.total_bytes).toBe(estimate.parts.reduce((sum, { bytes }) => sum + bytes, 0));
    expect(estimate).toMatchObject({ fits: true, free_memory_bytes: 1e12, batch_size: 8 });
    // 4,096 · 16 embeddings, 16 · 16 queries, 8 · 16 keys and values each, 16 · 16 outputs, 3 · 16 · 24 feed-forward,
    // 3 norms of 16; adapters of rank 8: 8 · (32 + 24 + 24 + 32 + 40 + 40 + 40).
    expect(bytesOf(estimate, 'weights')).toBe(4 * (65_536 + 256 + 256 + 256 + 1152 + 48 + 8 * 232));
  });

  it('has a graph for every shape of batch, and no second one where gradients accumulate', async () => {
    const of = async (changed: object): Promise<RunMemoryEstimate> =>
      estimateFineTuneMemory({ ...options, evalFraction: 0, lossOn: 'all', ...changed }, withFree(1e12));
    // All eight rows in one batch have one shape, with eight batches of one row a length each is possible.
    expect((await of({})).graphs).toBe(1);
    const accumulated = await of({ packing: true, batchSize: 1, gradientAccumulationSteps: 2, maxSteps: 1 });
    expect(accumulated.graphs).toBe(1);
  });

  it('says what takes less', async () => {
    const estimate = await estimateFineTuneMemory({ ...options, method: 'full' }, withFree(1000));
    expect(estimate.fits).toBe(false);
    expect(estimate.savings.map(({ flags }) => flags)).toContain('--method lora');
    for (const { total_bytes } of estimate.savings) expect(total_bytes).toBeLessThan(estimate.total_bytes);
    expect(estimate.savings.map(({ flags }) => flags)).toContain('--batch-size 4');
    const lora = await estimateFineTuneMemory({ ...options, method: 'lora' }, withFree(1000));
    const saving = estimate.savings.find(({ flags }) => flags === '--method lora');
    expect(saving?.total_bytes).toBe(lora.total_bytes);
  });

  it('is told before the engine is made, and does not stop a run that may still fit', async () => {
    const told: string[] = [];
    const ports = withFree(1000);
    const result = await fineTune(
      { ...options, out: join(folder, 'run') },
      {
        ...ports,
        onMemory: ({ fits }) => told.push(fits ? 'fits' : 'does not fit'),
        createEngine: () => {
          told.push('engine');
          return ports.createEngine();
        },
      },
    );
    expect(told).toEqual(['does not fit', 'engine']);
    const estimate = await estimateFineTuneMemory(options, ports);
    expect(result.estimated_peak_memory_bytes).toBe(estimate.total_bytes);
    expect(result.peak_memory_bytes).toBeGreaterThan(50e6);
    expect(existsSync(join(folder, 'run', 'result.json'))).toBe(true);
  });

  it('is not claimed for other engines', async () => {
    const ports = tinyPorts();
    const result = await fineTune(
      { ...options, maxSteps: 1, out: join(folder, 'elsewhere') },
      {
        ...ports,
        createEngine: async () => {
          const engine = await ports.createEngine();
          return Object.assign(Object.create(engine) as typeof engine, { device: 'webgpu' });
        },
      },
    );
    expect(result.estimated_peak_memory_bytes).toBeNull();
  });
});
