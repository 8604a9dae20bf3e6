import type { ChatMessage } from '../../../../src/core/tokenizers/chat-message.js';
import { compileChatTemplate } from '../../../../src/core/tokenizers/chat-template.js';
import type { Tokenizer } from '../../../../src/core/tokenizers/tokenizer.js';

/** A format that models are published with: its chat template, and a conversation as its publishers document it. */
export interface ChatFormat {
  readonly jinja: string;
  readonly specialTokens: readonly string[];
  readonly begin?: string;
  readonly end: string;
  /** Whether the tokenizer puts the begin token before every text. */
  readonly addsBegin: boolean;
  /** The format's text of [system] question, answer, question, by hand. */
  readonly documented: (system: string, first: string, answer: string, second: string) => string;
  /** Absent where the format has no system prompts. */
  readonly hasSystem: boolean;
  readonly stop: readonly string[];
}

const chatml = (defaultSystem: string): string =>
  `{% if messages[0]['role'] != 'system' %}${defaultSystem}{% endif %}{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>' + '\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}`;

/** Formats by name; templates are written for this test, in the manner of the published ones. */
export const CHAT_FORMATS: Readonly<Record<string, ChatFormat>> = {
  ChatML: {
    jinja: chatml(''),
    specialTokens: ['<|im_start|>', '<|im_end|>'],
    ...{ end: '<|im_end|>', addsBegin: false, hasSystem: true, stop: ['<|im_end|>'] },
    documented: (system, first, answer, second) =>
      `<|im_start|>system\n${system}<|im_end|>\n<|im_start|>user\n${first}<|im_end|>\n<|im_start|>assistant\n${answer}<|im_end|>\n<|im_start|>user\n${second}<|im_end|>\n<|im_start|>assistant\n`,
  },
  'ChatML with a default': {
    jinja: chatml("{{ '<|im_start|>system\nBe helpful.<|im_end|>\n' }}"),
    specialTokens: ['<|im_start|>', '<|im_end|>'],
    ...{ end: '<|im_end|>', addsBegin: false, hasSystem: true, stop: ['<|im_end|>'] },
    documented: (system, first, answer, second) =>
      `<|im_start|>system\n${system}<|im_end|>\n<|im_start|>user\n${first}<|im_end|>\n<|im_start|>assistant\n${answer}<|im_end|>\n<|im_start|>user\n${second}<|im_end|>\n<|im_start|>assistant\n`,
  },
  'Llama 2': {
    jinja: `{% if messages[0]['role'] == 'system' %}{% set system = '<<SYS>>\n' + messages[0]['content'] + '\n<</SYS>>\n\n' %}{% set turns = messages[1:] %}{% else %}{% set system = '' %}{% set turns = messages %}{% endif %}{% for m in turns %}{% if m['role'] == 'user' %}{{ bos_token + '[INST] ' + (system if loop.first else '') + m['content'] + ' [/INST]' }}{% else %}{{ ' ' + m['content'] + ' ' + eos_token }}{% endif %}{% endfor %}`,
    specialTokens: ['<s>', '</s>'],
    ...{ begin: '<s>', end: '</s>', addsBegin: true, hasSystem: true, stop: ['</s>'] },
    documented: (system, first, answer, second) =>
      `<s>[INST] <<SYS>>\n${system}\n<</SYS>>\n\n${first} [/INST] ${answer} </s><s>[INST] ${second} [/INST]`,
  },
  Mistral: {
    jinja: `{{ bos_token }}{% for m in messages %}{% if m['role'] == 'user' %}{{ '[INST] ' + m['content'] + ' [/INST]' }}{% elif m['role'] == 'assistant' %}{{ ' ' + m['content'] + eos_token }}{% else %}{{ raise_exception('only user and assistant') }}{% endif %}{% endfor %}`,
    specialTokens: ['<s>', '</s>'],
    ...{ begin: '<s>', end: '</s>', addsBegin: true, hasSystem: false, stop: ['</s>'] },
    documented: (_system, first, answer, second) =>
      `<s>[INST] ${first} [/INST] ${answer}</s>[INST] ${second} [/INST]`,
  },
  'Llama 3': {
    jinja: `{{ bos_token }}{% for m in messages %}{{ '<|start_header_id|>' + m['role'] + '<|end_header_id|>\n\n' + m['content'] | trim + '<|eot_id|>' }}{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}`,
    specialTokens: ['<|begin_of_text|>', '<|eot_id|>', '<|start_header_id|>', '<|end_header_id|>'],
    ...{
      begin: '<|begin_of_text|>',
      end: '<|eot_id|>',
      addsBegin: true,
      hasSystem: true,
      stop: ['<|eot_id|>'],
    },
    documented: (system, first, answer, second) =>
      `<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\n${system}<|eot_id|><|start_header_id|>user<|end_header_id|>\n\n${first}<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n${answer}<|eot_id|><|start_header_id|>user<|end_header_id|>\n\n${second}<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n`,
  },
  Gemma: {
    jinja: `{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}{% for m in messages %}{{ '<start_of_turn>' + ('model' if m['role'] == 'assistant' else m['role']) + '\n' + m['content'] | trim + '<end_of_turn>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<start_of_turn>model\n' }}{% endif %}`,
    specialTokens: ['<bos>', '<eos>', '<start_of_turn>', '<end_of_turn>'],
    ...{ begin: '<bos>', end: '<eos>', addsBegin: true, hasSystem: false, stop: ['<end_of_turn>', '<eos>'] },
    documented: (_system, first, answer, second) =>
      `<bos><start_of_turn>user\n${first}<end_of_turn>\n<start_of_turn>model\n${answer}<end_of_turn>\n<start_of_turn>user\n${second}<end_of_turn>\n<start_of_turn>model\n`,
  },
  'Phi 3': {
    jinja: `{% for m in messages %}{{ '<|' + m['role'] + '|>\n' + m['content'] + '<|end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% else %}{{ eos_token }}{% endif %}`,
    specialTokens: ['<|system|>', '<|user|>', '<|assistant|>', '<|end|>', '<|endoftext|>'],
    ...{ end: '<|endoftext|>', addsBegin: false, hasSystem: true, stop: ['<|end|>', '<|endoftext|>'] },
    documented: (system, first, answer, second) =>
      `<|system|>\n${system}<|end|>\n<|user|>\n${first}<|end|>\n<|assistant|>\n${answer}<|end|>\n<|user|>\n${second}<|end|>\n<|assistant|>\n`,
  },
  Zephyr: {
    jinja: `{% for m in messages %}{{ '<|' + m['role'] + '|>\n' + m['content'] + eos_token + '\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>\n' }}{% endif %}`,
    specialTokens: ['<s>', '</s>'],
    ...{ end: '</s>', addsBegin: false, hasSystem: true, stop: ['</s>'] },
    documented: (system, first, answer, second) =>
      `<|system|>\n${system}</s>\n<|user|>\n${first}</s>\n<|assistant|>\n${answer}</s>\n<|user|>\n${second}</s>\n<|assistant|>\n`,
  },
  Alpaca: {
    jinja: `{% for m in messages %}{% if m['role'] == 'system' %}{{ m['content'] + '\n\n' }}{% elif m['role'] == 'user' %}{{ '### Instruction:\n' + m['content'] + '\n\n' }}{% else %}{{ '### Response:\n' + m['content'] + '\n\n' }}{% endif %}{% endfor %}{% if add_generation_prompt %}{{ '### Response:\n' }}{% endif %}`,
    specialTokens: ['</s>'],
    ...{ end: '</s>', addsBegin: false, hasSystem: true, stop: ['### Instruction:', '</s>'] },
    documented: (system, first, answer, second) =>
      `${system}\n\n### Instruction:\n${first}\n\n### Response:\n${answer}\n\n### Instruction:\n${second}\n\n### Response:\n`,
  },
  'three quotes': {
    jinja: `{% for m in messages %}{{ '"""' + m['role'] + ' {{\n' + m['content'] + '\n"""\n' }}{% endfor %}{% if add_generation_prompt %}{{ '"""assistant {{\n' }}{% endif %}`,
    specialTokens: ['</s>'],
    ...{ end: '</s>', addsBegin: false, hasSystem: true, stop: ['</s>'] },
    documented: (system, first, answer, second) =>
      `"""system {{\n${system}\n"""\n"""user {{\n${first}\n"""\n"""assistant {{\n${answer}\n"""\n"""user {{\n${second}\n"""\n"""assistant {{\n`,
  },
};

