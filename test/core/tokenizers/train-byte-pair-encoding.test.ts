import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ToolkitError } from '../../../src/core/errors/toolkit-error.js';
import {
  trainBytePairEncoding,
  type BytePairTokenizerJson,
} from '../../../src/core/tokenizers/train-byte-pair-encoding.js';

interface Case {
  name: string;
  documents: string[];
  vocabularySize: number;
  minimumFrequency: number;
  specialTokens: string[];
  tokenizer: BytePairTokenizerJson;
}

// Made by test/golden/make-bpe-trainer.py with the BpeTrainer of Hugging Face `tokenizers`.
const { cases } = JSON.parse(
  readFileSync(new URL('../../golden/bpe-trainer.json', import.meta.url), 'utf8'),
) as {
  cases: Case[];
};

describe('trainBytePairEncoding', () => {
  it.each(cases)('writes the tokenizer.json of the reference trainer: $name', (golden) => {
    const { documents, vocabularySize, minimumFrequency, specialTokens } = golden;
    const trained = trainBytePairEncoding(documents, { vocabularySize, minimumFrequency, specialTokens });
    expect(trained.model.merges).toEqual(golden.tokenizer.model.merges);
    expect(trained).toEqual(golden.tokenizer);
  });

  it('merges the worked example of Sennrich et al. 2016 by hand', () => {
    // low 5, lower 2, newest 6, widest 3: "es" and "st" are seen 9 times each; "e" + "s" has the lower ids.
    const text = ['low '.repeat(5), 'lower '.repeat(2), 'newest '.repeat(6), 'widest '.repeat(3)].join('');
    const { merges } = trainBytePairEncoding([...text.split(' ')], { vocabularySize: 259 }).model;
    expect(merges).toEqual([
      ['e', 's'],
      ['es', 't'],
      ['l', 'o'],
    ]);
  });

  it('does not count a pair across words or documents', () => {
    const { merges } = trainBytePairEncoding(['a', 'b', 'a', 'b', '1212'], { vocabularySize: 300 }).model;
    expect(merges).toEqual([]);
  });

  it('refuses a vocabulary that cannot hold the bytes and special tokens', () => {
    expect(() => trainBytePairEncoding([], { vocabularySize: 256, specialTokens: ['<s>'] })).toThrow(
      ToolkitError,
    );
    expect(() => trainBytePairEncoding([], { vocabularySize: 300, specialTokens: ['<s>', '<s>'] })).toThrow(
      /repeated/,
    );
    expect(
      trainBytePairEncoding([], { vocabularySize: 257, specialTokens: ['<s>'] }).model.vocab['<s>'],
    ).toBe(0);
  });
});
