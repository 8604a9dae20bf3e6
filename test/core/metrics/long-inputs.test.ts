/** Texts of tens of thousands of words, whose tables of all pairs would take gigabytes. */
import { describe, expect, it } from 'vitest';
import { editDistance } from '../../../src/core/metrics/text/edit-distance.js';
import { commonIndices, commonLength } from '../../../src/core/metrics/text/longest-common-subsequence.js';

const LENGTH = 6000;
/** Bytes of a table of 32-bit numbers over all pairs: 144 MB. */
const TABLE = 4 * LENGTH ** 2;

function arrayBuffers(): number {
  return process.memoryUsage().arrayBuffers;
}

/** 0, 1, 2, … with every seventh left out. */
const whole = Array.from({ length: LENGTH }, (_, index) => String(index));
const part = whole.filter((_, index) => index % 7 !== 0);

describe('long texts', () => {
  it('have the subsequence that they were made with, in less memory than the table', () => {
    const before = arrayBuffers();
    const indices = commonIndices(whole, part);
    expect(arrayBuffers() - before).toBeLessThan(TABLE / 4);
    expect(indices).toEqual(part.map(Number));
    expect(commonLength(part, whole)).toBe(part.length);
  });

  it('have the distance that they were made with', () => {
    expect(editDistance(part, whole)).toBe(LENGTH - part.length);
    expect(editDistance(whole, [])).toBe(LENGTH);
  });
});
