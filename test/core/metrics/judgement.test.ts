import { expect, it } from 'vitest';
import { judge } from '../../../src/core/metrics/judge.js';
import {
  parseRating,
  parseVerdict,
  settleVerdicts,
  withoutMark,
} from '../../../src/core/metrics/judgement/verdict.js';

it('reads the verdict that a reply ends with, and none where it ends with none', () => {
  expect(parseVerdict('Both are good, but A is clearer. [[A]]')).toBe('first');
  expect(parseVerdict('You asked for [[A]] or [[B]]. My verdict: [[B]].')).toBe('second');
  expect(parseVerdict('[[C]]')).toBe('tie');
  expect(parseVerdict('Better: **[[B]]**\n')).toBe('second');
  // A mark elsewhere may be quoted from what is judged, or the reply was cut off.
  for (const reply of ['The answer says [[A]], which is odd', '[[A]] [[', '[[A]] or [[D]]'])
    expect(parseVerdict(reply)).toBeUndefined();
  for (const reply of ['', 'A', '[A]', '[[a]]', '[[D]]', '[[A or B]]', '[[toString]]'])
    expect(parseVerdict(reply)).toBeUndefined();
});

it('reads a rating', () => {
  expect(parseRating('Rating: [[7]]')).toBe(7);
  expect(parseRating('Not [[10]] but [[8.5]]')).toBe(8.5);
  for (const reply of ['7', '[[seven]]', '[[-1]]', '[[1.]]', '[[5]] is what it asks for'])
    expect(parseRating(reply)).toBeUndefined();
});

it('gives a win only to an answer that is preferred in both places', () => {
  expect(settleVerdicts({ testedFirst: 'first', testedSecond: 'second' })).toBe('win');
  expect(settleVerdicts({ testedFirst: 'second', testedSecond: 'first' })).toBe('loss');
  // The judge prefers a place, not an answer.
  expect(settleVerdicts({ testedFirst: 'first', testedSecond: 'first' })).toBe('tie');
  expect(settleVerdicts({ testedFirst: 'tie', testedSecond: 'second' })).toBe('tie');
  expect(settleVerdicts({ testedFirst: 'tie', testedSecond: undefined })).toBeUndefined();
});

it('gives the reason without the mark', () => {
  expect(withoutMark('Short, but right.\n\nRating: [[4]].')).toBe('Short, but right.\n\nRating:');
  expect(withoutMark('[[4]] is quoted')).toBe('[[4]] is quoted');
});

it('leaves replies without a rating out of the mean, and counts them', () => {
  const of = (...ratings: (number | undefined)[]) =>
    judge.aggregate(ratings.map((rating) => judge.statistic({ rating })));
  expect(of(5, undefined, 2, undefined)).toEqual({ judge_rating: 3.5, judge_unreadable: 0.5 });
  expect(of(undefined)).toEqual({ judge_rating: NaN, judge_unreadable: 1 });
});
