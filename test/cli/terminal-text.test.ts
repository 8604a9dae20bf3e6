import { describe, expect, it } from 'vitest';
import {
  displayWidth,
  sanitizeForTerminal,
  sanitizeLinesForTerminal,
  truncateToWidth,
  wrapWords,
} from '../../src/cli/terminal-text.js';
import { toJsonText } from '../../src/cli/json-text.js';

describe('text from data on a terminal', () => {
  it('shows escapes instead of obeying them', () => {
    expect(sanitizeForTerminal('a\u001b[31mred\u001b[0m')).toBe('a\\x1b[31mred\\x1b[0m');
    expect(sanitizeForTerminal('\u009b2J')).toBe('\\x9b2J');
    expect(sanitizeForTerminal('bell\u0007 null\u0000 delete\u007f')).toBe('bell\\x07 null\\x00 delete\\x7f');
    expect(sanitizeForTerminal('title\u001b]0;owned\u0007')).toBe('title\\x1b]0;owned\\x07');
  });

  it('shows line feeds, carriage returns and tabs, which could forge a line', () => {
    expect(sanitizeForTerminal('a\nError: b\r\tc')).toBe('a\\nError: b\\r\\tc');
    expect(sanitizeLinesForTerminal('a\nb\tc\rd')).toBe('a\nb\tc\\rd');
  });

  it('shows the controls that reverse the reading direction (CVE-2021-42574)', () => {
    expect(sanitizeForTerminal('user\u202e\u2066// admin\u2069')).toBe('user\\u202e\\u2066// admin\\u2069');
    expect(sanitizeForTerminal('a\u2028b')).toBe('a\\u2028b');
  });

  it('leaves the writing of the world alone', () => {
    const text = 'naïve 日本語 العربية हिन्दी 👩‍💻 ∑';
    expect(sanitizeForTerminal(text)).toBe(text);
  });

  it('prints JSON that is safe and means the same', () => {
    const value = { name: 'x\u001b[2J\u009b\u202e\u2028é' };
    const text = toJsonText(value);
    expect(JSON.parse(text)).toEqual(value);
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e\u2028]/);
  });

  it('counts cells: two for wide characters, none for combining ones', () => {
    expect(displayWidth('abc')).toBe(3);
    expect(displayWidth('日本')).toBe(4);
    expect(displayWidth('e\u0301')).toBe(1);
    expect(displayWidth('👍')).toBe(2);
  });

  it('wraps between words', () => {
    expect(wrapWords('the quick brown fox', 9)).toBe('the quick\nbrown fox');
    expect(wrapWords('a verylongword b', 6)).toBe('a\nverylongword\nb');
    expect(wrapWords('never wrapped', Infinity)).toBe('never wrapped');
  });

  it('cuts to a width', () => {
    expect(truncateToWidth('weights', 7)).toBe('weights');
    expect(truncateToWidth('weights', 5)).toBe('weig…');
    expect(truncateToWidth('日本語', 4)).toBe('日…');
    expect(truncateToWidth('abc', 0)).toBe('');
  });
});
