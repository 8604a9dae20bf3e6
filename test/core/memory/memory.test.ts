import { describe, expect, it } from 'vitest';
import { countParameters } from '../../../src/core/architectures/architecture.js';
import { readModel } from '../../../src/core/architectures/index.js';
import { DTYPE_BYTES, DTYPES } from '../../../src/core/memory/dtype.js';
import { inferenceMemory } from '../../../src/core/memory/inference-memory.js';
import { keyValueCacheBytes } from '../../../src/core/memory/key-value-cache.js';
import { typicalModel } from '../../../src/core/memory/typical-model.js';

const GIB = 2 ** 30;

describe('the key/value cache', () => {
  const full = (layers: number): undefined[] => Array.from({ length: layers }, () => undefined);

  it.each([
    ['OPT-13B, Kwon et al. 2023', { kvHeads: 40, headDimension: 128, slidingWindows: full(40) }, 819_200],
    ['a 52B model, kipply 2022', { kvHeads: 64, headDimension: 128, slidingWindows: full(64) }, 2_097_152],
    ['Llama 3.1 8B', { kvHeads: 8, headDimension: 128, slidingWindows: full(32) }, 131_072],
  ])('per token in 16 bits: %s', (_, shape, bytes) => {
    expect(keyValueCacheBytes(shape, { positions: 1, batch: 1, elementBytes: 2 })).toBe(bytes);
  });

  it.each([
    ['Llama 2 13B', 40, 40, 4096, 3.125],
    ['Llama 3.1 70B', 80, 8, 131_072, 40],
    ['Llama 3.1 405B', 126, 8, 131_072, 63],
    ['Qwen3 0.6B, whose head size is not width over heads', 28, 8, 40_960, 4.375],
  ])('at full context: %s', (_, layers, kvHeads, positions, gib) => {
    const shape = { kvHeads, headDimension: 128, slidingWindows: full(layers) };
    expect(keyValueCacheBytes(shape, { positions, batch: 1, elementBytes: 2 })).toBe(gib * GIB);
  });

  it('keeps no more than the window in layers that have one: Gemma 3 27B, 10.41 GiB by hf-mem', () => {
    const slidingWindows = [...full(10), ...Array.from({ length: 52 }, () => 1024)];
    const shape = { kvHeads: 16, headDimension: 128, slidingWindows };
    const bytes = keyValueCacheBytes(shape, { positions: 131_072, batch: 1, elementBytes: 2 });
    expect(bytes / GIB).toBeCloseTo(10.41, 2);
  });
});

describe('totals', () => {
  const model = typicalModel(1_234_567_891);

  it('are the sums of their parts, whatever the options', () => {
    for (const dtype of DTYPES) {
      const { total_bytes, ...parts } = inferenceMemory(model, { dtype, batch: 3, context: 1000 });
      expect(Object.values(parts).reduce((sum, bytes) => sum + bytes, 0)).toBe(total_bytes);
      expect(parts.weights_bytes).toBe(Math.ceil(1_234_567_891 * DTYPE_BYTES[dtype]));
    }
  });

  it('come near a measured run: Llama 2 13B in bfloat16 peaks at 26.2 GB in LitGPT on an A100', () => {
    const { weights_bytes, kv_cache_bytes, activations_bytes } = inferenceMemory(
      typicalModel(13_015_864_320),
      {
        dtype: 'bf16',
        batch: 1,
        context: 128,
      },
    );
    expect((weights_bytes + kv_cache_bytes + activations_bytes) / 26.21e9).toBeCloseTo(1, 1);
  });
});

describe('the typical model of a parameter count', () => {
  // Layers × width decides cache and activations. Published: GPT-3 (Brown et al. 2020, table 2.1) and LLaMA (Touvron et
  // al. 2023, table 2), with parameters as counted there.
  it.each([
    ['GPT-3 small', 125e6, 12 * 768],
    ['GPT-3 2.7B', 2.7e9, 32 * 2560],
    ['LLaMA 7B', 6.7e9, 32 * 4096],
    ['LLaMA 13B', 13e9, 40 * 5120],
    ['LLaMA 33B', 32.5e9, 60 * 6656],
    ['LLaMA 65B', 65.2e9, 80 * 8192],
    ['GPT-3 175B', 175e9, 96 * 12_288],
  ])('has the size of %s', (_, parameters, published) => {
    const { layers, hidden, heads, headDimension } = typicalModel(parameters).shape;
    expect(Math.abs((layers * hidden) / published - 1)).toBeLessThan(0.1);
    expect(heads * headDimension).toBe(hidden);
  });

  it('has linear layers that make up its parameters, but for embeddings and rounding', () => {
    const weights = typicalModel(7e9).linearLayers.reduce(
      (sum, { inputs, outputs }) => sum + inputs * outputs,
      0,
    );
    expect(Math.abs(weights / 7e9 - 1)).toBeLessThan(0.02);
  });

  it('exists for one parameter', () => {
    expect(typicalModel(1).shape).toMatchObject({ layers: 1, heads: 1 });
  });
});

describe('a configuration', () => {
  it('gives the exact count that LoRA and totals rest on: Llama 2 7B has 6,738,415,616', () => {
    const model = readModel({
      ...{ model_type: 'llama', vocab_size: 32_000, hidden_size: 4096, intermediate_size: 11_008 },
      ...{ num_hidden_layers: 32, num_attention_heads: 32, max_position_embeddings: 4096 },
    });
    expect(countParameters(model.parameters)).toBe(6_738_415_616);
  });
});
