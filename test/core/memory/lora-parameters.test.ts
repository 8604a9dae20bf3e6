import { describe, expect, it } from 'vitest';
import { loraParametersOfShape } from '../../../src/core/memory/lora-parameters.js';

describe('LoRA parameters of a decoder known by its widths', () => {
  // Lightning-AI/litgpt, tutorials/finetune_lora.md and resource-tables.md.
  it.each([
    ['Llama 2 7B', 32, 4096, 4_194_304],
    ['Llama 2 13B', 40, 5120, 6_553_600],
  ])('%s at rank 8 on queries and values', (_, layers, hidden, published) => {
    for (const targets of [
      ['q', 'v'],
      ['q_proj', 'v_proj'],
    ]) {
      expect(loraParametersOfShape({ layers, hidden, rank: 8, targets })).toBe(published);
    }
  });

  it('with shared key/value heads and the feed-forward network, worked by hand', () => {
    const shape = { layers: 2, hidden: 10, keyValueWidth: 4, feedForward: 30, rank: 3 };
    expect(loraParametersOfShape({ ...shape, targets: ['k_proj'] })).toBe(2 * 3 * 14);
    // q and o 20 each, k and v 14 each, gate, up and down 40 each.
    expect(loraParametersOfShape({ ...shape, targets: 'all-linear' })).toBe(2 * 3 * (40 + 28 + 120));
  });

  it('refuses a target that there is not', () => {
    expect(() => loraParametersOfShape({ layers: 1, hidden: 8, rank: 1, targets: ['q', 'up_proj'] })).toThrow(
      expect.objectContaining({ code: 'USAGE', message: expect.stringContaining('up_proj') }),
    );
  });
});
