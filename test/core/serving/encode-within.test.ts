import { expect, it } from 'vitest';
import { encodeWithin } from '../../../src/core/serving/encode-within.js';

/** Encodes by a rule, and counts the characters that were encoded. */
function counting(rule: RegExp) {
  const counter = {
    characters: 0,
    encode: (text: string): number[] => {
      counter.characters += text.length;
      return (text.match(rule) ?? []).map(({ length }) => length);
    },
  };
  return counter;
}

it('refuses what is far too long after a beginning of it', () => {
  const words = counting(/ ?\w+/g);
  expect(() => encodeWithin('word '.repeat(1_000_000), 100, words.encode)).toThrow(
    expect.objectContaining({ code: 'CONTEXT_OVERFLOW' }),
  );
  expect(words.characters).toBe(1600);
});

it('encodes once what fits, and all of what has long tokens', () => {
  const words = counting(/ ?\w+/g);
  expect(encodeWithin('word '.repeat(100), 100, words.encode)).toHaveLength(100);
  expect(words.characters).toBe(500);
  // A run of blanks may be one token, however long it is.
  const blanks = counting(/ +|\w+/g);
  expect(encodeWithin(`a${' '.repeat(100_000)}b`, 4, blanks.encode)).toEqual([1, 100_000, 1]);
});

it('leaves what is a little too long to those who know by how much', () => {
  expect(encodeWithin('word '.repeat(150), 100, counting(/ ?\w+/g).encode)).toHaveLength(150);
});
