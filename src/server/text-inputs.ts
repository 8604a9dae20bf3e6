import { z } from 'zod';
import { encodeText } from '../core/generation/prompts.js';
import type { ServedModel } from '../core/serving/served-model.js';
import { ApiError } from './api-error.js';

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

/**
 * The tokens of a text.
 *
 * @param param field of the request that it comes from
 * @throws ApiError 400 for ids that the model has no token for
 */
export function tokensOf(
  { tokenizer, vocabulary }: ServedModel,
  input: TextInput,
  param: string,
): readonly number[] {
  if (typeof input === 'string') return encodeText(tokenizer, input);
  const unknown = input.find((id) => id >= vocabulary);
  if (unknown === undefined) return input;
  throw new ApiError(400, `There is no token ${unknown}; the model has ${vocabulary}.`, { param });
}
