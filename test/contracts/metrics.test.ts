import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { findMetric, METRICS } from '../../src/core/metrics/index.js';
import type { Metric } from '../../src/core/metrics/metric.js';

const FOLDER = fileURLToPath(new URL('../../src/core/metrics/', import.meta.url));
/** Files of the folder that are no metric. */
const OTHERS = ['index.ts', 'metric.ts', 'classification.ts'];
const ids = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.ts') && !OTHERS.includes(name))
  .map((name) => name.replace(/\.ts$/, ''));

/** Rounding of sums in another order. */
const DIGITS = 12;

function isMetric(value: unknown): value is Metric {
  return typeof value === 'object' && value !== null && 'aggregate' in value && 'statistic' in value;
}

function expectSame(
  actual: Readonly<Record<string, number>>,
  expected: Readonly<Record<string, number>>,
): void {
  expect(Object.keys(actual)).toEqual(Object.keys(expected));
  for (const [key, value] of Object.entries(expected)) expect(actual[key], key).toBeCloseTo(value, DIGITS);
}

it('every metric in the registry has its file, and the other way round', () => {
  expect(ids.length).toBeGreaterThan(0);
  expect([...METRICS.keys()].sort()).toEqual([...ids].sort());
});

it('finds a metric however its name is written, and tells what may be meant', () => {
  for (const name of ['ROUGE-L', 'rougeL', 'rouge_l']) expect(findMetric(name).id).toBe('rouge-l');
  expect(findMetric('chrF++').id).toBe('chrf-plus-plus');
  expect(findMetric('pass@k').id).toBe('pass-at-k');
  expect(findMetric('WER').id).toBe('word-error-rate');
  expect(() => findMetric('bluu')).toThrow(
    expect.objectContaining({ code: 'USAGE', hint: expect.stringContaining('bleu') as string }),
  );
  expect(() => findMetric('cosmic radiation')).toThrow(
    expect.objectContaining({ hint: expect.stringMatching(/accuracy, .*judge-win-rate/) as string }),
  );
});

it('no name is that of two values', () => {
  const names = [...METRICS.values()].flatMap((metric) => [
    ...new Set(metric.examples.flatMap(({ values }) => Object.keys(values))),
  ]);
  expect(new Set(names).size).toBe(names.length);
  for (const metric of METRICS.values()) {
    expect(findMetric(metric.id)).toBe(metric);
    expect(findMetric(Object.keys(metric.examples[0]!.values)[0]!)).toBe(metric);
  }
});

describe.each(ids)('%s.ts', async (id) => {
  const exported = Object.values((await import(join(FOLDER, `${id}.ts`))) as Record<string, unknown>);
  const metric = METRICS.get(id)!;
  const [least, most] = metric.range.map((bound, index) => bound ?? (index === 0 ? -Infinity : Infinity)) as [
    number,
    number,
  ];
  const statistics = metric.examples.flatMap(({ rows }) => rows.map((row) => metric.statistic(row)));

  it('exports the one metric that the registry knows by the name of the file', () => {
    expect(exported.filter(isMetric)).toEqual([metric]);
    expect(metric.id).toBe(id);
  });

  it('says in full what it is called, how it is computed and whose it is', () => {
    expect(metric.name).toMatch(/^\S.+$/);
    for (const text of [metric.formula, metric.source]) expect(text.length).toBeGreaterThan(5);
    expect(metric.examples.length).toBeGreaterThan(0);
    for (const { source, rows } of metric.examples) {
      expect(source.length).toBeGreaterThan(5);
      expect(rows.length).toBeGreaterThan(0);
    }
  });

  it('has the values of its examples', () => {
    for (const { rows, values } of metric.examples)
      expectSame(metric.aggregate(rows.map((row) => metric.statistic(row))), values);
  });

  it('lies within its range, for single rows too', () => {
    for (const sample of [statistics, ...statistics.map((statistic) => [statistic])]) {
      const [value, ...others] = Object.values(metric.aggregate(sample));
      expect(value).toBeGreaterThanOrEqual(least - 1e-9);
      expect(value).toBeLessThanOrEqual(most + 1e-9);
      for (const other of others) expect(other).not.toBeNaN();
    }
  });

  it('does not depend on the order of rows', () => {
    expectSame(metric.aggregate(statistics.toReversed()), metric.aggregate(statistics));
  });

  it('changes with rows that are drawn twice only if it forbids the bootstrap', () => {
    const [once, twice] = [statistics, [...statistics, ...statistics]].map((rows) => metric.aggregate(rows));
    if (metric.allowsBootstrap === false) expect(twice).not.toEqual(once);
    else expectSame(twice!, once!);
  });
});
