import { describe, expect, it } from 'vitest';
import { judgeShots, type ShotsPoint } from '../../../src/core/prompts/shots-curve.js';

/** A point with an interval of ±`half`; 40 tokens and 60 more for each example. */
const point = (shots: number, score: number, half = 0.015): ShotsPoint => ({
  ...{ shots, score, low: score - half, high: score + half },
  tokens: 40 + 60 * shots,
});

describe('judgeShots', () => {
  it.each<[string, ShotsPoint[], number | undefined, string, string, number]>([
    ['one point', [point(0, 0.5)], undefined, 'too-few-points', 'measure-more', 0],
    [
      'rising so far',
      [point(0, 0.5), point(1, 0.6), point(3, 0.7)],
      undefined,
      'still-rising',
      'add-examples',
      3,
    ],
    ['flat up to three', [point(0, 0.5), point(3, 0.51)], undefined, 'not-known-yet', 'measure-more', 0],
    [
      'flat from three to six',
      [point(0, 0.5), point(3, 0.69), point(6, 0.7)],
      undefined,
      'enough-tried',
      'fine-tune',
      3,
    ],
    ['flat from none to five', [point(0, 0.5), point(5, 0.51)], undefined, 'enough-tried', 'fine-tune', 0],
    [
      'rising beyond five',
      [point(0, 0.5), point(3, 0.6), point(6, 0.7)],
      0.9,
      'rising-at-a-price',
      'fine-tune',
      6,
    ],
    ['falling', [point(0, 0.5), point(1, 0.7), point(3, 0.6)], undefined, 'examples-hurt', 'fine-tune', 1],
    ['bar reached early', [point(0, 0.5), point(1, 0.83), point(6, 0.9)], 0.8, 'bar-reached', 'enough', 1],
    ['bar within the interval', [point(0, 0.5), point(6, 0.81)], 0.8, 'rising-at-a-price', 'fine-tune', 6],
    ['a bar on one point', [point(0, 0.9)], 0.8, 'bar-reached', 'enough', 0],
    // By hand: 6 examples may be 0.545 − 0.485 = 0.06 better, more than the 0.05 that nobody misses.
    [
      'intervals that leave a gain worth having open',
      [point(0, 0.5), point(6, 0.53)],
      undefined,
      'too-few-rows',
      'measure-more',
      0,
    ],
    [
      'noise of few rows',
      [point(0, 0.5, 0.3), point(3, 0.4, 0.3), point(6, 0.6, 0.3)],
      undefined,
      'too-few-rows',
      'measure-more',
      0,
    ],
  ])('%s', (_name, points, bar, rule, verdict, shots) => {
    expect(judgeShots([...points].reverse(), { bar })).toMatchObject({ rule, verdict, shots });
  });

  it('says why, with the price', () => {
    const judgement = judgeShots([point(0, 0.5), point(3, 0.69), point(6, 0.7)], { bar: 0.85 });
    expect(judgement.sentence).toBe(
      'Prompting has stopped paying short of the bar of 0.85: prompt with 3 examples, and fine-tune for a better score.',
    );
    expect(judgement.reason).toBe(
      '0.7 (0.685 to 0.715) with 6 against 0.69 (0.675 to 0.705) with 3: the difference is between -0.02 and 0.04; 6 examples make a prompt of 400 tokens, against 40 with 0.',
    );
    expect(judgement.source).toContain('five or six');
  });

  it('leaves the price out where nobody counts tokens', () => {
    const points = [point(0, 0.5), point(6, 0.5)].map((one) => ({ ...one, tokens: null }));
    expect(judgeShots(points).reason).toBe(
      '0.5 (0.485 to 0.515) with 6 against 0.5 (0.485 to 0.515) with 0: the difference is between -0.03 and 0.03.',
    );
  });

  it('goes by the difference on the same rows where it is known', () => {
    const points = [point(0, 0.5, 0.1), point(5, 0.58, 0.1)];
    const between = (low: number, high: number) => ({
      difference: (first: ShotsPoint, second: ShotsPoint) =>
        first.shots > second.shots ? { low, high } : { low: -high, high: -low },
    });
    expect(judgeShots(points)).toMatchObject({ rule: 'too-few-rows', shots: 0 });
    expect(judgeShots(points, between(0.03, 0.13))).toMatchObject({ rule: 'rising-at-a-price', shots: 5 });
    expect(judgeShots(points, between(-0.01, 0.04))).toMatchObject({ rule: 'enough-tried', shots: 0 });
  });

  it('takes an interval without width for as wide as its rows leave open', () => {
    // Rule of three, by hand: all of 100 rows right shows 0.97, all of 300 shows 0.99.
    const all = [point(0, 1, 0)];
    expect(judgeShots(all, { bar: 0.98 }).verdict).toBe('enough');
    expect(judgeShots(all, { bar: 0.98, rows: 100 }).verdict).toBe('measure-more');
    expect(judgeShots(all, { bar: 0.98, rows: 300 }).verdict).toBe('enough');
    // Equal answers with 0 and 5 examples: 3 / 50 may differ on other rows, 3 / 100 would not matter.
    const same = [point(0, 0.5, 0.1), point(5, 0.5, 0.1)];
    const difference = () => ({ low: 0, high: 0 });
    expect(judgeShots(same, { difference, rows: 50 }).rule).toBe('too-few-rows');
    expect(judgeShots(same, { difference, rows: 100 }).rule).toBe('enough-tried');
  });

  it('refuses points that are none', () => {
    expect(() => judgeShots([])).toThrow('no scores');
    expect(() => judgeShots([point(1, 0.5), point(1, 0.6)])).toThrow('two scores are of 1 example');
    expect(() => judgeShots([{ ...point(1, 0.5), low: NaN }])).toThrow('not within its interval');
    expect(() => judgeShots([{ ...point(1, 0.5), high: 0.4 }])).toThrow('not within its interval');
  });
});
