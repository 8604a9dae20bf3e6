import { expect, it } from 'vitest';
import { parseRating, parseVerdict, settleVerdicts } from '../../../src/core/metrics/judgement/verdict.js';

it('reads the last verdict of a reply, and none where there is none', () => {
  expect(parseVerdict('Both are good, but A is clearer. [[A]]')).toBe('first');
  expect(parseVerdict('You asked for [[A]] or [[B]]. My verdict: [[B]].')).toBe('second');
  expect(parseVerdict('[[C]]')).toBe('tie');
  for (const reply of ['', 'A', '[A]', '[[a]]', '[[D]]', '[[A or B]]'])
    expect(parseVerdict(reply)).toBeUndefined();
});

it('reads a rating', () => {
  expect(parseRating('Rating: [[7]]')).toBe(7);
  expect(parseRating('Not [[10]] but [[8.5]]')).toBe(8.5);
  for (const reply of ['7', '[[seven]]', '[[-1]]', '[[1.]]']) expect(parseRating(reply)).toBeUndefined();
});

it('gives a win only to an answer that is preferred in both places', () => {
  expect(settleVerdicts({ testedFirst: 'first', testedSecond: 'second' })).toBe('win');
  expect(settleVerdicts({ testedFirst: 'second', testedSecond: 'first' })).toBe('loss');
  // The judge prefers a place, not an answer.
  expect(settleVerdicts({ testedFirst: 'first', testedSecond: 'first' })).toBe('tie');
  expect(settleVerdicts({ testedFirst: 'tie', testedSecond: 'second' })).toBe('tie');
  expect(settleVerdicts({ testedFirst: 'tie', testedSecond: undefined })).toBeUndefined();
});
