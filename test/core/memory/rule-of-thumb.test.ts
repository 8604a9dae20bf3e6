import { describe, expect, it } from 'vitest';
import { totalBytes } from '../../../src/core/estimates/figure.js';
import {
  LLAMA_FACTORY_BYTES_PER_PARAMETER,
  ruleOfThumb,
  ruleOfThumbParts,
} from '../../../src/core/memory/rule-of-thumb.js';

describe('the rule of thumb', () => {
  // Course "Generative AI with Large Language Models": 24 GB for 1B, 4,200 GB for 175B, 12,000 GB for 500B.
  it.each([
    [1e9, 4, 24],
    [7e9, 28, 168],
    [175e9, 700, 4200],
    [500e9, 2000, 12_000],
  ])('%d parameters', (parameters, run, train) => {
    expect(ruleOfThumb(parameters)).toEqual({ inference_bytes: run * 1e9, training_bytes: train * 1e9 });
    expect(totalBytes(ruleOfThumbParts(parameters))).toBe(train * 1e9);
  });
});

describe("LLaMA-Factory's bytes for each parameter", () => {
  // hiyouga/LLaMA-Factory, README, hardware requirements, marked as estimated: GB for 7B, 14B, 30B and 70B.
  it.each([
    ['full-amp', [120, 240, 600, 1200]],
    ['full-pure-bf16', [60, 120, 300, 600]],
    ['lora-16', [16, 32, 64, 160]],
    ['qlora-8', [10, 20, 40, 80]],
    ['qlora-4', [6, 12, 24, 48]],
    ['qlora-2', [4, 8, 16, 24]],
  ] as const)('%s: the cells of its table are at most 2.3 times off', (method, cells) => {
    cells.forEach((cell, index) => {
      const rule = LLAMA_FACTORY_BYTES_PER_PARAMETER[method] * [7, 14, 30, 70][index]!;
      expect(cell / rule).toBeGreaterThan(0.9);
      expect(cell / rule).toBeLessThan(2.3);
    });
  });
});
