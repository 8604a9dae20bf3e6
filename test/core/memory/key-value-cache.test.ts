import { describe, expect, it } from 'vitest';
import {
  CACHE_DTYPE_BYTES,
  keyValueCacheBytes,
  keyValueCacheParts,
  plainCacheShape,
} from '../../../src/core/memory/key-value-cache.js';
import { PUBLISHED } from './llama-shape.js';

const GIB = 2 ** 30;

describe('the key/value cache', () => {
  it.each([
    ['OPT-13B, Kwon et al. 2023', 40, 40, 819_200],
    ['a 52B model, kipply 2022', 64, 64, 2_097_152],
    ['Llama 3.1 8B', 32, 8, 131_072],
  ])('per token in 16 bits: %s', (_, layers, kvHeads, bytes) => {
    const shape = plainCacheShape({ layers, kvHeads, headDimension: 128 });
    expect(keyValueCacheBytes(shape, { positions: 1, batch: 1, elementBytes: 2 })).toBe(bytes);
  });

  it.each([
    ['Llama 2 13B', 40, 40, 4096, 3.125],
    ['Llama 3.1 70B', 80, 8, 131_072, 40],
    ['Llama 3.1 405B', 126, 8, 131_072, 63],
    ['Qwen3 0.6B, whose head size is not width over heads', 28, 8, 40_960, 4.375],
  ])('at full context: %s', (_, layers, kvHeads, positions, gib) => {
    const shape = plainCacheShape({ layers, kvHeads, headDimension: 128 });
    expect(keyValueCacheBytes(shape, { positions, batch: 1, elementBytes: 2 })).toBe(gib * GIB);
  });

  it('keeps no more than the window in layers that have one: Gemma 3 27B, 10.41 GiB by hf-mem', () => {
    const shape = plainCacheShape({
      layers: 62,
      kvHeads: 16,
      headDimension: 128,
      globalLayers: 10,
      window: 1024,
    });
    const parts = keyValueCacheParts(shape, { positions: 131_072, batch: 1, elementBytes: 2 });
    expect(parts.map(({ part, bytes }) => [part, bytes])).toEqual([
      ['key/value cache', 10 * 4096 * 131_072 * 2],
      ['key/value cache: windows of 1024', 52 * 4096 * 1024 * 2],
    ]);
    expect(keyValueCacheBytes(shape, { positions: 131_072, batch: 1, elementBytes: 2 }) / GIB).toBeCloseTo(
      10.41,
      2,
    );
  });

  it('keeps one latent for all heads: DeepSeek-V3.1 at 163,840 tokens, 10.72 GiB', () => {
    const shape = {
      ...{ kvHeads: 128, headDimension: 192, valueDimension: 128, cacheWidth: 512 + 64 },
      slidingWindows: Array.from({ length: 61 }, () => undefined),
    };
    const options = { positions: 163_840, batch: 1, elementBytes: 2 };
    expect(keyValueCacheBytes(shape, options) / GIB).toBeCloseTo(10.72, 2);
    // Every device needs the whole latent.
    expect(keyValueCacheBytes(shape, { ...options, tensorParallel: 8 }) / GIB).toBeCloseTo(10.72, 2);
  });

  it('takes one byte an element in 8 bits: MiniMax-M2 at 196,608 tokens, 25.0 GB by hf-mem', () => {
    const shape = plainCacheShape({ layers: 62, kvHeads: 8, headDimension: 128 });
    const options = { positions: 196_608, batch: 1, elementBytes: CACHE_DTYPE_BYTES.fp8 };
    expect(keyValueCacheBytes(shape, options) / 1e9).toBeCloseTo(25, 1);
  });

  it('has scales in the formats of ggml: 34 bytes for 32 values in q8_0, 18 in q4_0', () => {
    const shape = plainCacheShape({ layers: 1, kvHeads: 1, headDimension: 16 });
    const bytes = (elementBytes: number): number =>
      keyValueCacheBytes(shape, { positions: 1, batch: 1, elementBytes });
    expect(bytes(CACHE_DTYPE_BYTES.q8_0)).toBe(34);
    expect(bytes(CACHE_DTYPE_BYTES.q4_0)).toBe(18);
  });

  it('is divided between no more devices than there are heads', () => {
    const { shape } = PUBLISHED.llama31With8B;
    const options = { positions: 100, batch: 3, elementBytes: 2 };
    const whole = keyValueCacheBytes(shape, options);
    expect(keyValueCacheBytes(shape, { ...options, tensorParallel: 4 })).toBe(whole / 4);
    expect(keyValueCacheBytes(shape, { ...options, tensorParallel: 32 })).toBe(whole / 8);
  });

  it('holds the tokens of the encoder too beside one, and nothing in an encoder alone', () => {
    const decoder = plainCacheShape({ layers: 6, kvHeads: 8, headDimension: 64 });
    const options = { positions: 10, batch: 1, elementBytes: 2 };
    expect(
      keyValueCacheParts({ ...decoder, kind: 'encoder-decoder' }, options).map(({ bytes }) => bytes),
    ).toEqual([6 * 1024 * 10 * 2, 6 * 1024 * 10 * 2]);
    expect(keyValueCacheParts({ ...decoder, kind: 'encoder', cacheWidth: 0 }, options)).toEqual([]);
  });
});
