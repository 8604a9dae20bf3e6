import { isJsonObject } from '../../checkpoints/json-file.js';
import { quoteName } from '../../checkpoints/quote-name.js';
import type { ChatMessage } from '../../tokenizers/chat-message.js';
import { contentLeftOut, kindOf } from '../columns.js';
import { conversation } from '../conversation.js';
import type { RowFault, RowFormat } from '../row-format.js';

/** Roles of the published format; `developer` is the newer name of `system`. */
const ROLES: ReadonlyMap<string, string> = new Map([
  ['system', 'system'],
  ['developer', 'system'],
  ['user', 'user'],
  ['assistant', 'assistant'],
]);

/** Contents are a string, or a list of parts of which those of type `text` can be read. */
function readContent(content: unknown): string | RowFault {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return { problem: `content is ${kindOf(content)}, not a string` };
  let text = '';
  for (const part of content as unknown[]) {
    if (!isJsonObject(part) || part['type'] !== 'text' || typeof part['text'] !== 'string') {
      return { problem: 'content has a part that is not text' };
    }
    text += part['text'];
  }
  return text;
}

function readMessage(message: unknown): ChatMessage | RowFault {
  if (!isJsonObject(message)) return { problem: `is ${kindOf(message)}, not an object` };
  const { role } = message;
  if (typeof role !== 'string') return { problem: `role is ${kindOf(role)}, not a string` };
  const knownRole = ROLES.get(role);
  if (knownRole === undefined) {
    return { problem: `role ${quoteName(role)} is not one of ${[...ROLES.keys()].join(', ')}` };
  }
  if (message['tool_calls'] != null || message['function_call'] != null) {
    return { problem: 'tool calls cannot be learnt' };
  }
  if (message['weight'] === 0) return { problem: 'weight 0 (an answer not to be learnt) is not supported' };
  const content = readContent(message['content']);
  return typeof content === 'string' ? { role: knownRole, content } : content;
}

/** Conversations as OpenAI's chat completion and fine-tuning interfaces publish them. */
export const messages: RowFormat = {
  id: 'messages',
  description: 'OpenAI chat: "messages", a list of {"role", "content"}.',
  example: {
    messages: [
      { role: 'system', content: 'Answer in one word.' },
      { role: 'user', content: 'What is the capital of France?' },
      { role: 'assistant', content: 'Paris' },
    ],
  },
  detect: (row) => Object.hasOwn(row, 'messages'),
  parse(row) {
    const list = row['messages'];
    if (!Array.isArray(list)) return { problem: `column "messages" is ${kindOf(list)}, not a list` };
    const leftOut = contentLeftOut(row, ['tools', 'functions']);
    if (leftOut) return leftOut;
    const turns: ChatMessage[] = [];
    for (const [index, entry] of list.entries()) {
      const turn = readMessage(entry);
      if ('problem' in turn) return { problem: `message ${index + 1}: ${turn.problem}` };
      turns.push(turn);
    }
    return conversation(turns);
  },
};
