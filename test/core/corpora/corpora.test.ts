import { describe, expect, it } from 'vitest';
import {
  addMeasurements,
  corpusSize,
  measureText,
  PUBLISHED_LANGUAGES,
  publishedTextLengths,
} from '../../../src/core/corpora/index.js';

/** A tokenizer whose answer is known: one token for every started three characters. */
const THREES = { encode: (text: string) => Array.from({ length: Math.ceil(text.length / 3) }, () => 0) };

describe('published lengths of text', () => {
  // Premiums over English as the paper prints them (arXiv 2305.15425).
  it.each([
    ['bulgarian', 5.51, 2.64],
    ['burmese', 16.89, 11.7],
    ['chinese-simplified', 3.21, 1.91],
    ['french', 2.0, 1.6],
    ['german', 2.14, 1.58],
    ['italian', 2.01, 1.64],
    ['japanese', 3.0, 2.3],
    ['norwegian', 1.86, 1.56],
    ['portuguese', 1.94, 1.48],
    ['romanian', 2.48, 1.88],
    ['spanish', 1.99, 1.55],
    ['arabic', 4.4, 3.04],
    ['vietnamese', 4.54, 2.45],
    ['english', 1, 1],
  ])('%s takes %d times the tokens of English by GPT-2, %d by cl100k_base', (language, gpt2, cl100k) => {
    expect(publishedTextLengths(language, 'gpt2')!.premium.value).toBeCloseTo(gpt2, 2);
    expect(publishedTextLengths(language, 'cl100k_base')!.premium.value).toBeCloseTo(cl100k, 2);
  });

  it('are plausible for every language: a token is never less than a byte, never more than 16 bytes', () => {
    for (const language of PUBLISHED_LANGUAGES) {
      for (const tokenizer of ['gpt2', 'cl100k_base', 'llama', 'bloom'] as const) {
        const { bytes_per_token } = publishedTextLengths(language, tokenizer)!;
        expect(bytes_per_token.value, language).toBeGreaterThan(1);
        expect(bytes_per_token.value, language).toBeLessThan(16);
      }
    }
    expect(publishedTextLengths('english', 'gpt2')!.bytes_per_token.value).toBeCloseTo(259_396 / 52_567, 12);
    expect(publishedTextLengths('klingon', 'gpt2')).toBeUndefined();
  });
});

describe('the measurement of a text', () => {
  it('counts bytes, characters, words and tokens', () => {
    // "Größe 😀 zählt.\n": 16 UTF-16 units; ö, ß, ä of two bytes each, the emoji of four.
    const result = measureText('Größe 😀 zählt.\n', THREES, 'test')!;
    expect(result).toMatchObject({ utf8_bytes: 21, characters: 15, words: 2, tokens: 6 });
    expect(result.bytes_per_token.value).toBe(3.5);
    expect(result.tokens_per_1000_characters.value).toBe(400);
    expect(result.words_per_token.value).toBeCloseTo(1 / 3, 12);
  });

  it('loses nothing of a long text', () => {
    const line = `${'x'.repeat(998)}\n`;
    expect(measureText(line.repeat(100), THREES, 'test')).toMatchObject({
      utf8_bytes: 99_900,
      tokens: 33_300,
    });
  });

  it('adds texts up by their lengths', () => {
    const [a, b] = ['aaaaaa', 'ééé'].map((text) => measureText(text, THREES, 'test')!);
    const both = addMeasurements([a!, b!], 'test');
    expect(both).toMatchObject({ utf8_bytes: 12, characters: 9, words: 2, tokens: 3 });
    expect(both.bytes_per_token.value).toBe(4);
  });

  it('of nothing is nothing', () => {
    expect(measureText('', THREES, 'test')).toBeUndefined();
  });
});

describe('the size of a corpus', () => {
  it('is what the figures give by hand', () => {
    const size = corpusSize({
      tokens: 1.4e12,
      epochs: 2,
      bytesPerToken: 4,
      source: 'test',
      keptShare: { low: 0.01, high: 0.03 },
    });
    expect(size.unique_tokens.value).toBe(7e11);
    expect(size.curated_bytes.value).toBe(2.8e12);
    expect(size.raw_bytes_least.value).toBeCloseTo(2.8e12 / 0.03, 0);
    expect(size.raw_bytes_most.value).toBeCloseTo(2.8e14, 0);
    expect(size.tokenised_bytes_16_bit.value).toBe(1.4e12);
    expect(size.tokenised_bytes_32_bit.value).toBe(2.8e12);
  });
});
