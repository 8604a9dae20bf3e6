import { isJsonObject } from '../../checkpoints/json-file.js';
import { quoteName } from '../../checkpoints/quote-name.js';
import type { ChatMessage } from '../../tokenizers/chat-message.js';
import { contentLeftOut, isBlank, kindOf } from '../columns.js';
import { conversation } from '../conversation.js';
import type { RowFault, RowFormat } from '../row-format.js';

/** Who speaks: the names of the ShareGPT exports, and those of chat templates that many later datasets use. */
const SPEAKERS: ReadonlyMap<string, string> = new Map([
  ['system', 'system'],
  ['human', 'user'],
  ['user', 'user'],
  ['gpt', 'assistant'],
  ['assistant', 'assistant'],
]);

function readTurn(turn: unknown): ChatMessage | RowFault {
  if (!isJsonObject(turn)) return { problem: `is ${kindOf(turn)}, not an object` };
  const { from, value } = turn;
  if (typeof from !== 'string') return { problem: `"from" is ${kindOf(from)}, not a string` };
  const role = SPEAKERS.get(from);
  if (role === undefined) {
    return { problem: `"from" ${quoteName(from)} is not one of ${[...SPEAKERS.keys()].join(', ')}` };
  }
  if (typeof value !== 'string') return { problem: `"value" is ${kindOf(value)}, not a string` };
  return { role, content: value };
}

/** Conversations as exported by ShareGPT and used by Vicuna's training data; a column `system` may go before. */
export const sharegpt: RowFormat = {
  id: 'sharegpt',
  description: 'ShareGPT: "conversations", a list of {"from": "human" or "gpt", "value"}.',
  example: {
    conversations: [
      { from: 'human', value: 'What is the capital of France?' },
      { from: 'gpt', value: 'Paris' },
    ],
  },
  detect: (row) => Object.hasOwn(row, 'conversations'),
  parse(row) {
    const { conversations, system } = row;
    if (!Array.isArray(conversations)) {
      return { problem: `column "conversations" is ${kindOf(conversations)}, not a list` };
    }
    const leftOut = contentLeftOut(row, ['tools']);
    if (leftOut) return leftOut;
    if (system != null && typeof system !== 'string') {
      return { problem: `column "system" is ${kindOf(system)}, not a string` };
    }
    const messages: ChatMessage[] =
      system == null || isBlank(system) ? [] : [{ role: 'system', content: system }];
    for (const [index, entry] of conversations.entries()) {
      const turn = readTurn(entry);
      if ('problem' in turn) return { problem: `turn ${index + 1}: ${turn.problem}` };
      messages.push(turn);
    }
    return conversation(messages);
  },
};
