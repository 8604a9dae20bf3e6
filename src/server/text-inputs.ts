import { z } from 'zod';
import { assertReadable, turnOfEvents } from '../core/generation/generate.js';
import { encodeText } from '../core/generation/prompts.js';
import { encodeWithin } from '../core/serving/encode-within.js';
import type { ServedModel } from '../core/serving/served-model.js';
import { ApiError } from './api-error.js';

/** A text, or the ids of its tokens. */
export type TextInput = string | readonly number[];

function isTokens(input: unknown): input is number[] {
  return Array.isArray(input) && input.length > 0 && input.every((id) => Number.isInteger(id) && id >= 0);
}

function inputsOf(input: unknown): readonly TextInput[] | undefined {
  if (typeof input === 'string') return [input];
  if (isTokens(input)) return [input];
  if (!Array.isArray(input) || input.length === 0) return undefined;
  const isList = input.every((text) => typeof text === 'string') || input.every(isTokens);
  return isList ? (input as TextInput[]) : undefined;
}

/** One text or several, each as text or as token ids, as OpenAI's interface takes them. */
export function textInputs(most: number) {
  return z.unknown().transform((input, context): readonly TextInput[] => {
    const inputs = inputsOf(input);
    if (inputs !== undefined && inputs.length <= most) return inputs;
    const message =
      inputs === undefined
        ? 'must be a text, the ids of its tokens, or a list of one of these'
        : `must be ${most} texts at most`;
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  });
}

/**
 * The tokens of texts; between texts others are answered.
 *
 * @param contextLength tokens of a text, and at least one more
 * @param param field of the request that they come from
 * @throws ApiError 400 for ids that the model has no token for; ToolkitError `CONTEXT_OVERFLOW`; the signal's reason
 */
export async function tokensOf(
  { tokenizer, vocabulary }: ServedModel,
  inputs: readonly TextInput[],
  contextLength: number,
  param: string,
  signal: AbortSignal,
): Promise<readonly (readonly number[])[]> {
  const texts: (readonly number[])[] = [];
  for (const [index, input] of inputs.entries()) {
    const tokens =
      typeof input === 'string'
        ? encodeWithin(input, contextLength, (text) => encodeText(tokenizer, text))
        : input;
    const unknown = tokens.find((id) => id >= vocabulary);
    if (unknown !== undefined) {
      throw new ApiError(400, `There is no token ${unknown}; the model has ${vocabulary}.`, { param });
    }
    const name = inputs.length === 1 ? `the ${param}` : `${param} ${index + 1}`;
    assertReadable(tokens, { contextLength, vocabulary }, name);
    texts.push(tokens);
    await turnOfEvents();
    signal.throwIfAborted();
  }
  return texts;
}
