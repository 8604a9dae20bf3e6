import { describe, expect, it } from 'vitest';
import { DTYPE_BYTES } from '../../../src/core/memory/dtype.js';
import { GGUF_MIXES, mixedWeights, type GgufMixName } from '../../../src/core/memory/gguf-mixes.js';
import type { MemoryModel } from '../../../src/core/memory/memory-model.js';
import { PUBLISHED } from './llama-shape.js';

function bytes(name: GgufMixName, { parameters, shape }: MemoryModel): number {
  return mixedWeights(name, parameters, shape).bytes;
}

describe('file types of llama.cpp', () => {
  // Its table of bits per weight for Llama 3.1 8B (tools/quantize/README.md), read off files.
  it.each([
    ['IQ1_S', 2.0042],
    ['IQ1_M', 2.146],
    ['IQ2_XXS', 2.3824],
    ['IQ2_XS', 2.5882],
    ['IQ2_S', 2.7403],
    ['IQ2_M', 2.9294],
    ['IQ3_XXS', 3.2548],
    ['IQ3_XS', 3.4977],
    ['IQ3_S', 3.6606],
    ['IQ3_M', 3.7628],
    ['IQ4_XS', 4.4597],
    ['IQ4_NL', 4.6818],
    ['Q2_K_S', 2.9697],
    ['Q2_K', 3.1593],
    ['Q3_K_S', 3.6429],
    ['Q3_K_L', 4.2979],
    ['Q4_K_S', 4.6672],
    ['Q4_K_M', 4.8944],
    ['Q5_K_S', 5.5704],
    ['Q5_K_M', 5.7036],
    ['Q6_K', 6.5633],
    ['Q8_0', 8.5008],
  ] as const)('%s has %d bits per weight', (name, bits) => {
    expect(8 * DTYPE_BYTES[name]).toBeCloseTo(bits, 4);
  });

  // Published files, in GB of 1e9 bytes with the tokenizer in them; Qwen's own has the tied head twice.
  it.each([
    ['Llama 3.1 8B', 'Q4_K_M', PUBLISHED.llama31With8B, 4.92],
    ['TinyLlama', 'Q4_K_M', PUBLISHED.tinyLlama, 0.669],
    ['Mistral 7B v0.3', 'Q4_K_M', PUBLISHED.mistral7B, 4.37],
    ['Llama 3.1 8B', 'Q8_0', PUBLISHED.llama31With8B, 8.54],
    ['Qwen3 8B', 'Q8_0', PUBLISHED.qwen3With8B, 8.71],
    ['TinyLlama', 'Q8_0', PUBLISHED.tinyLlama, 1.17],
    ['Gemma 2 9B', 'Q8_0', PUBLISHED.gemma2With9B, 9.83],
    ['Llama 3.3 70B (gguf-parser: 39.59 GiB)', 'Q4_K_M', PUBLISHED.llama33With70B, 39.59 * 1.073741824],
  ] as const)('%s in %s is as large as its file', (_, name, model, gigabytes) => {
    expect(Math.abs(bytes(name, model) / 1e9 / gigabytes - 1)).toBeLessThan(0.006);
  });

  it('comes within 2 % where attention is one fused matrix, which is lifted whole: Phi-4, 9.05 GB', () => {
    expect(Math.abs(bytes('Q4_K_M', PUBLISHED.phi4) / 9.05e9 - 1)).toBeLessThan(0.02);
  });

  it('falls back to wider types for rows that blocks of 256 do not fit: Qwen2.5 0.5B, 491 MB', () => {
    const { parameters, shape } = PUBLISHED.qwen25WithHalfB;
    const file = mixedWeights('Q4_K_M', parameters, shape, { storesTiedHead: true });
    expect(Math.abs(file.bytes / 491e6 - 1)).toBeLessThan(0.015);
    // Width 896: embedding and lifted values in Q8_0, other matrices in Q5_0; only the 4,864 wide ones are k-quants.
    expect([...file.elements.keys()].sort()).toEqual(['F32', 'Q4_K', 'Q5_0', 'Q6_K', 'Q8_0']);
    expect(file.bytes - mixedWeights('Q4_K_M', parameters, shape).bytes).toBe((151_936 * 896 * 5.5) / 8);
  });

  it('keeps rows that no block fits in 16 bits', () => {
    const shape = {
      ...PUBLISHED.tinyLlama.shape,
      hidden: 1000,
      feedForward: 1000,
      heads: 10,
      headDimension: 100,
    };
    const { elements } = mixedWeights('Q4_K_M', 1e9, { ...shape, valueDimension: 100, cacheWidth: 800 });
    expect(elements.has('F16')).toBe(true);
    expect(elements.has('Q5_0')).toBe(false);
  });

  it('stores only routed experts in MXFP4', () => {
    const { shape } = PUBLISHED.tinyLlama;
    const experts = { count: 4, perToken: 2, feedForward: 512, layers: 20, sharedFeedForward: 1024 };
    const { elements } = mixedWeights('MXFP4_MOE', 1e9, { ...shape, experts });
    expect(elements.get('MXFP4')).toBe(20 * 4 * 3 * 512 * 2048);
  });

  it('counts every weight once, whatever the file type', () => {
    const { parameters, shape } = PUBLISHED.mistral7B;
    for (const name of Object.keys(GGUF_MIXES) as GgufMixName[]) {
      const { elements } = mixedWeights(name, parameters, shape);
      expect([...elements.values()].reduce((sum, count) => sum + count, 0)).toBe(parameters);
    }
  });
});
