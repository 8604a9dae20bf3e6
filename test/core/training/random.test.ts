import { describe, expect, it } from 'vitest';
import { Random } from '../../../src/core/training/random.js';

describe('Random', () => {
  it('gives the numbers of the reference xoshiro128** 1.1', () => {
    // Worked out in Python from the published algorithm, arbitrary-precision integers masked to 32 bits; the same
    // numbers stand in the tests of several other implementations for the state 1, 2, 3, 4.
    const random = Random.fromState(1, 2, 3, 4);
    expect(Array.from({ length: 10 }, () => random.uint32())).toEqual([
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
    ]);
  });

  it('makes a uniform number of the 53 leading bits of two draws', () => {
    // From the numbers above: floor(11520 / 2^5) = 360 and floor(0 / 2^6) = 0; then 185220 and 1106550.
    const random = Random.fromState(1, 2, 3, 4);
    expect(random.uniform()).toBe(360 / 2 ** 27);
    expect(random.uniform()).toBe((185220 * 2 ** 26 + 1106550) / 2 ** 53);
  });

  it('starts another sequence for every list of seeds, also beyond 32 bits', () => {
    const lists = [[], [0], [0, 0], [1], [0, 1], [1, 0], [2 ** 32], [2 ** 32 + 1], [-1], [2 ** 53 - 1]];
    const starts = lists.map((seeds) => {
      const random = new Random(...seeds);
      return `${random.uint32()} ${random.uint32()}`;
    });
    expect(new Set(starts).size).toBe(lists.length);
    const [again, once] = [new Random(7, 3), new Random(7, 3)];
    expect(Array.from({ length: 5 }, () => again.uint32())).toEqual(
      Array.from({ length: 5 }, () => once.uint32()),
    );
  });

  it('has the mean and variance of the distributions it names', () => {
    const count = 20_000;
    const random = new Random(1);
    const moments = (draw: () => number): [mean: number, variance: number] => {
      const values = Array.from({ length: count }, draw);
      const mean = values.reduce((sum, value) => sum + value, 0) / count;
      return [mean, values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count];
    };
    // Bounds of more than 4 standard errors: sqrt(variance / count) is 0.002 and 0.007.
    const [uniformMean, uniformVariance] = moments(() => random.uniform());
    expect(Math.abs(uniformMean - 1 / 2)).toBeLessThan(0.009);
    expect(Math.abs(uniformVariance - 1 / 12)).toBeLessThan(0.003);
    const [normalMean, normalVariance] = moments(() => random.normal());
    expect(Math.abs(normalMean)).toBeLessThan(0.03);
    expect(Math.abs(normalVariance - 1)).toBeLessThan(0.05);
  });

  it('shuffles into every order equally often', () => {
    const random = new Random(5);
    const counts = new Map<string, number>();
    for (let draw = 0; draw < 6000; draw++) {
      const order = random.shuffle(['a', 'b', 'c']).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual(['abc', 'acb', 'bac', 'bca', 'cab', 'cba']);
    // 1,000 expected of each, with a standard deviation of 29.
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(130);
  });
});
