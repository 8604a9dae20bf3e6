import { encodeChat, encodeText } from '../../core/generation/prompts.js';
import type { Tokenizer } from '../../core/tokenizers/tokenizer.js';

/** Prompts as they are given: texts to be continued, or what a user says in the model's chat template. */
export interface GivenPrompts {
  readonly prompts: readonly string[];
  readonly chat: boolean;
  /** The system message of a chat. */
  readonly system?: string | undefined;
}

/**
 * Token ids of each prompt.
 *
 * @param now milliseconds since 1970: the day that a chat template may tell the model
 */
export function encodePrompts(
  tokenizer: Tokenizer,
  { prompts, chat, system }: GivenPrompts,
  now: number,
): number[][] {
  if (!chat) return prompts.map((prompt) => encodeText(tokenizer, prompt));
  const opening = system === undefined ? [] : [{ role: 'system', content: system }];
  return prompts.map((content) =>
    encodeChat(tokenizer, [...opening, { role: 'user', content }], new Date(now)),
  );
}
