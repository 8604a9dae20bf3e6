import { describe, expect, it } from 'vitest';
import { memoryPart, totalBytes } from '../../../src/core/estimates/figure.js';
import { evaluateFormula } from '../../../src/core/estimates/formula.js';

// The values are worked out by hand.
describe('evaluateFormula', () => {
  it.each([
    ['2 + 3 * 4', 14],
    ['(2 + 3) * 4', 20],
    ['2 ^ 3 ^ 2', 512],
    ['-2 ^ 2', -4],
    ['10 - 4 - 3', 3],
    ['16 / 4 / 2', 2],
    ['1.5e3 * 2', 3000],
    ['min(4, 2, 3) + max(1, 5)', 7],
    ['ceil(2.1) + floor(2.9)', 5],
    ['sqrt(16) + ln(1) + log10(1000)', 7],
    ['2 * layers * kv_heads', 48],
  ])('%s = %d', (formula, value) => {
    expect(evaluateFormula(formula, { layers: 12, kv_heads: 2 })).toBeCloseTo(value, 12);
  });

  it.each(['', '2 +', '2 3', '(2', '2)', 'heads * 2', 'toString', 'power(2, 3)', '2 § 3', '1,2'])(
    'refuses %j',
    (formula) => {
      expect(() => evaluateFormula(formula, { layers: 12 })).toThrow(/formula/);
    },
  );
});

describe('memoryPart', () => {
  it('rounds up to whole bytes, keeps its derivation, and parts add up', () => {
    const odd = memoryPart(
      'weights',
      'parameters * bits / 8',
      { parameters: 3, bits: 4 },
      { source: 'by hand' },
    );
    expect(odd).toEqual({
      part: 'weights',
      bytes: 2,
      derivation: { formula: 'parameters * bits / 8', inputs: { parameters: 3, bits: 4 }, source: 'by hand' },
    });
    expect(totalBytes([odd, odd])).toBe(4);
  });
});
