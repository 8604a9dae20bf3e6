import { encodeChat, encodeText } from '../../core/generation/prompts.js';
import { fitPrompt } from '../../core/prompts/fit-prompt.js';
import type { PromptContent } from '../../core/prompts/render-prompt.js';
import type { PromptTemplate } from '../../core/prompts/prompt-template.js';
import type { Prompt } from '../../core/providers/provider.js';
import type { Tokenizer } from '../../core/tokenizers/tokenizer.js';

/** A template with what is filled in. */
export interface TemplatePrompt extends PromptContent {
  readonly template: PromptTemplate;
}

/** Prompts as they are given: texts to be continued, what a user says in the model's chat template, or templates. */
export interface GivenPrompts {
  readonly prompts: readonly (string | TemplatePrompt)[];
  readonly chat: boolean;
  /** The system message of a chat. */
  readonly system?: string | undefined;
  readonly maxNewTokens: number;
}

/** What prompts are encoded for. */
interface PromptReader {
  readonly tokenizer: Tokenizer;
  readonly model: { readonly shape: { readonly contextLength: number } };
}

/**
 * Token ids of each prompt. A template is sent as evaluations send it: with as many of its examples as leave room for the
 * answer, and without the day.
 *
 * @param now milliseconds since 1970: the day that a chat template may tell the model
 * @throws ToolkitError `CONTEXT_OVERFLOW` for a template that does not fit without any example
 */
export function encodePrompts(
  { tokenizer, model }: PromptReader,
  { prompts, chat, system, maxNewTokens }: GivenPrompts,
  now: number,
): Promise<number[][]> {
  const opening = system === undefined ? [] : [{ role: 'system', content: system }];
  const encode = (prompt: Prompt): number[] =>
    prompt.kind === 'text' ? encodeText(tokenizer, prompt.text) : encodeChat(tokenizer, prompt.messages);
  return Promise.all(
    prompts.map(async (given) => {
      if (typeof given !== 'string') {
        const { prompt } = await fitPrompt({
          ...{ ...given, maxNewTokens, contextLength: model.shape.contextLength },
          countTokens: (attempt) => encode(attempt).length,
        });
        return encode(prompt);
      }
      if (!chat) return encodeText(tokenizer, given);
      return encodeChat(tokenizer, [...opening, { role: 'user', content: given }], new Date(now));
    }),
  );
}
