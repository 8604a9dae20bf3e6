/** What a metric cannot measure is said, and not counted as wrong. */
import { describe, expect, it } from 'vitest';
import { cosineSimilarity } from '../../../src/core/metrics/embedding-similarity.js';
import { nerF1Strict } from '../../../src/core/metrics/ner-f1-strict.js';
import { nerF1 } from '../../../src/core/metrics/ner-f1.js';
import { meetsJsonSchema } from '../../../src/core/metrics/structure/json-schema.js';
import { toxicityWordRateWith } from '../../../src/core/metrics/toxicity-word-rate.js';

describe('tags', () => {
  it('must be as many as the right ones', () => {
    expect(() => nerF1.statistic({ prediction: ['O'], reference: ['O', 'O'] })).toThrow(
      expect.objectContaining({
        code: 'BAD_DATASET',
        message: 'A row has 1 predicted tags for 2 right ones.',
      }),
    );
  });

  it('must be IOB2 for the strict metric, which is said with the tag', () => {
    expect(() => nerF1Strict.statistic({ prediction: ['O', 'S-PER'], reference: ['O', 'O'] })).toThrow(
      expect.objectContaining({ code: 'BAD_DATASET', message: expect.stringContaining('"S-PER"') as string }),
    );
  });
});

describe('JSON Schemas', () => {
  it.each([
    [{ unevaluatedProperties: false }, 'unevaluatedProperties'],
    [{ properties: { a: { $dynamicRef: '#x' } } }, '$dynamicRef'],
    [{ type: 'text' }, '"text"'],
    [{ $ref: 'https://example.org/schema' }, 'another document'],
    [{ $ref: '#/$defs/a' }, 'leads nowhere'],
    [{ $ref: '#' }, 'circle'],
    [{ properties: { a: [] } }, 'a list'],
    [5, '5'],
  ])('%j is refused', (schema, reason) => {
    expect(() => meetsJsonSchema({ a: {} }, schema)).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED', message: expect.stringContaining(reason) as string }),
    );
  });

  it('with a name of Object itself are met by no accident', () => {
    expect(meetsJsonSchema({}, { required: ['constructor'] })).toBe(false);
    expect(meetsJsonSchema({}, { properties: { toString: false } })).toBe(true);
    expect(
      meetsJsonSchema(JSON.parse('{"__proto__": 1}'), { properties: {}, additionalProperties: false }),
    ).toBe(false);
  });
});

it('vectors must be of one length', () => {
  expect(() => cosineSimilarity([1], [1, 2])).toThrow('vectors of 1 and 2 numbers');
});

it('a word list of one’s own takes the place of the shipped one', () => {
  const metric = toxicityWordRateWith(['doof', 'blöd']);
  const rows = ['Das ist BLÖD.', 'You idiot'].map((prediction) => metric.statistic({ prediction }));
  expect(metric.aggregate(rows)).toEqual({ toxicity_word_rate: 0.5, toxic_words: 0.2 });
});
