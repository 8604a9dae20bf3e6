import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  formatLimits,
  NUMBER_FORMATS,
  project,
  storedBits,
  type NumberFormat,
} from '../../../src/core/number-formats/index.js';

/** By PyTorch: test/golden/make-number-formats.py. */
const golden = JSON.parse(
  readFileSync(new URL('../../golden/number-formats.json', import.meta.url), 'utf8'),
) as {
  limits: Record<string, { bits: number; largest: number; smallestNormal: number; spacing: number }>;
  casts: Record<string, [number, number | 'Infinity' | '-Infinity' | 'NaN'][]>;
  nf4: number[];
};

const format = (id: string): NumberFormat => NUMBER_FORMATS.find((candidate) => candidate.id === id)!;

describe('floating-point formats', () => {
  it.each(Object.entries(golden.limits))('%s has the limits that torch.finfo gives', (id, expected) => {
    expect({ bits: format(id).bits, ...formatLimits(format(id)) }).toMatchObject(expected);
  });

  it.each(Object.entries(golden.casts))('%s rounds as PyTorch casts', (id, pairs) => {
    for (const [value, expected] of pairs) {
      expect(project(value, format(id), 1), `${value}`).toBe(Number(expected));
    }
  });

  it('have as many bits as sign, exponent and mantissa together', () => {
    for (const candidate of NUMBER_FORMATS) {
      if (candidate.kind !== 'floating point') continue;
      expect(1 + candidate.exponentBits + candidate.mantissaBits).toBe(candidate.bits);
    }
  });

  it('find the smallest positive number: 2^-24 in FP16, 2^-9 in FP8 E4M3, 2^-149 in FP32', () => {
    expect(formatLimits(format('fp16')).smallest).toBe(2 ** -24);
    expect(formatLimits(format('fp8-e4m3')).smallest).toBe(2 ** -9);
    expect(formatLimits(format('fp32')).smallest).toBe(2 ** -149);
  });
});

describe('formats with a scale', () => {
  // By hand: 3.14159 · 127/4 = 99.745 → 100; · 7/4 = 5.498 → 5.
  it('INT8 and INT4 round to evenly spaced values and saturate', () => {
    expect(project(3.14159, format('int8'), 4)).toBeCloseTo((100 * 4) / 127, 12);
    expect(project(3.14159, format('int4'), 4)).toBeCloseTo((5 * 4) / 7, 12);
    expect(project(-9, format('int4'), 4)).toBe(-4);
    expect(project(2.5 / 7, format('int4'), 1)).toBeCloseTo(2 / 7, 12);
    expect(formatLimits(format('int8')).spacing).toBe(1 / 127);
  });

  it('NF4 has the quantiles of the normal distribution that the paper defines', () => {
    const nf4 = format('nf4');
    if (nf4.kind !== 'codebook') throw new Error('NF4 is a codebook');
    expect(nf4.codes).toHaveLength(16);
    nf4.codes.forEach((code, index) => expect(code).toBeCloseTo(golden.nf4[index]!, 6));
    expect(project(0.35, nf4, 1)).toBe(0.33791524171829224);
    expect(project(1.4, nf4, 4)).toBe(4 * 0.33791524171829224);
  });

  it('store their scale beside the values: 4.5 bits in NF4 with blocks of 64 (QLoRA, section 3)', () => {
    expect(storedBits(format('nf4'))).toBe(4.5);
    expect(storedBits(format('int4'))).toBe(4.25);
    expect(storedBits(format('int8'))).toBe(8);
    expect(storedBits(format('bf16'))).toBe(16);
  });
});
