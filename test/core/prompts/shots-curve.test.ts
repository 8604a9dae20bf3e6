import { describe, expect, it } from 'vitest';
import { judgeShots, type ShotsPoint } from '../../../src/core/prompts/shots-curve.js';

/** A point with an interval of ±`half`; 40 tokens and 60 more for each example. */
const point = (shots: number, score: number, half = 0.02): ShotsPoint => ({
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
    ['flat from none to five', [point(0, 0.5), point(5, 0.52)], undefined, 'enough-tried', 'fine-tune', 0],
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
    [
      'intervals that overlap a little',
      [point(0, 0.5), point(6, 0.53)],
      undefined,
      'enough-tried',
      'fine-tune',
      0,
    ],
  ])('%s', (_name, points, bar, rule, verdict, shots) => {
    expect(judgeShots([...points].reverse(), bar)).toMatchObject({ rule, verdict, shots });
  });

  it('says why, with the price', () => {
    const judgement = judgeShots([point(0, 0.5), point(3, 0.69), point(6, 0.7)], 0.85);
    expect(judgement.sentence).toBe(
      'Prompting has stopped paying short of the bar of 0.85: prompt with 3 examples, and fine-tune for a better score.',
    );
    expect(judgement.reason).toBe(
      '0.7 (0.68 to 0.72) with 6 cannot be told from 0.69 (0.67 to 0.71) with 3; 6 examples make a prompt of 400 tokens, against 40 with 0.',
    );
    expect(judgement.source).toContain('five or six');
  });

  it('refuses points that are none', () => {
    expect(() => judgeShots([])).toThrow('no scores');
    expect(() => judgeShots([point(1, 0.5), point(1, 0.6)])).toThrow('two scores are of 1 example');
    expect(() => judgeShots([{ ...point(1, 0.5), low: NaN }])).toThrow('not within its interval');
    expect(() => judgeShots([{ ...point(1, 0.5), high: 0.4 }])).toThrow('not within its interval');
  });
});
