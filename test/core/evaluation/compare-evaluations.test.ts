import { describe, expect, it } from 'vitest';
import {
  compareEvaluations,
  type ComparedEvaluation,
} from '../../../src/core/evaluation/compare-evaluations.js';
import type { EvaluationSample } from '../../../src/core/evaluation/evaluation-result.js';
import { makeTask } from '../../../src/core/evaluation/task.js';

const { definition } = await makeTask(
  {
    ...{ task: 'words', kind: 'generation', prompt: { template: 'ask' }, target: 'word' },
    metrics: ['exact-match', 'squad-f1', 'distinct-n'],
  },
  'words.yaml',
);

function sample(index: number, completion: string): EvaluationSample {
  return {
    ...{
      index,
      row_hash: `row ${index}`,
      prompt: `ask ${index}`,
      targets: ['yes'],
      prediction: completion,
      completion,
    },
    ...{ choices: null, scores: {}, slices: {}, prompt_tokens: null, completion_tokens: null },
  };
}

function evaluation(name: string, answers: Readonly<Record<number, string>>): ComparedEvaluation {
  const value = { value: 0, low: null, high: null, higher_is_better: true };
  return {
    name,
    definition,
    samples: Object.entries(answers).map(([index, answer]) => sample(Number(index), answer)),
    result: {
      ...{
        task: 'words',
        kind: 'generation',
        model: 'm',
        model_fingerprint: 'f',
        task_hash: 't',
        shots: 0,
        seed: 0,
      },
      dataset: { path: 'p', sha256: 's', rows: 10 },
      metrics: ['exact-match', 'squad-f1', 'distinct-n'].map((metric) => ({ metric, ...value })),
      ...{ confidence: 0.95, slices: [], toolkit_version: '1', finished_at: '2026-01-01T00:00:00.000Z' },
      usage: { prompt_tokens: null, completion_tokens: null, cost_usd: null, seconds: 1, cached_rows: 0 },
    },
  };
}

/** Answers of ten rows: y for a right one. */
const answers = (marks: string): Record<number, string> =>
  Object.fromEntries(Array.from(marks).map((mark, index) => [index, mark === 'y' ? 'yes' : 'no']));

const OPTIONS = { worstRows: 5, seed: 0 };

describe('two evaluations of the same rows', () => {
  // A is right in 4 of 10 rows, B in 8: B alone in rows 4 to 8, A alone in row 3.
  const comparison = compareEvaluations(
    evaluation('a', answers('yyyynnnnnn')),
    evaluation('b', answers('yyynyyyyyn')),
    OPTIONS,
  );
  const exact = comparison.metrics[0]!;

  it('differ by what is right in each', () => {
    expect(exact).toMatchObject({ metric: 'exact-match', a: 0.4, b: 0.8, higher_is_better: true });
    expect(exact.difference).toBeCloseTo(0.4, 12);
    expect(exact.low).toBeLessThan(0.4);
    expect(exact.high).toBeGreaterThan(0.4);
  });

  it('are tested by McNemar: 1 and 5 heads of 6 throws', () => {
    // By hand: 2 × (1 + 6) / 2^6.
    expect(exact.mcnemar).toEqual({ only_a: 1, only_b: 5, pValue: 14 / 64, method: 'exact binomial' });
  });

  it('have an effect size', () => {
    // Cohen's h by hand: 2 asin(sqrt 0.8) - 2 asin(sqrt 0.4) = 2.2143 - 1.3694.
    expect(exact.effect_size!.name).toBe('h');
    expect(exact.effect_size!.value).toBeCloseTo(0.8449, 4);
    expect(exact.effect_size!.magnitude).toBe('large');
  });

  it('are told of in a sentence', () => {
    expect(exact.sentence).toMatch(/^(b is better by 40 points|No difference can be told between a and b)/);
    expect(exact.sentence).toContain('10 rows');
  });

  it('show the rows that the second loses', () => {
    expect(comparison.worst).toMatchObject({
      metric: 'exact-match',
      rows: [{ index: 3, a: 'yes', b: 'no' }],
    });
  });

  it('leave out metrics that rows drawn twice would change', () => {
    expect(comparison.metrics.map(({ metric }) => metric)).toEqual(['exact-match', 'squad-f1']);
  });
});

describe('pairs', () => {
  it('are rows of equal content, wherever they stand; the others are counted', () => {
    const { 0: _, ...rest } = answers('yyyyy');
    const comparison = compareEvaluations(
      evaluation('a', answers('nnnn')),
      evaluation('b', { ...rest, 7: 'yes' }),
      OPTIONS,
    );
    expect(comparison).toMatchObject({ rows: 3, only_in_a: 1, only_in_b: 2 });
    expect(comparison.metrics[0]).toMatchObject({ a: 0, b: 1, low: 1, high: 1 });
    expect(comparison.metrics[0]!.sentence).toMatch(/^b is better by 100 points/);
  });

  it('of equal rows are made in order', () => {
    const twice = (name: string, first: string, second: string): ComparedEvaluation => {
      const one = evaluation(name, {});
      const rows = [first, second].map((answer, index) => ({ ...sample(index, answer), row_hash: 'same' }));
      return { ...one, samples: rows };
    };
    const { metrics, rows } = compareEvaluations(twice('a', 'yes', 'no'), twice('b', 'yes', 'no'), OPTIONS);
    expect(rows).toBe(2);
    expect(metrics[0]!.mcnemar).toMatchObject({ only_a: 0, only_b: 0, pValue: 1 });
  });

  it('have to be there', () => {
    expect(() =>
      compareEvaluations(evaluation('a', { 1: 'yes' }), evaluation('b', { 2: 'yes' }), OPTIONS),
    ).toThrow('a and b have no row in common');
  });
});
