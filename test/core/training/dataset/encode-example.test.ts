import { beforeAll, describe, expect, it } from 'vitest';
import { nodeFileSystem } from '../../../../src/platform/file-system.js';
import type { ChatMessage } from '../../../../src/core/tokenizers/chat-message.js';
import { compileChatTemplate } from '../../../../src/core/tokenizers/chat-template.js';
import { loadTokenizer, type Tokenizer } from '../../../../src/core/tokenizers/tokenizer.js';
import { encodeContinuation } from '../../../../src/core/training/dataset/encode-continuation.js';
import { encodeExample, type EncodedRow } from '../../../../src/core/training/dataset/encode-example.js';
import { renderPlainChat } from '../../../../src/core/training/dataset/plain-chat.js';

const END = '<|endoftext|>';
const ANSWER_ONLY = { lossOn: 'answer', sequenceLength: 512 } as const;

const CONVERSATION: readonly ChatMessage[] = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: 'Name a colour.' },
  { role: 'assistant', content: 'Blue – naïvely.' },
  { role: 'user', content: 'Another one?' },
  { role: 'assistant', content: 'Red.' },
];

/** Splits a row where supervision changes and decodes each part. */
function spans(
  { tokenIds, supervised }: EncodedRow,
  tokenizer: Tokenizer,
): [text: string, supervised: number][] {
  const parts: [number[], number][] = [];
  tokenIds.forEach((id, index) => {
    if (index === 0 || supervised[index] !== supervised[index - 1]) parts.push([[], supervised[index]!]);
    parts.at(-1)![0].push(id);
  });
  return parts.map(([ids, flag]) => [tokenizer.decode(ids), flag]);
}

/** The tokenizer with another chat template. */
async function withTemplate(tokenizer: Tokenizer, template: string): Promise<Tokenizer> {
  const compiled = await compileChatTemplate(template, 'template of the test', { eos_token: END });
  return { ...tokenizer, renderChat: (messages, options) => compiled.render(messages, options) };
}

