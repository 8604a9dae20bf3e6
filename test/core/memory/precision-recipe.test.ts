import { describe, expect, it } from 'vitest';
import { statesPerParameter } from '../../../src/core/memory/precision-recipe.js';

describe('bytes for each trained parameter', () => {
  // Stas Bekman, Machine Learning Engineering, training/performance: 6 bytes of weights, 4 of gradients, and the states.
  it.each([
    ['adamw', 18],
    ['adamw-bf16', 14],
    ['sgd-momentum', 14],
    ['lion', 14],
    ['adafactor', 14],
    ['adamw-8bit', 12],
  ] as const)('mixed with gradients in 32 bits, %s: %d', (optimizer, total) => {
    const states = statesPerParameter({ precision: 'mixed-fp32-gradients', optimizer });
    expect(states).toEqual({ weights: 6, gradients: 4, optimizer: total - 10, total });
  });

  // ZeRO: 2 + 2 + 12. EleutherAI's cookbook: 8 bytes of Muon with the copy in 32 bits. AReno: one byte of 4-bit AdamW.
  it.each([
    ['mixed', 'adamw', 16],
    ['mixed', 'muon', 12],
    ['mixed', 'adamw-4bit', 9],
    ['mixed', 'sgd', 8],
    ['pure', 'adamw', 8],
    ['pure', 'adamw-8bit', 6],
    ['pure', 'sgd-momentum', 6],
  ] as const)('%s, %s: %d', (precision, optimizer, total) => {
    expect(statesPerParameter({ precision, optimizer }).total).toBe(total);
  });

  it('pure in 32 bits, AdamW: 4 + 4 + 8', () => {
    const states = statesPerParameter({ precision: 'pure', optimizer: 'adamw', dtype: 'fp32' });
    expect(states).toEqual({ weights: 4, gradients: 4, optimizer: 8, total: 16 });
  });
});
