import { describe, expect, it } from 'vitest';
import type { Example } from '../../../src/core/dataset-formats/example.js';
import { holdOut } from '../../../src/core/dataset-formats/read-dataset.js';

function examples(...texts: (string | number)[]): Example[] {
  return texts.map((text) => ({ kind: 'text', text: String(text) }));
}

const hundred = examples(...Array.from({ length: 100 }, (_, index) => index));

describe('holdOut', () => {
  it('cuts the examples into two parts, each in its order', () => {
    const { train, heldOut } = holdOut(hundred, 0.1, 7);
    expect(heldOut).toHaveLength(10);
    expect(hundred.filter((example) => !heldOut.includes(example))).toEqual(train);
    expect(hundred.filter((example) => heldOut.includes(example))).toEqual(heldOut);
  });

  it('is the same for the same seed, and another for another', () => {
    expect(holdOut(hundred, 0.1, 7)).toEqual(holdOut(hundred, 0.1, 7));
    expect(holdOut(hundred, 0.1, 7).heldOut).not.toEqual(holdOut(hundred, 0.1, 8).heldOut);
  });

  it('chooses every example as often as any other', () => {
    const counts = new Map<Example, number>();
    const runs = 2000;
    for (let seed = 0; seed < runs; seed++) {
      for (const example of holdOut(hundred, 0.1, seed).heldOut) {
        counts.set(example, (counts.get(example) ?? 0) + 1);
      }
    }
    // Binomial(2000, 0.1): mean 200, standard deviation 13.4; six of them are exceeded once in 10^9.
    for (const example of hundred) expect(Math.abs(counts.get(example)! - 200)).toBeLessThan(6 * 13.4);
  });

  it('keeps equal examples on one side', () => {
    const repeated = examples('a', 'b', 'a', 'c', 'c', 'd', 'a', 'e', 'c', 'b');
    for (let seed = 0; seed < 50; seed++) {
      const { train, heldOut } = holdOut(repeated, 0.3, seed);
      const learnt = new Set(train.map((example) => JSON.stringify(example)));
      expect(heldOut.filter((example) => learnt.has(JSON.stringify(example)))).toEqual([]);
      // Of groups of 3, 3, 2, 1 and 1: three, or d and e, after which no group is small enough.
      expect([2, 3]).toContain(heldOut.length);
    }
  });

  it('leaves something to train on, and holds nothing out of what is all the same', () => {
    expect(holdOut(examples('a', 'b'), 0.99, 1).train).toHaveLength(1);
    expect(holdOut(examples('a', 'a', 'a'), 0.5, 1).heldOut).toEqual([]);
    expect(holdOut([], 0.5, 1)).toEqual({ train: [], heldOut: [] });
    expect(holdOut(hundred, 0, 1).heldOut).toEqual([]);
  });

  it.each([-0.1, 1, NaN])('refuses a share of %d', (fraction) => {
    expect(() => holdOut(hundred, fraction, 1)).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});
