import { describe, expect, it } from 'vitest';
import {
  computeBytes,
  DTYPE_BYTES,
  DTYPES,
  isGgufMix,
  isTrainable,
  numberFormat,
  parseDtype,
} from '../../../src/core/memory/dtype.js';
import { ggufBits, ggufTypeName } from '../../../src/core/memory/gguf-types.js';

describe('formats of weights', () => {
  it('have the bytes of the course notes, point 42 and after', () => {
    expect(DTYPE_BYTES).toMatchObject({ fp32: 4, fp16: 2, bf16: 2, int8: 1, int4: 0.5 });
  });

  it('have the scales of QLoRA: 0.5 bits, 0.127 with double quantisation', () => {
    expect(numberFormat('nf4').scaleBits).toBe(0.5);
    expect(numberFormat('nf4-dq').scaleBits).toBeCloseTo(0.127, 3);
  });

  it.each([
    ['BF16', 'bf16'],
    ['float32', 'fp32'],
    ['F16', 'fp16'],
    ['q4_k_m', 'Q4_K_M'],
    [' Q4_K ', 'Q4_K_M'],
    ['iq2_xxs', 'IQ2_XXS'],
    ['NF4', 'nf4'],
  ])('are known in upper and lower case: %s', (text, dtype) => {
    expect(parseDtype(text)).toBe(dtype);
  });

  it('are unknown by other names', () => {
    for (const text of ['', 'q4', 'int3', 'constructor']) expect(parseDtype(text)).toBeUndefined();
  });

  it('can be trained from 16 bits on, and compute in 16 bits at least', () => {
    expect(DTYPES.filter(isTrainable)).toEqual(['fp32', 'tf32', 'fp16', 'bf16']);
    expect(DTYPES.filter((dtype) => computeBytes(dtype) !== 2)).toEqual(['fp32', 'tf32']);
    expect(isGgufMix('Q8_0')).toBe(true);
    expect(isGgufMix('int8')).toBe(false);
  });
});

describe('tensor types of ggml', () => {
  // hf-mem's table of bits per weight; it rounds those of the i-quants to two places.
  it.each([
    ['Q8_0', 8.5],
    ['Q6_K', 6.5625],
    ['Q5_K', 5.5],
    ['Q4_K', 4.5],
    ['Q4_0', 4.5],
    ['Q3_K', 3.4375],
    ['Q2_K', 2.625],
    ['IQ4_NL', 4.5],
    ['IQ4_XS', 4.25],
    ['IQ3_S', 3.4375],
    ['IQ3_XXS', 3.0625],
    ['IQ2_S', 2.5625],
    ['IQ2_XS', 2.3125],
    ['IQ2_XXS', 2.0625],
    ['IQ1_M', 1.75],
    ['IQ1_S', 1.5625],
    ['MXFP4', 4.25],
    ['TQ1_0', 1.6875],
    ['TQ2_0', 2.0625],
  ] as const)('%s takes %d bits for a weight', (name, bits) => {
    expect(ggufBits(name)).toBe(bits);
  });

  it('are found by their number', () => {
    expect(ggufTypeName(12)).toBe('Q4_K');
    expect(ggufTypeName(4)).toBeUndefined();
  });
});
