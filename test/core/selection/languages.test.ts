/** Codes and names from ISO 639. */
import { expect, it } from 'vitest';
import { languageCode, languageName } from '../../../src/core/selection/languages.js';

const NAMED = ['en', 'de', 'zh', 'sw', 'multilingual'];

it.each([
  ['de', 'de'],
  ['DE', 'de'],
  ['German', 'de'],
  ['english', 'en'],
  ['Swahili', 'sw'],
  ['is', 'is'],
  ['klingonese', undefined],
  ['xx', undefined],
  ['', undefined],
])('%j is %s', (text, code) => {
  expect(languageCode(text, NAMED)).toBe(code);
});

it('names languages, and repeats what is none', () => {
  expect(['de', 'zh', 'multilingual', '?'].map(languageName)).toEqual([
    'German',
    'Chinese',
    'multilingual',
    '?',
  ]);
});
