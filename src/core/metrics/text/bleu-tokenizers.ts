import { splitWords } from './words.js';

/**
 * The tokenizer of mteval-v13a.pl, which WMT scores with: punctuation apart from words, but no full stop or comma
 * within a number.
 */
function tokenize13a(line: string): string[] {
  const unescaped = line
    .replaceAll('<skipped>', '')
    .replaceAll('-\n', '')
    .replaceAll('\n', ' ')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>');
  return splitWords(
    ` ${unescaped} `
      .replace(/[{-~[-` -&(-+:-@/]/g, ' $& ')
      .replace(/([^0-9])([.,])/gu, '$1 $2 ')
      .replace(/([.,])([^0-9])/gu, ' $1 $2')
      .replace(/([0-9])-/g, '$1 - '),
  );
}

/** The international tokenizer of mteval-v14.pl: punctuation and symbols of every script apart, but not within numbers. */
function tokenizeInternational(line: string): string[] {
  return splitWords(
    line
      .replace(/(\P{N})(\p{P})/gu, '$1 $2 ')
      .replace(/(\p{P})(\P{N})/gu, ' $1 $2')
      .replace(/\p{S}/gu, ' $& '),
  );
}

/** The tokenizers of sacreBLEU that need no dictionary, by its names for them. */
export const BLEU_TOKENIZERS = {
  '13a': tokenize13a,
  intl: tokenizeInternational,
  /** Every character by itself, for scripts without spaces. */
  char: (line: string): string[] => splitWords(Array.from(line).join(' ')),
  /** White space alone, for text that was tokenized before. */
  none: splitWords,
} as const satisfies Record<string, (line: string) => string[]>;

/** Name of a tokenizer in {@link BLEU_TOKENIZERS}. */
export type BleuTokenizer = keyof typeof BLEU_TOKENIZERS;
