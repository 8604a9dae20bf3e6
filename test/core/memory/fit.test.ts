import { describe, expect, it } from 'vitest';
import { planToFit, type Change } from '../../../src/core/memory/fit.js';

interface Options {
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

/** Takes one of the numbers down, once. */
function lower(name: keyof Options, to: number): Change<Options> {
  return {
    describe: (after) => `${name} = ${after[name]}`,
    price: `some ${name}`,
    apply: (options) => (options[name] > to ? { ...options, [name]: to } : undefined),
  };
}

const measure = ({ a, b, c }: Options): number => a + b + c;
const start = { a: 50, b: 30, c: 20 };

describe('planToFit', () => {
  it('changes nothing that fits', () => {
    expect(planToFit(start, [lower('a', 0)], measure, 100)).toEqual({
      fits: true,
      changes: [],
      options: start,
    });
  });

  it('makes the cheapest changes in order, each with its saving, and stops as soon as it fits', () => {
    const plan = planToFit(start, [lower('a', 40), lower('b', 10), lower('c', 0)], measure, 75);
    expect(plan).toEqual({
      fits: true,
      changes: [
        { description: 'a = 40', price: 'some a', saved_bytes: 10, total_bytes: 90 },
        { description: 'b = 10', price: 'some b', saved_bytes: 20, total_bytes: 70 },
      ],
      options: { a: 40, b: 10, c: 20 },
    });
  });

  it('drops a change that a later one makes idle', () => {
    const plan = planToFit(start, [lower('c', 10), lower('b', 25), lower('a', 0)], measure, 52);
    expect(plan.changes.map(({ description }) => description)).toEqual(['a = 0']);
  });

  it('passes over what saves nothing worth a line, and what cannot be done', () => {
    const plan = planToFit(start, [lower('a', 49.5), lower('b', 60), lower('b', 0)], measure, 80);
    expect(plan.changes.map(({ description }) => description)).toEqual(['b = 0']);
  });

  it('reports a change that is made twice as one', () => {
    const plan = planToFit(start, [lower('a', 40), lower('a', 20), lower('b', 0)], measure, 70);
    expect(plan.changes).toEqual([
      { description: 'a = 20', price: 'some a', saved_bytes: 30, total_bytes: 70 },
    ]);
  });

  it('says so when everything together is not enough', () => {
    const plan = planToFit(start, [lower('a', 40), lower('b', 10)], measure, 5);
    expect(plan.fits).toBe(false);
    expect(plan.changes).toHaveLength(2);
    expect(measure(plan.options)).toBe(70);
  });
});
