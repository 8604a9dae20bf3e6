import { z } from 'zod';
import { encodeText } from '../core/generation/prompts.js';
import type { Tokenizer } from '../core/tokenizers/tokenizer.js';

const tokens = z.array(z.int().nonnegative()).min(1);

/** One text or several, each as text or as token ids, as OpenAI's interface takes them. */
export function textInputs(most: number) {
  const lists = z.union([z.array(z.string()).min(1).max(most), tokens, z.array(tokens).min(1).max(most)]);
  return z.union([z.string(), lists]).transform((input): readonly TextInput[] => {
    if (typeof input === 'string') return [input];
    return typeof input[0] === 'number' ? [input as number[]] : (input as TextInput[]);
  });
}

/** A text, or the ids of its tokens. */
export type TextInput = string | readonly number[];

/** The tokens of a text. */
export function tokensOf(tokenizer: Tokenizer, input: TextInput): readonly number[] {
  return typeof input === 'string' ? encodeText(tokenizer, input) : input;
}