/** A tokenizer of a format: special tokens are one id each, and so is every other character. */
export async function tokenizerOf(
  format: Omit<ChatFormat, 'documented' | 'hasSystem' | 'stop'>,
): Promise<Tokenizer> {
  const { jinja, specialTokens, begin, end, addsBegin } = format;
  const template = await compileChatTemplate(jinja, 'chat_template.jinja', {
    eos_token: end,
    ...(begin !== undefined && { bos_token: begin }),
  });
  const idOf = (text: string): number => specialTokens.indexOf(text);
  const first = specialTokens.length;
  const escaped = specialTokens.map((text) => text.replace(/[|[\]]/g, '\\$&'));
  const pattern = new RegExp([...escaped, '.'].join('|'), 'gsu');
  const tokenText = (id: number): string => specialTokens[id] ?? String.fromCodePoint(id - first);
  return {
    vocabularySize: 0x110000 + first,
    ...(begin !== undefined && { beginOfSequenceId: idOf(begin) }),
    endOfSequenceIds: [idOf(end)],
    padId: 0,
    hasChatTemplate: true,
    encode: (text, { addSpecialTokens = true } = {}) => [
      ...(addSpecialTokens && addsBegin ? [idOf(begin!)] : []),
      ...Array.from(text.matchAll(pattern), ([token]) =>
        idOf(token) >= 0 ? idOf(token) : first + token.codePointAt(0)!,
      ),
    ],
    decode: (ids, { skipSpecialTokens = false } = {}) =>
      ids
        .filter((id) => !(skipSpecialTokens && id < first))
        .map(tokenText)
        .join(''),
    tokenText,
    renderChat: (messages: readonly ChatMessage[], options) => template.render(messages, options),
  };
}
