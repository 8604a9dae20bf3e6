import { describe, expect, it } from 'vitest';
import { didYouMean, editDistance, nearMatches } from '../../src/core/near-matches.js';

describe('near matches', () => {
  it('counts edits as the textbooks do', () => {
    // The standard examples for Levenshtein's distance; a swap of neighbours counts once (Damerau).
    expect(editDistance('kitten', 'sitting')).toBe(3);
    expect(editDistance('saturday', 'sunday')).toBe(3);
    expect(editDistance('dytpe', 'dtype')).toBe(1);
    expect(editDistance('', 'abc')).toBe(3);
    expect(editDistance('abc', 'abc')).toBe(0);
  });

  it('offers the nearest first and nothing far-fetched', () => {
    expect(nearMatches('--dtyp', ['--context', '--dtype', '--batch'])).toEqual(['--dtype']);
    expect(nearMatches('zzz', ['--context', '--dtype'])).toEqual([]);
    expect(nearMatches('a', ['b'])).toEqual([]);
  });

  it('asks a question', () => {
    expect(didYouMean('fp23', ['fp32', 'fp16', 'int8'])).toBe('Did you mean fp32 or fp16?');
    expect(didYouMean('nothing-like-it', ['fp32'])).toBeUndefined();
  });
});
