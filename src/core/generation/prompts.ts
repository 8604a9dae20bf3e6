import { ToolkitError } from '../errors/toolkit-error.js';
import type { ChatMessage } from '../tokenizers/chat-message.js';
import type { Tokenizer } from '../tokenizers/tokenizer.js';

/** Token ids of plain text, to be continued. A text of no tokens starts from the begin-of-sequence token alone. */
export function encodeText(tokenizer: Tokenizer, text: string): number[] {
  const ids = tokenizer.encode(text);
  if (ids.length > 0) return ids;
  const { beginOfSequenceId } = tokenizer;
  if (beginOfSequenceId !== undefined) return [beginOfSequenceId];
  throw new ToolkitError(
    'the prompt is empty',
    'USAGE',
    'Give at least one character: this model has no token to begin from.',
  );
}

/**
 * Token ids of a conversation, to be answered by the model.
 *
 * @param now the day that the chat template may tell the model
 * @throws ToolkitError `UNSUPPORTED` if the model has no chat template
 */
export function encodeChat(tokenizer: Tokenizer, messages: readonly ChatMessage[], now?: Date): number[] {
  const text = tokenizer.renderChat(messages, { addGenerationPrompt: true, ...(now && { now }) });
  return tokenizer.encode(text, { addSpecialTokens: false });
}
