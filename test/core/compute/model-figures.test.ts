import { describe, expect, it } from 'vitest';
import {
  inferenceTokenFlops,
  servingTime,
  totalTokenFlops,
  trainingFlops,
  trainingTokenFlops,
  type ServingGpus,
  type TrainingTokenOptions,
} from '../../../src/core/compute/index.js';
import type { MemoryModel } from '../../../src/core/memory/memory-model.js';
import { typicalModel } from '../../../src/core/memory/typical-model.js';

const OPTIONS: TrainingTokenOptions = {
  sequence: 1024,
  causal: false,
  recompute: 'none',
  method: 'full',
  rank: 8,
};

/** GPT-2 (124M) as nanoGPT counts it: 123,551,232 parameters beside the positions. */
const GPT2 = withShape(typicalModel(123_551_232), {
  layers: 12,
  hidden: 768,
  heads: 12,
  kvHeads: 12,
  headDimension: 64,
  valueDimension: 64,
  cacheWidth: 2 * 768,
  slidingWindows: Array.from({ length: 12 }, () => undefined),
});
const GPT2_ATTENTION = 12 * 12 * 12 * 64 * 1024;

function withShape(model: MemoryModel, shape: Partial<MemoryModel['shape']>): MemoryModel {
  return { ...model, shape: { ...model.shape, ...shape } };
}

function trainingSum(model: MemoryModel, options: Partial<TrainingTokenOptions> = {}): number {
  const { model: needed, recomputed } = trainingTokenFlops(model, { ...OPTIONS, ...options });
  return totalTokenFlops([...needed, ...recomputed]).value;
}

describe('operations of a training token', () => {
  it('are nanoGPT’s exact count for GPT-2', () => {
    expect(1024 * trainingSum(GPT2)).toBe(875_062_886_400);
  });

  it('count half of the attention where the causal mask is taken into account', () => {
    expect(trainingSum(GPT2) - trainingSum(GPT2, { causal: true })).toBe(GPT2_ATTENTION / 2);
  });

  it('are 8N and 4/3 of the attention with full recomputation, as the rule says', () => {
    const attention = { layers: 12, heads: 12, head_dimension: 64, sequence: 1024 };
    const rule = trainingFlops({
      parameters: 123_551_232,
      tokens: 1,
      flops_per_parameter_token: 8,
      attention,
    });
    expect(trainingSum(GPT2, { recompute: 'full' })).toBe(rule.value);
    expect(trainingSum(GPT2, { recompute: 'selective' })).toBe(6 * 123_551_232 + (4 / 3) * GPT2_ATTENTION);
  });

  it('are 4N and six for each adapter parameter under LoRA', () => {
    // 7 matrices in each block: r(h + h) four times, r(h + f) three times.
    const model = typicalModel(7e9);
    const { layers, hidden, feedForward, heads } = model.shape;
    const adapters = 8 * layers * (4 * 2 * hidden + 3 * (hidden + feedForward));
    const attention = 12 * layers * heads * 128 * 1024;
    expect(trainingSum(model, { method: 'lora' })).toBe(4 * 7e9 + 6 * adapters + attention);
  });

  it('are 3N for an encoder–decoder, whose tokens pass one half', () => {
    const model = withShape(typicalModel(220e6), { kind: 'encoder-decoder', encoderLayers: 12 });
    const { model: parts } = trainingTokenFlops(model, OPTIONS);
    const weights = parts.filter(({ part }) => part.startsWith('weights'));
    expect(totalTokenFlops(weights).value).toBe(3 * 220e6);
    // Half of the tokens pass 12 layers, the other half twice as many attentions as the decoder has layers.
    const { layers, heads, headDimension } = model.shape;
    const attention = parts.find(({ part }) => part.startsWith('attention'));
    expect(attention?.flops_per_token.value).toBe(
      12 * ((12 + 2 * layers) / 2) * heads * headDimension * 1024,
    );
  });

  it('count the parameters that a token meets in a mixture of experts', () => {
    const model = { ...typicalModel(671e9), activeParameters: 37e9 };
    const { model: parts } = trainingTokenFlops(model, OPTIONS);
    expect(totalTokenFlops(parts.slice(0, 2)).value).toBe(6 * 37e9);
  });

  it('do not grow beyond a sliding window', () => {
    const windows = [256, undefined, ...Array.from({ length: 10 }, () => 4096)];
    const model = withShape(GPT2, { slidingWindows: windows });
    const perToken = 12 * 12 * 64;
    expect(trainingSum(model)).toBe(6 * 123_551_232 + perToken * (256 + 11 * 1024));
    // Under the mask, 256 · (1 - 256/2048) = 224 tokens on average; and half of 1,024 elsewhere.
    expect(trainingSum(model, { causal: true })).toBe(6 * 123_551_232 + perToken * (224 + 11 * 512));
  });

  it('take widths of keys and values apart (DeepSeek-V3: 192 and 128)', () => {
    const model = withShape(GPT2, { headDimension: 192, valueDimension: 128 });
    expect(trainingSum(model)).toBe(6 * 123_551_232 + 6 * 12 * (192 + 128) * 12 * 1024);
  });

  it('are 2N and 4·L·H·Q·T when it is run', () => {
    expect(totalTokenFlops(inferenceTokenFlops(GPT2, 1024)).value).toBe(2 * 123_551_232 + GPT2_ATTENTION / 3);
  });
});

