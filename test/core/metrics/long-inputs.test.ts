/** Texts of thousands of words, of which no table of all pairs is made. */
import { describe, expect, it } from 'vitest';
import { editDistance } from '../../../src/core/metrics/text/edit-distance.js';
import { commonIndices, commonLength } from '../../../src/core/metrics/text/longest-common-subsequence.js';

const LENGTH = 6000;

/** 0, 1, 2, … with every seventh left out. */
const whole = Array.from({ length: LENGTH }, (_, index) => String(index));
const part = whole.filter((_, index) => index % 7 !== 0);

describe('long texts', () => {
  it('have the subsequence that they were made with', () => {
    expect(commonIndices(whole, part)).toEqual(part.map(Number));
    expect(commonLength(part, whole)).toBe(part.length);
  });

  it('have the distance that they were made with', () => {
    expect(editDistance(part, whole)).toBe(LENGTH - part.length);
    expect(editDistance(whole, [])).toBe(LENGTH);
  });
});
