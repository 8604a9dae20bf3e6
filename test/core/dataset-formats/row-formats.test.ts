import { describe, expect, it } from 'vitest';
import type { Row } from '../../../src/core/dataset-formats/row-format.js';
import { rowFormatOf } from '../../../src/core/dataset-formats/row-formats.js';

const user = { role: 'user', content: 'Hi' };
const assistant = { role: 'assistant', content: 'Hello' };

function parse(id: string, row: Row): unknown {
  return rowFormatOf(id).parse(row);
}

describe('messages', () => {
  it('keeps the turns in order, whatever other keys they have', () => {
    const named = { ...user, name: 'Ann' };
    expect(
      parse('messages', { id: 7, tools: [], messages: [named, { ...assistant, tool_calls: null }] }),
    ).toEqual({
      kind: 'chat',
      messages: [user, assistant],
    });
  });

  it('reads the newer name of the system role, and content in parts of text', () => {
    const parts = [
      { type: 'text', text: 'Hel' },
      { type: 'text', text: 'lo' },
    ];
    expect(
      parse('messages', {
        messages: [{ role: 'developer', content: '' }, user, { role: 'assistant', content: parts }],
      }),
    ).toEqual({ kind: 'chat', messages: [{ role: 'system', content: '' }, user, assistant] });
  });

  it.each<[string, unknown]>([
    ['column "messages" is a string, not a list', 'Hi'],
    ['message 2: is a string, not an object', [user, 'Hello']],
    ['message 1: role is a number, not a string', [{ role: 1, content: 'Hi' }]],
    [
      'message 2: role "tool\\u001b[2J" is not one of system, developer, user, assistant',
      [user, { role: 'tool\u001b[2J', content: '7' }],
    ],
    ['message 2: content is null, not a string', [user, { role: 'assistant', content: null }]],
    ['message 1: content has a part that is not text', [{ role: 'user', content: [{ type: 'image_url' }] }]],
    ['message 2: tool calls cannot be learnt', [user, { ...assistant, tool_calls: [{ id: 'a' }] }]],
    [
      'message 2: weight 0 (an answer not to be learnt) is not supported',
      [user, { ...assistant, weight: 0 }],
    ],
    ['message 2 (assistant) is empty', [user, { role: 'assistant', content: ' \n' }]],
    ['message 2 (system) is not the first', [user, { role: 'system', content: 'x' }, assistant]],
    ['the conversation has no answer of the assistant', [user]],
    ['the conversation has no answer of the assistant', []],
  ])('%s', (problem, messages) => {
    expect(parse('messages', { messages })).toEqual({ problem });
  });

  it('refuses tools, which it would leave out', () => {
    expect(parse('messages', { messages: [user, assistant], tools: [{ type: 'function' }] })).toEqual({
      problem: 'column "tools" is not empty, and this format cannot take it in',
    });
  });
});

describe('sharegpt', () => {
  it('translates the speakers, and puts the system column before them', () => {
    const conversations = [
      { from: 'human', value: 'Hi' },
      { from: 'gpt', value: 'Hello' },
      { from: 'user', value: 'Bye' },
      { from: 'assistant', value: 'Goodbye' },
    ];
    expect(parse('sharegpt', { conversations, system: 'Be brief.' })).toEqual({
      kind: 'chat',
      messages: [
        { role: 'system', content: 'Be brief.' },
        user,
        assistant,
        { role: 'user', content: 'Bye' },
        { role: 'assistant', content: 'Goodbye' },
      ],
    });
  });

  it.each<[string, Row]>([
    ['column "conversations" is an object, not a list', { conversations: {} }],
    ['turn 1: is null, not an object', { conversations: [null] }],
    ['turn 1: "from" is missing, not a string', { conversations: [{ value: 'Hi' }] }],
    [
      'turn 1: "from" "bard" is not one of system, human, user, gpt, assistant',
      { conversations: [{ from: 'bard', value: 'Hi' }] },
    ],
    ['turn 1: "value" is a number, not a string', { conversations: [{ from: 'gpt', value: 7 }] }],
    ['message 1 (user) is empty', { conversations: [{ from: 'human', value: '' }] }],
    ['the conversation has no answer of the assistant', { conversations: [{ from: 'human', value: 'Hi' }] }],
    ['column "system" is a number, not a string', { conversations: [], system: 7 }],
  ])('%s', (problem, row) => {
    expect(parse('sharegpt', row)).toEqual({ problem });
  });
});

