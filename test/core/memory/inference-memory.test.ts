import { describe, expect, it } from 'vitest';
import { evaluateFormula } from '../../../src/core/estimates/formula.js';
import { CACHE_DTYPES } from '../../../src/core/memory/key-value-cache.js';
import { DTYPES } from '../../../src/core/memory/dtype.js';
import { inferenceMemory, type InferenceOptions } from '../../../src/core/memory/inference-memory.js';
import type { MemoryModel } from '../../../src/core/memory/memory-model.js';
import { gptShape } from './gpt-shape.js';
import { PUBLISHED } from './llama-shape.js';

const MIB = 2 ** 20;
const GIB = 2 ** 30;

function total(model: MemoryModel, options: Partial<InferenceOptions>): number {
  return inferenceMemory(model, { dtype: 'bf16', batch: 1, context: 128, ...options }).total_bytes;
}

describe('memory of measured runs', () => {
  // PyTorch's peak of allocated memory leaves out the program and its allocator.
  it.each([
    ['Llama 2 7B, LitGPT on an A100', total(PUBLISHED.llama2With7B, { overhead: false }), 13.52e9, 0.02],
    ['Llama 2 13B, LitGPT on an A100', total(PUBLISHED.llama2With13B, { overhead: false }), 26.21e9, 0.02],
    [
      'Llama 2 7B in nf4, LitGPT',
      total(PUBLISHED.llama2With7B, { dtype: 'nf4', overhead: false }),
      4.57e9,
      0.1,
    ],
    [
      'Qwen3 0.6B, 6,144 tokens in and 2,048 out (Qwen speed benchmark)',
      total(PUBLISHED.qwen3With600M, { context: 8192, overhead: false }),
      2066 * MIB,
      0.02,
    ],
    [
      'Qwen3 0.6B, 1 token in and 2,048 out',
      total(PUBLISHED.qwen3With600M, { context: 2049, overhead: false }),
      1394 * MIB,
      0.02,
    ],
    // The whole process on a phone, at 2,048 tokens.
    ['Llama 3.2 1B (Meta, model card)', total(PUBLISHED.llama32With1B, { context: 2048 }), 3185 * MIB, 0.05],
    // gguf-parser's figures for a device that holds all layers.
    [
      'Llama 3.3 70B in Q4_K_M at 2,048 tokens, without fused attention',
      total(PUBLISHED.llama33With70B, {
        ...{ dtype: 'Q4_K_M', context: 2048, flashAttention: false, overhead: false },
      }),
      40.49 * GIB,
      0.005,
    ],
    [
      'Llama 3.3 70B in Q4_K_M at 131,072 tokens, without fused attention',
      total(PUBLISHED.llama33With70B, {
        ...{ dtype: 'Q4_K_M', context: 131_072, flashAttention: false, overhead: false },
      }),
      95.86 * GIB,
      0.005,
    ],
    [
      'Llama 3.1 405B in IQ1_M at 131,072 tokens, without fused attention',
      total(PUBLISHED.llama31With405B, {
        ...{ dtype: 'IQ1_M', context: 131_072, flashAttention: false, overhead: false },
      }),
      246.86 * GIB,
      0.01,
    ],
    [
      'Llama 3.1 405B in IQ1_M at 131,072 tokens, with it',
      total(PUBLISHED.llama31With405B, { dtype: 'IQ1_M', context: 131_072, overhead: false }),
      215.98 * GIB,
      0.01,
    ],
    [
      'Llama 3.1 405B in IQ1_M at 4,096 tokens',
      total(PUBLISHED.llama31With405B, { dtype: 'IQ1_M', context: 4096, overhead: false }),
      93.28 * GIB,
      0.01,
    ],
  ])('%s', (_, estimate, measured, tolerance) => {
    expect(Math.abs(estimate / measured - 1)).toBeLessThan(tolerance);
  });
});

