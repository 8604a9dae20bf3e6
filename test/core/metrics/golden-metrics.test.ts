/** The metrics against the packages that the field quotes, on odd inputs: test/golden/make-metrics.py. */
import { describe, expect, it } from 'vitest';
import { bleuWith } from '../../../src/core/metrics/bleu.js';
import { METRICS } from '../../../src/core/metrics/index.js';
import { slidingWindows } from '../../../src/core/metrics/likelihood/sliding-windows.js';
import type { Metric, TextRow } from '../../../src/core/metrics/metric.js';
import { meetsJsonSchema } from '../../../src/core/metrics/structure/json-schema.js';
import { BLEU_TOKENIZERS, type BleuTokenizer } from '../../../src/core/metrics/text/bleu-tokenizers.js';
import { porterStem } from '../../../src/core/metrics/text/porter-stemmer.js';
import { stripEnd } from '../../../src/core/metrics/text/words.js';
import { bootstrapInterval } from '../../../src/core/statistics/bootstrap-interval.js';
import { pairedBootstrap } from '../../../src/core/statistics/paired-bootstrap.js';
import { GOLDEN, readJson } from '../../golden/golden.js';

interface GoldenCase {
  name: string;
  kind: string;
  rows: unknown[];
  values: Record<string, Record<string, number>>;
}

const golden = readJson<{
  cases: GoldenCase[];
  bleu: Record<string, Record<BleuTokenizer, number>>;
  tokens: ({ text: string } & Record<BleuTokenizer, string[]>)[];
  signatures: Record<string, [string, string]>;
  stems: { words: string; stems: string };
  windows: {
    length: number;
    window: number;
    stride: number;
    windows: { start: number; end: number; scored: number[] }[];
  }[];
  schemas: { schema: unknown; values: unknown[]; valid: boolean[] }[];
}>(GOLDEN, 'metrics.json');

/** Writes out texts that the file has as a part and how often it comes. */
function expand(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(expand);
  if (typeof value !== 'object' || value === null) return value;
  if ('repeat' in value && 'times' in value) return (value.repeat as string).repeat(value.times as number);
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, expand(part)]));
}

const cases = golden.cases.map((golden) => ({ ...golden, rows: expand(golden.rows) as never[] }));
const rowsOf = (name: string): TextRow[] => cases.find((golden) => golden.name === name)!.rows;

/** Sums in another order, and logarithms of another library; relative above 1. */
const TOLERANCE = 1e-11;

function expectNear(actual: number | undefined, expected: number, what: string): void {
  const limit = TOLERANCE * Math.max(1, Math.abs(expected));
  expect(Math.abs((actual ?? NaN) - expected), `${what}: ${actual} for ${expected}`).toBeLessThanOrEqual(
    limit,
  );
}

function aggregate(metric: Metric, rows: readonly unknown[]): Readonly<Record<string, number>> {
  return metric.aggregate(rows.map((row) => metric.statistic(row as never)));
}

/** Of these no package has values: their examples, worked by hand, are run by the contract test. */
const WITHOUT_GOLDEN = ['json-schema-match', 'judge', 'judge-win-rate', 'toxicity-word-rate'];

it('every metric has golden cases, and there are many', () => {
  const counts = new Map<string, number>();
  for (const { values } of cases)
    for (const id of Object.keys(values)) counts.set(id, (counts.get(id) ?? 0) + 1);
  expect([...counts.keys(), ...WITHOUT_GOLDEN].sort()).toEqual([...METRICS.keys()].sort());
  expect([...counts.values()].reduce((sum, count) => sum + count)).toBeGreaterThan(600);
});

describe.each([...METRICS.keys()].filter((id) => !WITHOUT_GOLDEN.includes(id)))('%s', (id) => {
  const metric = METRICS.get(id)!;
  const measured = cases.filter(({ values }) => id in values);

  it.each(measured.map((golden) => [golden.name, golden] as const))('%j', (_, { kind, rows, values }) => {
    expect([kind, 'generation']).toContain(metric.needs);
    const actual = aggregate(metric, rows);
    expect(Object.keys(actual).sort()).toEqual(Object.keys(values[id]!).sort());
    for (const [key, expected] of Object.entries(values[id]!)) expectNear(actual[key], expected, key);
  });
});

const means = [...METRICS.values()].filter(({ isMean }) => isMean === true);
it.each(means.map((metric) => [metric.id, metric] as const))('%s is a mean, as it says', (id, metric) => {
  const measured = cases.filter(({ values }) => id in values);
  const statistics = [...measured, ...metric.examples].flatMap(({ rows }) =>
    rows.map((row) => metric.statistic(row as never)),
  );
  const own = statistics.map((statistic) => metric.aggregate([statistic]));
  for (const [key, value] of Object.entries(metric.aggregate(statistics)))
    expect(own.reduce((sum, values) => sum + values[key]!, 0) / own.length, key).toBe(value);
  // Bootstraps are quick for means, and the same to the bit.
  const { isMean: _, ...unmarked } = metric;
  const options = { samples: 50, seed: 3 };
  expect(bootstrapInterval(metric, statistics, options)).toEqual(
    bootstrapInterval(unmarked, statistics, options),
  );
  const others = [...statistics].reverse();
  expect(pairedBootstrap(metric, statistics, others, options)).toEqual(
    pairedBootstrap(unmarked, statistics, others, options),
  );
});

describe('BLEU with other tokenizers', () => {
  it.each(Object.entries(golden.bleu))('%s', (name, scores) => {
    for (const [tokenizer, expected] of Object.entries(scores) as [BleuTokenizer, number][])
      expectNear(aggregate(bleuWith(tokenizer), rowsOf(name))['bleu'], expected, tokenizer);
  });

  it.each(golden.tokens.map((entry) => [entry.text, entry] as const))('takes %j apart', (text, entry) => {
    for (const [name, tokenize] of Object.entries(BLEU_TOKENIZERS) as [
      BleuTokenizer,
      (line: string) => string[],
    ][])
      expect(tokenize(stripEnd(text)), name).toEqual(entry[name]);
  });
});

it.each(Object.entries(golden.signatures))(
  '%s has the signature that sacreBLEU prints',
  (id, [even, uneven]) => {
    const metric = METRICS.get(id)!;
    const signature = (name: string): string =>
      metric.signature!(rowsOf(name).map((row) => metric.statistic(row as never)));
    expect(signature('several references')).toBe(even);
    expect(signature('references of differing number')).toBe(uneven);
  },
);

it('stems as nltk', () => {
  const [words, stems] = [golden.stems.words.split(' '), golden.stems.stems.split(' ')];
  expect(words.length).toBeGreaterThan(1000);
  expect(words.map(porterStem)).toEqual(stems);
});

it('slides windows as the recipe of transformers', () => {
  for (const { length, window, stride, windows } of golden.windows) {
    const actual = slidingWindows(length, window, stride).map(({ start, scoredFrom, end }) => ({
      start,
      end,
      scored: Array.from({ length: end - scoredFrom }, (_, index) => scoredFrom + index),
    }));
    expect(actual).toEqual(windows);
  }
});

describe('JSON Schema, as the package jsonschema', () => {
  it.each(golden.schemas.map((entry) => [JSON.stringify(entry.schema), entry] as const))('%s', (_, entry) => {
    expect(entry.values.map((value) => meetsJsonSchema(value, entry.schema))).toEqual(entry.valid);
  });
});
