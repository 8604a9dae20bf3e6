import { describe, expect, it } from 'vitest';
import { parseTokenCount } from '../../../src/core/estimates/token-count.js';

describe('token counts', () => {
  it.each([
    ['300B', 300e9],
    ['1.4T', 1.4e12],
    ['1e12', 1e12],
    ['11,800,000', 11_800_000],
    ['15.6t', 15.6e12],
  ])('reads %s', (text, count) => {
    expect(parseTokenCount(text)).toBe(count);
  });

  it.each([
    ['-5', 'as a number of tokens this is negative'],
    ['0', 'whole number above zero'],
    ['1e18', 'more than all text there is'],
    ['many', '"many" is not a number of tokens'],
    ['', 'is not a number of tokens'],
    ['3X', 'is not a number of tokens'],
  ])('refuses %j', (text, reason) => {
    expect(() => parseTokenCount(text)).toThrow(expect.objectContaining({ code: 'USAGE' }));
    expect(() => parseTokenCount(text)).toThrow(reason);
  });
});
