import { describe, expect, it } from 'vitest';
import { accuracy } from '../../../src/core/metrics/accuracy.js';
import { bleu } from '../../../src/core/metrics/bleu.js';
import { distinctN } from '../../../src/core/metrics/distinct-n.js';
import {
  bootstrapInterval,
  cohensD,
  effectMagnitude,
  mcNemar,
  pairedBootstrap,
  wilsonInterval,
} from '../../../src/core/statistics/index.js';

/** Answers of which one in `every` is wrong. */
function answers(rows: number, every: number): ReturnType<typeof accuracy.statistic>[] {
  return Array.from({ length: rows }, (_, row) => ({
    prediction: row % every === 0 ? 'no' : 'yes',
    reference: 'yes',
  }));
}

describe('bootstrapInterval', () => {
  it('is the same for the same seed, and another for another', () => {
    const draw = (seed: number): unknown =>
      bootstrapInterval(accuracy, answers(101, 3), { seed, samples: 300 });
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  it('has an interval for each value of a metric, in its order', () => {
    const rows = ['the cat sat on the mat today', 'a dog barks', 'one two three four five'].map((text) =>
      bleu.statistic({ prediction: text, references: [`${text} it`] }),
    );
    const measured = bootstrapInterval(bleu, rows, { samples: 50 });
    expect(Object.keys(measured)).toEqual(Object.keys(bleu.aggregate(rows)));
    for (const { value, lower, upper } of Object.values(measured)) {
      expect(lower).toBeLessThanOrEqual(value);
      expect(upper).toBeGreaterThanOrEqual(value);
    }
    expect(measured['bleu']!.upper).toBeGreaterThan(measured['bleu']!.lower);
  });

  it('is a point where all rows are alike', () => {
    expect(bootstrapInterval(accuracy, answers(1, 1))).toEqual({
      accuracy: { value: 0, lower: 0, upper: 0 },
    });
  });

  it('covers the true share about as often as it says', () => {
    // 300 samples of 60 rows from a source that is right 70 % of the time: 95 % of intervals, give or take 4 %.
    let [state, covered] = [1, 0];
    const chance = (): number => (state = (state * 48271) % 2147483647) / 2147483647;
    for (let trial = 0; trial < 300; trial++) {
      const rows = Array.from({ length: 60 }, () => ({
        prediction: chance() < 0.7 ? 'yes' : 'no',
        reference: 'yes',
      }));
      const { lower, upper } = bootstrapInterval(accuracy, rows, { samples: 200, seed: trial })['accuracy']!;
      if (lower <= 0.7 && upper >= 0.7) covered++;
    }
    expect(covered / 300).toBeGreaterThan(0.9);
    expect(covered / 300).toBeLessThan(0.985);
  });

  it('refuses what it cannot draw from', () => {
    expect(() => bootstrapInterval(accuracy, [])).toThrow('no rows');
    for (const samples of [0, -1, 1.5, NaN])
      expect(() => bootstrapInterval(accuracy, answers(3, 2), { samples })).toThrow(`${samples} samples`);
    for (const confidence of [0, 1, 95, NaN])
      expect(() => bootstrapInterval(accuracy, answers(3, 2), { confidence })).toThrow(
        `confidence of ${confidence}`,
      );
    expect(() => bootstrapInterval(distinctN, [['a']])).toThrow('distinct-n');
  });
});

describe('pairedBootstrap', () => {
  it('sees what two intervals side by side do not: b mends rows of a and breaks none', () => {
    const [a, b] = [answers(200, 4), answers(200, 8)];
    const comparison = pairedBootstrap(accuracy, a, b, { samples: 500 });
    expect(comparison).toMatchObject({ a: 0.75, b: 0.875, rows: 200, confidence: 0.95 });
    expect(comparison.difference).toBeCloseTo(0.125, 12);
    expect(comparison.lower).toBeGreaterThan(0.05);
    expect(comparison.pValue).toBeLessThan(0.01);
    const turned = pairedBootstrap(accuracy, b, a, { samples: 500 });
    expect(turned.lower).toBeCloseTo(-comparison.upper, 12);
    expect(turned.pValue).toBe(comparison.pValue);
  });

  it('finds no difference of a model from itself', () => {
    const rows = answers(50, 3);
    expect(pairedBootstrap(accuracy, rows, rows, { samples: 100 })).toMatchObject({
      difference: 0,
      lower: 0,
      upper: 0,
      pValue: 1,
    });
  });

  it('refuses rows that are not paired', () => {
    expect(() => pairedBootstrap(accuracy, answers(3, 2), answers(4, 2))).toThrow('3 rows beside 4');
  });
});

describe('mcNemar', () => {
  it('is sure of nothing without a row that tells the models apart, or with as many on either side', () => {
    expect(mcNemar(0, 0).pValue).toBe(1);
    // The correction must not make a difference of none.
    expect(mcNemar(30, 30).pValue).toBe(1);
  });

  it('does not depend on which model comes first', () => {
    for (const [a, b] of [
      [3, 9],
      [30, 12],
    ] as const)
      expect(mcNemar(a, b)).toEqual(mcNemar(b, a));
  });
});

describe('sizes', () => {
  it("have Cohen's names from his thresholds on", () => {
    expect([0.19, 0.2, -0.5, 0.79, -0.8].map(effectMagnitude)).toEqual([
      'negligible',
      'small',
      'medium',
      'medium',
      'large',
    ]);
  });

  it('of equal rows is 0', () => {
    expect(cohensD([1, 1], [1, 1])).toBe(0);
  });

  it('of a share needs one', () => {
    for (const [part, whole] of [
      [0, 0],
      [3, 2],
      [-1, 2],
      [NaN, 2],
    ] as const)
      expect(() => wilsonInterval(part, whole)).toThrow(RangeError);
    expect(() => wilsonInterval(1, 2, 1)).toThrow(RangeError);
  });
});
