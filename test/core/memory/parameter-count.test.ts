import { describe, expect, it } from 'vitest';
import { parseParameterCount } from '../../../src/core/memory/parameter-count.js';

describe('parameter counts', () => {
  it.each([
    ['7B', 7e9],
    ['7b', 7e9],
    ['175B', 175e9],
    ['124M', 124e6],
    ['0.5B', 5e8],
    ['1.1b', 1.1e9],
    ['1T', 1e12],
    ['82k', 82_000],
    ['1.5e9', 1.5e9],
    ['1e9', 1e9],
    ['6738415616', 6_738_415_616],
    ['6,738,415,616', 6_738_415_616],
    ['6_738_415_616', 6_738_415_616],
    [' 7 B ', 7e9],
  ])('reads %s', (text, count) => {
    expect(parseParameterCount(text)).toBe(count);
  });

  it.each(['abc', 'B', './7B', 'models/7B', '', '7X', '7,0', '1e', 'gpt2', '7B8'])(
    'leaves %j to be a path',
    (text) => {
      expect(parseParameterCount(text)).toBeUndefined();
    },
  );

  it.each([
    ['-5', 'negative'],
    ['-7B', 'negative'],
    ['0', 'whole number above zero'],
    ['0B', 'whole number above zero'],
    ['1.5', 'whole number above zero'],
    ['1e300', 'more than any model'],
    ['1e999', 'more than any model'],
  ])('refuses %s', (text, reason) => {
    expect(() => parseParameterCount(text)).toThrow(expect.objectContaining({ code: 'USAGE' }));
    expect(() => parseParameterCount(text)).toThrow(reason);
  });
});
