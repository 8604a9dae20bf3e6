/** Held against rules of thumb worked by hand: 6ND to train, 4ND for adapters, 16 bytes of states a parameter (ZeRO). */
import { describe, expect, it } from 'vitest';
import { findAccelerator } from '../../../src/core/accelerators/find-accelerator.js';
import { wayTo, type WayId } from '../../../src/core/selection/ways.js';
import { modelOf } from './selectable-models.js';

const { memory } = modelOf('llama-3.1-8b');
const N = 8_030_261_248;
const DATA = { examples: 1000, tokensPerExample: 500, epochs: 2, domainTokens: 3e9 };
const MACHINE = { accelerator: findAccelerator('A100 80GB'), gpus: 8, usdPerGpuHour: 2, utilisation: 0.5 };
const way = (id: WayId, machine: Partial<typeof MACHINE> = {}) =>
  wayTo(id, memory, DATA, { ...MACHINE, ...machine });

describe('ways to a model', () => {
  it('prompting trains nothing', () => {
    expect(way('prompting')).toMatchObject({ tokens: null, flops: null, trained_parameters: 0, fits: true });
  });

  it('examples are counted as often as they are seen', () => {
    expect(way('lora').tokens?.value).toBe(1_000_000);
    expect(way('full').tokens?.value).toBe(1_000_000);
    expect(way('continued').tokens?.value).toBe(3e9);
  });

  it('operations are 6 for each parameter and token, and 4 for frozen ones, with some per cent of attention', () => {
    const perToken = (id: WayId): number => way(id).flops!.value / way(id).tokens!.value / N;
    for (const id of ['full', 'continued', 'from-scratch'] as const) {
      expect(perToken(id)).toBeGreaterThan(6);
      expect(perToken(id)).toBeLessThan(6.6);
    }
    expect(perToken('lora')).toBeGreaterThan(4);
    expect(perToken('lora')).toBeLessThan(4.3);
  });

  it('time and money follow from them', () => {
    const { flops, gpu_hours: hours, days, cost_usd: cost } = way('continued');
    // An A100 computes 312e12 operations a second, of which half is reached.
    expect(hours!.value).toBeCloseTo(flops!.value / (312e12 * 0.5) / 3600, 6);
    expect(days!.value).toBeCloseTo(hours!.value / 8 / 24, 9);
    expect(cost!.value).toBeCloseTo(2 * hours!.value, 6);
    expect(wayTo('continued', memory, DATA, { ...MACHINE, usdPerGpuHour: null }).cost_usd).toBeNull();
  });

  it('from scratch takes about 20 tokens for each parameter, of 33 to 100 times as many scraped', () => {
    const { tokens, raw_tokens: raw } = way('from-scratch');
    expect(tokens!.value / N).toBeGreaterThan(15);
    expect(tokens!.value / N).toBeLessThan(30);
    expect(raw!.low.value / tokens!.value).toBeCloseTo(1 / 0.03, 9);
    expect(raw!.high.value / tokens!.value).toBeCloseTo(100, 9);
    expect(way('continued').raw_tokens).toBeNull();
  });

  it('trains every weight, or two thin matrices beside each', () => {
    expect(way('full').trained_parameters).toBe(N);
    // Rank 16 on Llama 3.1 8B: 32 layers of 16 · (2·(4096+4096) + 2·(4096+1024) + 3·(4096+14336)).
    expect(way('lora').trained_parameters).toBe(
      32 * 16 * (2 * (4096 + 4096) + 2 * (4096 + 1024) + 3 * (4096 + 14_336)),
    );
  });

  it('counts the GPUs that hold the states', () => {
    expect(way('full', { gpus: 1 })).toMatchObject({ fits: false });
    expect(way('full', { gpus: 1 }).bytes_per_gpu).toBeGreaterThan(16 * N);
    expect(way('full').gpus_needed).toBe(2);
    expect(way('full', { gpus: 2 }).fits).toBe(true);
    expect(way('lora', { gpus: 1 })).toMatchObject({ fits: true, gpus_needed: 1 });
  });
});
