/** The statistics against scipy, statsmodels and sacreBLEU: test/golden/make-metrics.py. */
import { describe, expect, it } from 'vitest';
import { bleu } from '../../../src/core/metrics/bleu.js';
import type { Metric } from '../../../src/core/metrics/metric.js';
import {
  bootstrapInterval,
  cohensD,
  cohensH,
  mcNemar,
  normalQuantile,
  normalTwoSidedTail,
  pairedBootstrap,
  wilsonInterval,
} from '../../../src/core/statistics/index.js';
import { GOLDEN, readJson } from '../../golden/golden.js';

interface Ends {
  lower: number;
  upper: number;
  confidence: number;
}

interface Paired {
  p_value: number;
  lower: number;
  upper: number;
}

const { statistics: golden } = readJson<{
  statistics: {
    wilson: ({ successes: number; total: number } & Ends)[];
    mcnemar: { onlyA: number; onlyB: number; exact: boolean; p_value: number }[];
    normal_quantile: [number, number][];
    normal_tail: [number, number][];
    cohens_h: [number, number, number][];
    cohens_d: { a: number[]; b: number[]; value: number };
    bootstrap: ({ values: number[] } & Ends)[];
    bootstrap_of_shares: ({ successes: number; total: number } & Ends)[];
    paired_bleu: {
      references: string[];
      a: string[];
      b: string[];
      value_a: number;
      value_b: number;
    } & Paired;
    paired_means: ({ a: number[]; b: number[] } & Paired)[];
  };
}>(GOLDEN, 'metrics.json');

/** The mean of numbers that are statistics already. */
const meanMetric: Pick<Metric<'samples', number>, 'aggregate'> & Metric<'samples', number> = {
  id: 'mean',
  name: 'Mean',
  needs: 'samples',
  formula: 'Σ / n',
  source: 'this test',
  higherIsBetter: true,
  range: [null, null],
  statistic: ({ correct }) => correct,
  aggregate: (values) => ({ mean: values.reduce((sum, value) => sum + value, 0) / values.length }),
  examples: [],
};

function expectRelative(actual: number, expected: number, tolerance = 1e-12): void {
  expect(Math.abs(actual - expected), `${actual} for ${expected}`).toBeLessThanOrEqual(
    tolerance * Math.abs(expected),
  );
}

it.each(golden.wilson)(
  'Wilson: $successes of $total at $confidence',
  ({ successes, total, confidence, lower, upper }) => {
    const interval = wilsonInterval(successes, total, confidence);
    expect(interval.lower).toBeCloseTo(lower, 12);
    expect(interval.upper).toBeCloseTo(upper, 12);
  },
);

it.each(golden.mcnemar)('McNemar: $onlyA against $onlyB', ({ onlyA, onlyB, exact, p_value: expected }) => {
  const { pValue, method } = mcNemar(onlyA, onlyB);
  expect(method === 'exact binomial').toBe(exact);
  expectRelative(pValue, expected, 1e-10);
});

it('the normal distribution, out to its far tails', () => {
  for (const [probability, quantile] of golden.normal_quantile)
    expectRelative(normalQuantile(probability), quantile, 1e-11);
  for (const [z, tail] of golden.normal_tail) expectRelative(normalTwoSidedTail(z), tail, 1e-11);
});

it("Cohen's sizes", () => {
  for (const [a, b, h] of golden.cohens_h) expect(cohensH(a, b)).toBeCloseTo(h, 12);
  expectRelative(cohensD(golden.cohens_d.a, golden.cohens_d.b), golden.cohens_d.value);
});

describe('bootstrap', () => {
  it.each(golden.bootstrap)(
    'ends where that of scipy ends, at $confidence',
    ({ values, confidence, lower, upper }) => {
      const { value, ...interval } = bootstrapInterval(meanMetric, values, {
        samples: 20_000,
        confidence,
        seed: 7,
      })['mean']!;
      expectRelative(value, values.reduce((sum, part) => sum + part, 0) / values.length);
      // An end of 20,000 samples has a standard error of about a hundredth of the width.
      const tolerance = 0.03 * (upper - lower);
      expect(Math.abs(interval.lower - lower)).toBeLessThan(tolerance);
      expect(Math.abs(interval.upper - upper)).toBeLessThan(tolerance);
    },
  );

  it.each(golden.bootstrap_of_shares)(
    'of $successes in $total ends at quantiles of the binomial distribution',
    ({ successes, total, confidence, lower, upper }) => {
      const rows = Array.from({ length: total }, (_, row) => Number(row < successes));
      const interval = bootstrapInterval(meanMetric, rows, { samples: 4000, confidence, seed: 1 })['mean']!;
      // To the row: a quantile that falls between two counts may go to either.
      expect(Math.abs(interval.lower - lower) * total).toBeLessThan(1.001);
      expect(Math.abs(interval.upper - upper) * total).toBeLessThan(1.001);
    },
  );

  it('of pairs has the p value and the interval that numpy draws from the counts of sacreBLEU', () => {
    const { references, ...expected } = golden.paired_bleu;
    const statistics = (texts: string[]): unknown[] =>
      texts.map((prediction, row) => bleu.statistic({ prediction, references: [references[row]!] }));
    const samples = 5000;
    const comparison = pairedBootstrap(bleu as Metric, statistics(expected.a), statistics(expected.b), {
      samples,
      seed: 3,
    });
    expectRelative(comparison.a, expected.value_a);
    expectRelative(comparison.b, expected.value_b);
    expectSimilar(comparison, expected, samples);
  });

  it.each(golden.paired_means)('of pairs comes near to the t test, p = $p_value', ({ a, b, ...expected }) => {
    const samples = 5000;
    expectSimilar(pairedBootstrap(meanMetric, a, b, { samples, seed: 5 }), expected, samples);
  });
});

/** Equal as far as chance allows: four standard errors of a share, and a thirtieth of an interval's width. */
function expectSimilar(
  actual: { pValue: number; lower: number; upper: number },
  expected: { p_value: number; lower: number; upper: number },
  samples: number,
): void {
  expect(expected.p_value).toBeGreaterThan(0.005);
  const error = Math.sqrt((expected.p_value * (1 - expected.p_value)) / samples);
  expect(Math.abs(actual.pValue - expected.p_value)).toBeLessThan(4 * error);
  const tolerance = (expected.upper - expected.lower) / 30;
  expect(Math.abs(actual.lower - expected.lower)).toBeLessThan(tolerance);
  expect(Math.abs(actual.upper - expected.upper)).toBeLessThan(tolerance);
}
