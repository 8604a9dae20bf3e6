import { describe, expect, it } from 'vitest';
import { accuracy } from '../../../src/core/metrics/accuracy.js';
import { bleu } from '../../../src/core/metrics/bleu.js';
import { perplexity } from '../../../src/core/metrics/perplexity.js';
import { describeComparison } from '../../../src/core/statistics/describe-comparison.js';
import type { PairedComparison } from '../../../src/core/statistics/paired-bootstrap.js';

const names = { a: 'base', b: 'tuned' };

function comparison(changes: Partial<PairedComparison>): PairedComparison {
  return {
    a: 0.71,
    b: 0.751,
    difference: 0.041,
    lower: 0.012,
    upper: 0.07,
    confidence: 0.95,
    pValue: 0.0039,
    rows: 400,
    ...changes,
  };
}

describe('describeComparison', () => {
  it('says which is better, by how much and how sure that is', () => {
    expect(describeComparison(accuracy, names, comparison({}))).toBe(
      'tuned is better by 4.1 points, 95 % 1.2–7.0 (Accuracy 71.0 and 75.1); 400 rows, p = 0.0039.',
    );
  });

  it('names the first where the difference is against the second', () => {
    const worse = comparison({ a: 0.751, b: 0.71, difference: -0.041, lower: -0.07, upper: -0.012 });
    expect(describeComparison(accuracy, names, worse)).toBe(
      'base is better by 4.1 points, 95 % 1.2–7.0 (Accuracy 75.1 and 71.0); 400 rows, p = 0.0039.',
    );
  });

  it('knows that a lower perplexity is better, and counts in no points', () => {
    const lower = comparison({
      a: 12.5,
      b: 9.25,
      difference: -3.25,
      lower: -4,
      upper: -2.5,
      pValue: 0.0002,
      rows: 12_345,
    });
    expect(describeComparison(perplexity, names, lower)).toBe(
      'tuned is better by 3.3, 95 % 2.5–4.0 (Perplexity per token 12.5 and 9.3); 12,345 rows, p < 0.001.',
    );
  });

  it('does not call a difference what the interval does not', () => {
    const unsure = comparison({
      a: 30.1,
      b: 29.7,
      difference: -0.4,
      lower: -1.9,
      upper: 1.1,
      pValue: 0.6,
      rows: 1,
      confidence: 0.9,
    });
    expect(describeComparison(bleu, names, unsure)).toBe(
      'No difference can be told between base and tuned (BLEU 30.1 and 29.7): −0.4 points, 90 % −1.9 to 1.1; 1 row, p = 0.6.',
    );
    const same = comparison({ b: 0.71, difference: 0, lower: 0, upper: 0, pValue: 1 });
    expect(describeComparison(accuracy, names, same)).toBe(
      'No difference can be told between base and tuned (Accuracy 71.0 and 71.0): 0.0 points, 95 % 0.0 to 0.0; 400 rows, p = 1.',
    );
  });

  it('gives small differences the digits that they need', () => {
    const small = comparison({ a: 1.0312, b: 1.0281, difference: -0.0031, lower: -0.0044, upper: -0.0018 });
    expect(describeComparison({ ...perplexity, name: 'Bits per byte' }, names, small)).toBe(
      'tuned is better by 0.0031, 95 % 0.0018–0.0044 (Bits per byte 1.0312 and 1.0281); 400 rows, p = 0.0039.',
    );
  });
});
