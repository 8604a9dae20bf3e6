import { splitWords } from './words.js';

/** The punctuation of ASCII. */
const PUNCTUATION = /[!-/:-@[-`{-~]/g;
/** A word in itself: letters and digits of every script join words, which JavaScript's `\b` does not know. */
const ARTICLE = /(?<![\p{L}\p{N}_])(?:a|an|the)(?![\p{L}\p{N}_])/gu;

/** Words of an answer, without case, punctuation and articles (Rajpurkar et al. 2016, evaluate-v1.1.py). */
export function squadWords(answer: string): string[] {
  return splitWords(answer.toLowerCase().replace(PUNCTUATION, '').replace(ARTICLE, ' '));
}