describe('memory to run a model', () => {
  const model: MemoryModel = {
    ...{ parameters: 1000, activeParameters: 1000, linearLayers: [] },
    shape: gptShape(2, 4, 2, 10),
  };
  const part = (name: string, options: Partial<InferenceOptions>, of = model): number | undefined =>
    inferenceMemory(of, { dtype: 'fp16', batch: 1, context: 3, ...options }).parts.find(
      (one) => one.part === name,
    )?.bytes;

  it('keeps the tied embedding in 16 bits beside quantised blocks, unless told otherwise', () => {
    expect(part('weights', { dtype: 'nf4' })).toBe(960 * 0.5625 + 40 * 2);
    expect(part('weights', { dtype: 'nf4', quantizeEmbeddings: true })).toBe(Math.ceil(1000 * 0.5625));
    expect(part('weights', {})).toBe(2000);
    const untied = { ...model, shape: { ...model.shape, tiedEmbeddings: false } };
    expect(part('weights', { dtype: 'nf4' }, untied)).toBe(Math.ceil(920 * 0.5625 + 80 * 2));
  });

  it('takes the weights as stored where their bytes are known', () => {
    expect(part('weights', { dtype: 'Q4_K_M', weightBytes: 1234, tensorParallel: 2 })).toBe(617);
  });

  it('computes one block, and the logits of one position, worked by hand', () => {
    // Width 4, feed-forward 16, ungated: 2·4 + max(4·4, 2·16) = 40 elements for each of 3 tokens.
    expect(part('activations: one block', {})).toBe(3 * 40 * 2);
    expect(part('activations: one block', { tensorParallel: 2 })).toBe(3 * 24 * 2);
    expect(part('activations: one block', { prefillTokens: 2 })).toBe(2 * 40 * 2);
    expect(part('activations: logits', { batch: 5 })).toBe(5 * 10 * 4);
    expect(part('activations: attention scores', {})).toBeUndefined();
    expect(part('activations: attention scores', { flashAttention: false })).toBe(2 * 3 * 3 * 4);
  });

  it('sees all tokens of an encoder at once, and keeps no cache', () => {
    const encoder = { ...model, shape: { ...model.shape, kind: 'encoder', cacheWidth: 0 } as const };
    expect(part('activations: one block', { prefillTokens: 1 }, encoder)).toBe(3 * 40 * 2);
    expect(part('key/value cache', {}, encoder)).toBeUndefined();
  });

  it('follows the experts of a token through a block, and holds the weights of all', () => {
    const experts = { count: 8, perToken: 2, feedForward: 20, layers: 2, sharedFeedForward: 4 };
    const routed = { ...model, shape: { ...model.shape, experts } };
    expect(part('activations: one block', {}, routed)).toBe(3 * (8 + 2 * 44 + 2 * 2 * 4) * 2);
    expect(part('weights', {}, routed)).toBe(2000);
  });

  it('keeps the cache in the format asked for', () => {
    // 2 layers of 8 elements for 3 tokens.
    expect(part('key/value cache', {})).toBe(96);
    expect(part('key/value cache', { cacheDtype: 'fp8' })).toBe(48);
    expect(part('key/value cache', { cacheDtype: 'q4_0' })).toBe(27);
    expect(part('key/value cache', { dtype: 'fp32' })).toBe(192);
  });

  it('is the sum of its parts, each of them its formula, whatever the options', () => {
    for (const dtype of DTYPES) {
      for (const cacheDtype of CACHE_DTYPES) {
        const options = {
          dtype,
          cacheDtype,
          batch: 3,
          context: 1000,
          flashAttention: false,
          tensorParallel: 4,
        };
        const { parts, total_bytes } = inferenceMemory(PUBLISHED.tinyLlama, options);
        expect(parts.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(total_bytes);
        for (const { bytes, derivation } of parts) {
          expect(Math.ceil(evaluateFormula(derivation.formula, derivation.inputs))).toBe(bytes);
        }
      }
    }
  });
});
