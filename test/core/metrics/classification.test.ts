import { describe, expect, it } from 'vitest';
import { classificationReport } from '../../../src/core/metrics/classification.js';

describe('classificationReport', () => {
  it('agrees with a table worked by hand', () => {
    // truth a a a b b c, predicted a a b b c a.
    const report = classificationReport(['a', 'b', 'c'], [0, 0, 0, 1, 1, 2], [0, 0, 1, 1, 2, 0]);
    expect(report.confusion).toEqual([
      [2, 1, 0],
      [0, 1, 1],
      [1, 0, 0],
    ]);
    expect(report.accuracy).toBe(3 / 6);
    // a: 2 of 3 claimed, 2 of 3 found; b: 1 of 2 and 1 of 2; c: 0 of 1 and 0 of 1.
    const expected = [
      { label: 'a', precision: 2 / 3, recall: 2 / 3, f1: 2 / 3, support: 3 },
      { label: 'b', precision: 1 / 2, recall: 1 / 2, f1: 1 / 2, support: 2 },
      { label: 'c', precision: 0, recall: 0, f1: 0, support: 1 },
    ];
    report.per_label.forEach((row, index) => {
      expect(row.label).toBe(expected[index]!.label);
      for (const key of ['precision', 'recall', 'f1', 'support'] as const)
        expect(row[key]).toBeCloseTo(expected[index]![key], 12);
    });
    // (2/3 + 1/2 + 0) / 3
    expect(report.macro_f1).toBeCloseTo(7 / 18, 12);
  });

  it('has an F1 that counts hits twice against all errors', () => {
    // A second form of F1: 2 TP / (2 TP + FP + FN).
    const truth = Array.from({ length: 200 }, (_, row) => (row * 7) % 4);
    const predicted = Array.from({ length: 200 }, (_, row) => (row * row + row) % 4);
    const { per_label } = classificationReport(['w', 'x', 'y', 'z'], truth, predicted);
    per_label.forEach(({ f1 }, label) => {
      const count = (isTrue: boolean, isClaimed: boolean): number =>
        truth.filter((t, row) => (t === label) === isTrue && (predicted[row] === label) === isClaimed).length;
      const hits = 2 * count(true, true);
      expect(f1).toBeCloseTo(hits / (hits + count(false, true) + count(true, false)), 12);
    });
  });

  it('is zero, not NaN, for a class that never occurs and for no rows', () => {
    expect(classificationReport(['a', 'b'], [0], [0])).toMatchObject({
      accuracy: 1,
      macro_f1: 0.5,
      per_label: [{ f1: 1 }, { precision: 0, recall: 0, f1: 0, support: 0 }],
    });
    expect(classificationReport(['a', 'b'], [], [])).toMatchObject({ accuracy: 0, macro_f1: 0 });
  });
});