describe('encodeExample', () => {
  let starter: Tokenizer;
  let llama2: Tokenizer;
  let llama2First: Tokenizer;

  beforeAll(async () => {
    starter = await loadTokenizer(nodeFileSystem, 'templates/starter-model');
    llama2 = await loadTokenizer(nodeFileSystem, 'test/golden/tokenizers/llama2');
    llama2First = await loadTokenizer(nodeFileSystem, 'test/golden/tokenizers/llama2-first');
  });

  it('learns every answer of a conversation and its end, on the tokens of the whole text', () => {
    const row = encodeExample({ kind: 'chat', messages: CONVERSATION }, starter, ANSWER_ONLY);
    // The starter model's template, written out by hand.
    expect(spans(row, starter)).toEqual([
      ['<|system|>\nBe brief.\n<|user|>\nName a colour.\n<|assistant|>\n', 0],
      [`Blue – naïvely.${END}`, 1],
      ['<|user|>\nAnother one?\n<|assistant|>\n', 0],
      [`Red.${END}`, 1],
    ]);
    const whole = starter.renderChat(CONVERSATION, { addGenerationPrompt: false });
    expect([...row.tokenIds]).toEqual(starter.encode(whole, { addSpecialTokens: false }));
    expect(row.truncated).toBe(false);
  });

  it('leaves out what follows the last answer, and learns nothing without an answer', () => {
    const messages = [...CONVERSATION, { role: 'user', content: 'Thanks!' }];
    expect(encodeExample({ kind: 'chat', messages }, starter, ANSWER_ONLY)).toEqual(
      encodeExample({ kind: 'chat', messages: CONVERSATION }, starter, ANSWER_ONLY),
    );
    const question = encodeExample(
      { kind: 'chat', messages: CONVERSATION.slice(0, 2) },
      starter,
      ANSWER_ONLY,
    );
    expect(spans(question, starter)).toEqual([['<|system|>\nBe brief.\n<|user|>\nName a colour.\n', 0]]);
  });

  it('learns every token but the first when asked to', () => {
    const messages = [...CONVERSATION, { role: 'user', content: 'Thanks!' }];
    const row = encodeExample({ kind: 'chat', messages }, starter, { ...ANSWER_ONLY, lossOn: 'all' });
    expect([...row.supervised]).toEqual([...row.tokenIds].map((_, index) => (index === 0 ? 0 : 1)));
    expect(starter.decode([...row.tokenIds])).toBe(
      starter.renderChat(messages, { addGenerationPrompt: false }),
    );
  });

  it('cuts off at the end', () => {
    const whole = encodeExample({ kind: 'chat', messages: CONVERSATION }, starter, ANSWER_ONLY);
    const length = whole.tokenIds.length;
    const cut = encodeExample({ kind: 'chat', messages: CONVERSATION }, starter, {
      ...ANSWER_ONLY,
      sequenceLength: length - 2,
    });
    expect(cut).toEqual({
      tokenIds: whole.tokenIds.slice(0, -2),
      supervised: whole.supervised.slice(0, -2),
      truncated: true,
    });
    const exact = encodeExample({ kind: 'chat', messages: CONVERSATION }, starter, {
      ...ANSWER_ONLY,
      sequenceLength: length,
    });
    expect(exact.truncated).toBe(false);
  });

  it('learns only the last answer where the template rewrites earlier ones', async () => {
    // As Qwen3 does: reasoning is shown in the last answer only.
    const forgetful = await withTemplate(
      starter,
      "{% for m in messages %}<|{{ m.role }}|>{{ m.content if loop.last or m.role != 'assistant' else m.content.split('=')[-1] }}{{ eos_token }}\n{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}",
    );
    const messages = [
      { role: 'user', content: 'Two and two?' },
      { role: 'assistant', content: '2+2=4' },
      { role: 'user', content: 'Plus one?' },
      { role: 'assistant', content: '4+1=5' },
    ];
    const row = encodeExample({ kind: 'chat', messages }, forgetful, ANSWER_ONLY);
    // The line break after the end of sequence is never generated.
    expect(spans(row, starter)).toEqual([
      [`<|user|>Two and two?${END}\n<|assistant|>4${END}\n<|user|>Plus one?${END}\n<|assistant|>`, 0],
      [`4+1=5${END}`, 1],
      ['\n', 0],
    ]);
  });

  it('finds the last answer by its words where the prompt for it is not in the text', async () => {
    const thinking = await withTemplate(
      starter,
      '{% for m in messages %}<|{{ m.role }}|>{{ m.content | trim }}{{ eos_token }}{% endfor %}{% if add_generation_prompt %}<|assistant|><think>{% endif %}',
    );
    const row = encodeExample({ kind: 'chat', messages: CONVERSATION }, thinking, ANSWER_ONLY);
    expect(spans(row, starter).filter(([, supervised]) => supervised === 1)).toEqual([[`Red.${END}`, 1]]);

    const hiding = await withTemplate(
      starter,
      "{% for m in messages %}{{ m.content.split('=')[-1] }}{% endfor %}{% if add_generation_prompt %}?{% endif %}",
    );
    const hidden = { kind: 'chat', messages: [{ role: 'assistant', content: '1+1=2' }] } as const;
    expect(() => encodeExample(hidden, hiding, ANSWER_ONLY)).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED' }),
    );
  });

  it('closes the last answer where the template does not', async () => {
    const open = await withTemplate(
      starter,
      '{% for m in messages %}<|{{ m.role }}|>{{ m.content }}{% endfor %}{% if add_generation_prompt %}<|assistant|>{% endif %}',
    );
    const row = encodeExample({ kind: 'chat', messages: CONVERSATION.slice(1, 3) }, open, ANSWER_ONLY);
    expect(spans(row, starter)).toEqual([
      ['<|user|>Name a colour.<|assistant|>', 0],
      [`Blue – naïvely.${END}`, 1],
    ]);
  });

  it('writes names before turns for a model without a chat template', () => {
    const plain: Tokenizer = { ...starter, hasChatTemplate: false };
    const row = encodeExample({ kind: 'chat', messages: CONVERSATION }, plain, ANSWER_ONLY);
    expect(spans(row, starter)).toEqual([
      ['System: Be brief.\nUser: Name a colour.\nAssistant:', 0],
      [` Blue – naïvely.${END}`, 1],
      ['\nUser: Another one?\nAssistant:', 0],
      [` Red.${END}`, 1],
    ]);
    expect(renderPlainChat(CONVERSATION.slice(0, 2), starter, { addGenerationPrompt: true })).toBe(
      'System: Be brief.\nUser: Name a colour.\nAssistant:',
    );
  });

  it('learns a completion on the tokens that generation will see', () => {
    const example = {
      kind: 'prompt-completion',
      prompt: 'Review: Good.\nSentiment:',
      completion: ' positive',
    } as const;
    const row = encodeExample(example, starter, ANSWER_ONLY);
    expect(spans(row, starter)).toEqual([
      ['Review: Good.\nSentiment:', 0],
      [` positive${END}`, 1],
    ]);

    // The token " positive" of the whole lies across this boundary; the prompt stays as it is encoded alone.
    const spaced = { kind: 'prompt-completion', prompt: 'Sentiment: ', completion: 'positive' } as const;
    const split = encodeExample(spaced, starter, ANSWER_ONLY);
    const prompt = starter.encode(spaced.prompt);
    expect(starter.encode('Sentiment: positive').slice(0, prompt.length)).not.toEqual(prompt);
    expect([...split.tokenIds]).toEqual([
      ...prompt,
      ...starter.encode('positive'),
      starter.endOfSequenceIds[0],
    ]);
    expect(spans(split, starter)).toEqual([
      ['Sentiment: ', 0],
      [`positive${END}`, 1],
    ]);
  });

  it('puts the begin-of-sequence token where the post-processor does, and no space inside', () => {
    for (const tokenizer of [llama2, llama2First]) {
      const row = encodeExample(
        { kind: 'prompt-completion', prompt: 'The wal', completion: 'king' },
        tokenizer,
        ANSWER_ONLY,
      );
      expect([...row.tokenIds.slice(0, 1)]).toEqual([tokenizer.beginOfSequenceId]);
      expect(row.supervised[0]).toBe(0);
      expect(row.tokenIds.at(-1)).toBe(tokenizer.endOfSequenceIds[0]);
      expect(row.supervised.at(-1)).toBe(1);
      expect(tokenizer.decode([...row.tokenIds], { skipSpecialTokens: true })).toBe('The walking');
      const prompt = tokenizer.encode('The wal');
      expect([...row.tokenIds.slice(0, prompt.length)]).toEqual(prompt);
      expect([...row.supervised].indexOf(1)).toBe(prompt.length);
    }
  });

  it('learns a whole text and its end', () => {
    const row = encodeExample({ kind: 'text', text: `One.${END}Two.` }, starter, ANSWER_ONLY);
    expect(starter.decode([...row.tokenIds])).toBe(`One.${END}Two.${END}`);
    expect([...row.supervised]).toEqual([0, ...Array<number>(row.tokenIds.length - 1).fill(1)]);
    const closed = encodeExample({ kind: 'text', text: `One.${END}` }, starter, ANSWER_ONLY);
    expect(starter.decode([...closed.tokenIds])).toBe(`One.${END}`);

    const withBegin = encodeExample({ kind: 'text', text: 'One.' }, llama2, ANSWER_ONLY);
    expect([...withBegin.tokenIds]).toEqual([...llama2.encode('One.'), llama2.endOfSequenceIds[0]]);
  });

  it('continues any text at any place so that both parts are kept', () => {
    const text = 'The café’s walkers  were\n\nwalking, talking: 2024!';
    for (const tokenizer of [starter, llama2, llama2First]) {
      for (let cut = 0; cut <= text.length; cut++) {
        const before = text.slice(0, cut);
        const ids = tokenizer.encode(before, { addSpecialTokens: false });
        const rest = encodeContinuation(tokenizer, { text: before, ids }, text.slice(cut));
        expect(tokenizer.decode([...ids, ...rest])).toBe(text);
      }
    }
  });
});