describe('serving', () => {
  const A100: ServingGpus = {
    gpus: 1,
    peak_tflops: 312,
    utilisation: 1,
    bandwidth_gb_s: 2000,
    bandwidth_utilisation: 1,
  };
  const LOAD = {
    prompt_tokens: 1000,
    output_tokens: 200,
    requests: 10,
    batch: 1,
    weight_bytes: 2,
    cache_bytes: 2,
  };
  const model = typicalModel(7e9);
  const { layers, hidden } = model.shape;

  it('is bound by arithmetic for prompts, by memory for answers', () => {
    const time = servingTime(model, LOAD, A100);
    // By hand: 2 · 7e9 · 1,000, and 4 · h for each of 1,000 · 1,001 / 2 pairs in each layer, at 312 TFLOPS.
    const prompt = (2 * 7e9 * 1000 + (4 * hidden * layers * 1000 * 1001) / 2) / 312e12;
    expect(time.prefill).toMatchObject({ bound_by: 'compute' });
    expect(time.prefill.seconds.value).toBeCloseTo(prompt, 9);
    // 14 GB of weights, and 2 · h · 2 bytes in each layer for 1,100 positions on average, at 2,000 GB/s.
    const step = (14e9 + 4 * hidden * layers * 1100) / 2000e9;
    expect(time.decode).toMatchObject({ bound_by: 'memory' });
    expect(time.decode.seconds.value).toBeCloseTo(step, 9);
    expect(time.seconds.value).toBeCloseTo(10 * (prompt + 199 * step), 6);
    expect(time.output_tokens_per_second.value).toBeCloseTo(2000 / time.seconds.value, 6);
  });

  it('takes batches one after the other, the last one perhaps not full', () => {
    const four = servingTime(model, { ...LOAD, batch: 4 }, A100);
    expect(four.seconds.value).toBeCloseTo(
      3 * (four.prefill.seconds.value + 199 * four.decode.seconds.value),
      9,
    );
    expect(four.decode.seconds.value).toBeLessThan(1.2 * servingTime(model, LOAD, A100).decode.seconds.value);
  });

  it('becomes bound by arithmetic in large batches of short sequences', () => {
    const load = { ...LOAD, prompt_tokens: 1, output_tokens: 2, batch: 1024 };
    expect(servingTime(model, load, A100).decode.bound_by).toBe('compute');
  });

  it('reads the experts that a batch needs: 2 of 8 for one token, nearly all for many', () => {
    // Mixtral 8x7B: 46.7B parameters, 12.9B of them for a token.
    const experts = { count: 8, perToken: 2, feedForward: 14_336, layers: 32, sharedFeedForward: 0 };
    const mixtral = withShape(
      { ...typicalModel(46.7e9), activeParameters: 12.9e9 },
      { experts, cacheWidth: 0 },
    );
    const read = (batch: number): number =>
      servingTime(mixtral, { ...LOAD, batch }, A100).decode.read_bytes.value;
    expect(read(1)).toBeCloseTo(2 * 12.9e9, -3);
    // Of the routed (46.7 - 12.9) / (1 - 2/8) billion, the share that no token needs is (3/4)^2.
    expect(read(2)).toBeCloseTo(2 * (46.7e9 - (33.8e9 / 0.75) * 0.75 ** 2), -3);
    expect(read(64)).toBeCloseTo(2 * 46.7e9, -4);
  });
});
