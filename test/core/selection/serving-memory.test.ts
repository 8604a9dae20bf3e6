import { describe, expect, it } from 'vitest';
import { findAccelerator } from '../../../src/core/accelerators/find-accelerator.js';
import { usableMemoryBytes } from '../../../src/core/accelerators/accelerator.js';
import {
  fastestTokensPerSecond,
  mostExactFit,
  servingBytes,
  smallestDevices,
} from '../../../src/core/selection/serving-memory.js';
import { modelOf } from './selectable-models.js';

const ONE = { context: 4096, batch: 1 };

describe('the most exact format that fits', () => {
  it('is bf16 for 8B parameters in 24 GB, int8 in 16 GB, int4 in 8 GB, and none in 4 GB', () => {
    // By hand: 8.03e9 parameters are 16.1 GB in 16 bits, 8 in 8, and 4 in 4 and 2.1 GB of embeddings in 16 bits.
    const { memory } = modelOf('llama-3.1-8b');
    const formats = [24e9, 16e9, 8e9, 4e9].map((bytes) => mostExactFit(memory, ONE, bytes)?.dtype);
    expect(formats).toEqual(['bf16', 'int8', 'int4', undefined]);
  });

  it('tells the bytes that it compared', () => {
    const { memory } = modelOf('gpt2');
    const fit = mostExactFit(memory, ONE, 24e9);
    expect(fit).toEqual({ dtype: 'bf16', total_bytes: servingBytes(memory, 'bf16', ONE) });
    expect(mostExactFit(memory, ONE, fit!.total_bytes)?.dtype).toBe('bf16');
    expect(mostExactFit(memory, ONE, fit!.total_bytes - 1)?.dtype).not.toBe('bf16');
  });
});

describe('the smallest devices', () => {
  it('are all of the smallest size that suffices', () => {
    const { names, count } = smallestDevices(() => 20e9)!;
    expect(count).toBe(1);
    expect(names).toContain('GeForce RTX 4090');
    for (const name of names) expect(usableMemoryBytes(findAccelerator(name))).toBeGreaterThanOrEqual(20e9);
    expect(names).not.toContain('A100 SXM4 80GB');
  });

  it('are several where one is not enough, as few as suffice', () => {
    // 1,000 GB: four of 250 GB or more, not two.
    expect(smallestDevices((count) => 1e12 / count)).toMatchObject({ count: 4 });
    expect(smallestDevices(() => Infinity)).toBeUndefined();
  });

  it('never share the memory of their system', () => {
    const { names } = smallestDevices(() => 100e9)!;
    for (const name of names) expect(findAccelerator(name).unifiedMemory).toBe(false);
  });
});

it('no answer is faster than its weights are read: 8.03e9 × 2 bytes at 1,008 GB/s are 62.8 tokens a second', () => {
  expect(fastestTokensPerSecond(modelOf('llama-3.1-8b').memory, 'bf16', 1008e9)).toBeCloseTo(62.76, 2);
});
