import { describe, expect, it } from 'vitest';
import {
  doubleQuantizationSaving,
  nf4BitsPerWeight,
  nf4WeightBytes,
} from '../../../src/core/memory/quantized-weights.js';

// QLoRA, arXiv 2305.14314, section 3: scales take 0.5 bits for each weight, and 0.127 when quantised themselves.
describe('4-bit NormalFloat', () => {
  it('takes 4.5 bits, and 4.127 with double quantisation', () => {
    expect(nf4BitsPerWeight({ doubleQuantization: false }).value).toBe(4.5);
    expect(nf4BitsPerWeight({ doubleQuantization: true }).value).toBeCloseTo(4.127, 3);
    expect(nf4BitsPerWeight({ doubleQuantization: false, block: 128 }).value).toBe(4.25);
  });

  it('saves 0.373 bits by double quantisation: 3.04 GB for 65.2B', () => {
    const { bits_per_weight, bytes } = doubleQuantizationSaving(65.2e9);
    expect(bits_per_weight.value).toBeCloseTo(0.373, 3);
    expect(bytes.value / 1e9).toBeCloseTo(3.04, 2);
  });

  // Table 6, Guanaco: 5 GB for 7B and 10 GB for 13B, activations included.
  it.each([
    [6.7e9, 5],
    [13e9, 10],
  ])('holds %d weights in less than the %d GB that finetuning takes', (parameters, gigabytes) => {
    const { value } = nf4WeightBytes(parameters, { doubleQuantization: true });
    expect(value).toBeLessThan(gigabytes * 1e9);
    expect(value).toBeGreaterThan(0.6 * gigabytes * 1e9);
  });
});