describe('alpaca', () => {
  // The two texts of PROMPT_DICT in stanford_alpaca/train.py.
  it('writes the published prompt with an input', () => {
    expect(parse('alpaca', { instruction: 'Name the capital.', input: 'France', output: 'Paris' })).toEqual({
      kind: 'prompt-completion',
      prompt:
        'Below is an instruction that describes a task, paired with an input that provides further context. Write a response that appropriately completes the request.\n\n### Instruction:\nName the capital.\n\n### Input:\nFrance\n\n### Response:',
      completion: 'Paris',
    });
  });

  it.each([{ input: '' }, { input: null }, {}])(
    'writes the published prompt without an input: %j',
    (rest) => {
      expect(parse('alpaca', { instruction: 'Say hi.', output: 'Hi', ...rest })).toEqual({
        kind: 'prompt-completion',
        prompt:
          'Below is an instruction that describes a task. Write a response that appropriately completes the request.\n\n### Instruction:\nSay hi.\n\n### Response:',
        completion: 'Hi',
      });
    },
  );

  it.each<[string, Row]>([
    ['column "instruction" is empty', { instruction: '', input: 'France', output: 'Paris' }],
    ['column "output" is empty', { instruction: 'Say hi.', output: ' ' }],
    ['column "output" is missing', { instruction: 'Say hi.' }],
    ['column "input" is a number, not a string', { instruction: 'Say hi.', input: 7, output: 'Hi' }],
    [
      'column "history" is not empty, and this format cannot take it in',
      { instruction: 'Say hi.', output: 'Hi', history: [['a', 'b']] },
    ],
  ])('%s', (problem, row) => {
    expect(parse('alpaca', row)).toEqual({ problem });
  });
});

describe('prompt-completion', () => {
  it.each([
    ['prompt', 'completion'],
    ['prompt', 'response'],
    ['question', 'answer'],
    ['input', 'output'],
    ['instruction', 'response'],
  ])('takes %s and %s as they are', (prompt, completion) => {
    expect(parse('prompt-completion', { [prompt]: ' 1 + 1 =', [completion]: ' 2\n', id: 7 })).toEqual({
      kind: 'prompt-completion',
      prompt: ' 1 + 1 =',
      completion: ' 2\n',
    });
  });

  it.each<[string, Row]>([
    ['column "prompt" is missing', { completion: ' 2' }],
    ['column "completion" is missing', { prompt: '1 + 1 =' }],
    ['column "prompt" is empty', { prompt: '', completion: ' 2' }],
    ['column "completion" is empty', { prompt: '1 + 1 =', completion: ' ' }],
    ['column "prompt" is a list, not a string', { prompt: [user], completion: [assistant] }],
    ['column "answer" is null, not a string', { question: '1 + 1?', answer: null }],
    [
      'column "context" is not empty, and this format cannot take it in',
      { instruction: 'Sum up.', context: 'A text.', response: 'Text.' },
    ],
  ])('%s', (problem, row) => {
    expect(parse('prompt-completion', row)).toEqual({ problem });
  });
});

describe('text', () => {
  it('keeps the text with its white space', () => {
    expect(parse('text', { text: '  a\n\nb\n', source: 'x' })).toEqual({ kind: 'text', text: '  a\n\nb\n' });
  });

  it.each<[string, Row]>([
    ['column "text" is missing', {}],
    ['column "text" is empty', { text: '\n' }],
    ['column "text" is a number, not a string', { text: 7 }],
  ])('%s', (problem, row) => {
    expect(parse('text', row)).toEqual({ problem });
  });
});

it('an unknown format names the known ones', () => {
  expect(() => rowFormatOf('alpca')).toThrow(
    expect.objectContaining({
      code: 'USAGE',
      message: 'format "alpca" is not known',
      hint: 'Row formats: messages, sharegpt, alpaca, prompt-completion, text.',
    }),
  );
});
