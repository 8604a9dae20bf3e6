import type { ChatMessage } from '../../tokenizers/chat-message.js';
import type { Tokenizer } from '../../tokenizers/tokenizer.js';

/** The role with a capital, as a name in front of what it says. */
function speaker(role: string): string {
  return role.slice(0, 1).toUpperCase() + role.slice(1);
}

/**
 * The text of a conversation for a model without a chat template, in training and generation alike:
 *
 * ```
 * User: …
 * Assistant: …<end of sequence>
 * ```
 *
 * No space follows the last `Assistant:` that is to be answered, so that the answer starts with a token of a word
 * with its space, as words in running text do. Encode it with what the tokenizer puts before a text.
 *
 * @param options.addGenerationPrompt ends the text where the model is to answer
 */
export function renderPlainChat(
  messages: readonly ChatMessage[],
  tokenizer: Pick<Tokenizer, 'endOfSequenceIds' | 'tokenText'>,
  { addGenerationPrompt }: { readonly addGenerationPrompt: boolean },
): string {
  const [endId] = tokenizer.endOfSequenceIds;
  const end = (endId === undefined ? undefined : tokenizer.tokenText(endId)) ?? '';
  const turns = messages.map(
    ({ role, content }) => `${speaker(role)}: ${content}${role === 'assistant' ? end : ''}`,
  );
  return [...turns, ...(addGenerationPrompt ? ['Assistant:'] : [])].join('\n');
}
