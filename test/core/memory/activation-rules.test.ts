import { describe, expect, it } from 'vitest';
import {
  cookbookActivations,
  hiddenStates,
  logits,
  megatronBlockActivations,
  selectiveRecomputationCost,
  selectiveRecomputationSaving,
  zeroActivationElements,
} from '../../../src/core/memory/activation-rules.js';

const GIB = 2 ** 30;

describe('published rules for activations', () => {
  it('Megatron: 34 bytes where the feed-forward network is four times as wide', () => {
    const numbers = { batch: 1, sequence: 4096, hidden: 4096, feedForward: 16_384 };
    expect(megatronBlockActivations(numbers).value).toBe(570_425_344);
    expect(megatronBlockActivations({ ...numbers, tensorParallel: 8 }).value).toBe(570_425_344 / 8);
  });

  it('ZeRO: about 60 GB for GPT-2 of 1.5B', () => {
    const { value } = zeroActivationElements({ batch: 32, sequence: 1024, hidden: 1600, layers: 48 });
    expect((2 * value) / 1e9).toBeCloseTo(60.4, 1);
  });

  it("EleutherAI's script, with checkpointing and without", () => {
    const numbers = { batch: 1, sequence: 2048, hidden: 4096, heads: 32, layers: 32, elementBytes: 2 };
    expect(cookbookActivations({ ...numbers, checkpointing: true }).value).toBe(9_126_805_504);
    // 34 + 5·32·2048/4096 = 114 bytes.
    expect(cookbookActivations({ ...numbers, checkpointing: false }).value).toBe(114 * 2048 * 4096 * 32);
  });

  it('hidden states and logits of Llama 3 8B at 32,768 tokens: 0.25, 7, 8 and 15.66 GiB', () => {
    const numbers = { batch: 1, sequence: 32_768, hidden: 4096, elementBytes: 2 };
    expect([1, 28, 32].map((copies) => hiddenStates({ ...numbers, copies }).value / GIB)).toEqual([
      0.25, 7, 8,
    ]);
    expect(logits({ ...numbers, vocabulary: 128_256, elementBytes: 4 }).value / GIB).toBeCloseTo(15.66, 2);
  });

  it.each([
    ['GPT-3', 12_288, 96, 0.7, 0.027],
    ['MT-NLG', 20_480, 128, 0.65, 0.016],
  ])('recomputing scores saves and costs what the paper says for %s', (_, hidden, heads, saving, cost) => {
    expect(
      Math.abs(selectiveRecomputationSaving({ sequence: 2048, hidden, heads }).value - saving),
    ).toBeLessThan(0.006);
    expect(Math.abs(selectiveRecomputationCost({ sequence: 2048, hidden }).value - cost)).toBeLessThan(0.001);
  });
});
