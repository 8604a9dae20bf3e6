import type { ChatMessage } from '../tokenizers/chat-message.js';
import { isBlank } from './columns.js';
import type { ChatExample } from './example.js';
import type { RowFault } from './row-format.js';

/** A conversation that can be learnt from, or why it cannot: what people and the assistant say must not be empty. */
export function conversation(messages: readonly ChatMessage[]): ChatExample | RowFault {
  const empty = messages.findIndex(({ role, content }) => role !== 'system' && isBlank(content));
  if (empty >= 0) return { problem: `message ${empty + 1} (${messages[empty]!.role}) is empty` };
  const misplaced = messages.findIndex(({ role }, index) => role === 'system' && index > 0);
  // Published templates refuse a system message anywhere else, or drop it.
  if (misplaced >= 0) return { problem: `message ${misplaced + 1} (system) is not the first` };
  if (!messages.some(({ role }) => role === 'assistant')) {
    return { problem: 'the conversation has no answer of the assistant' };
  }
  return { kind: 'chat', messages };
}
