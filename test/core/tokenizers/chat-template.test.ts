import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ChatMessage } from '../../../src/core/tokenizers/chat-message.js';
import { compileChatTemplate } from '../../../src/core/tokenizers/chat-template.js';
import { strftime } from '../../../src/core/tokenizers/strftime.js';
import { loadTokenizer } from '../../../src/core/tokenizers/tokenizer.js';
import { nodeFileSystem } from '../../../src/platform/file-system.js';
import { GOLDEN, modelFolder, readGolden } from './fixtures.js';

interface Case {
  template: string;
  chat: string;
  addGenerationPrompt: boolean;
  rendered?: string;
  error?: string;
}

// Rendered by jinja2 as transformers sets it up (test/golden/make-tokenizers.py).
const golden = readGolden<{ now: string; chats: Record<string, ChatMessage[]>; cases: Case[] }>(
  'chat-templates.json',
);
const now = new Date(golden.now);
const question: ChatMessage[] = [{ role: 'user', content: 'Hi' }];

describe('compileChatTemplate', () => {
  it.each(golden.cases)(
    'renders as the reference does: $template, $chat, generation prompt $addGenerationPrompt',
    async ({ template: name, chat, addGenerationPrompt, rendered, error }) => {
      const source = readFileSync(join(GOLDEN, 'chat-templates', `${name}.jinja`), 'utf8');
      const template = await compileChatTemplate(source, name, { bos_token: '<s>', eos_token: '</s>' });
      const render = () => template.render(golden.chats[chat]!, { addGenerationPrompt, now });
      if (error === undefined) expect(render()).toBe(rendered);
      else
        expect(render).toThrow(
          expect.objectContaining({ code: 'USAGE', message: expect.stringContaining(error) as string }),
        );
    },
  );

  it('leaves strftime_now undefined without a clock, so that a template falls back to its own date', async () => {
    const source = readFileSync(join(GOLDEN, 'chat-templates', 'llama3.jinja'), 'utf8');
    const template = await compileChatTemplate(source, 'llama3', { bos_token: '' });
    expect(template.render(question, { addGenerationPrompt: false })).toContain('Today Date: 26 Jul 2024\n');
    const needsClock = await compileChatTemplate('{{ strftime_now("%Y") }}', 'x', {});
    expect(() => needsClock.render(question, { addGenerationPrompt: false })).toThrow(
      expect.objectContaining({ code: 'UNSUPPORTED' }),
    );
  });

  it('gives a template its variables, Python’s range and nothing that it could break', async () => {
    const template = await compileChatTemplate(
      '{{ range(3) | join }} {{ range(5, 1, -2) | join }} {{ mode }} {{ tools is none }} {{ messages[0].constructor is defined }}',
      'x',
      {},
    );
    const text = template.render(question, { addGenerationPrompt: false, variables: { mode: 'short' } });
    // Jinja2: 012 53 short True False; @huggingface/jinja writes booleans in lower case.
    expect(text.toLowerCase()).toBe('012 53 short true false');
    const endless = await compileChatTemplate('{% for i in range(1000000000) %}{% endfor %}', 'x', {});
    expect(() => endless.render(question, { addGenerationPrompt: false })).toThrow(/range/);
  });

  it('names the file of a template that cannot be parsed', async () => {
    await expect(compileChatTemplate('{% if %}', 'model/chat_template.jinja', {})).rejects.toMatchObject({
      code: 'BAD_CHECKPOINT',
      message: expect.stringContaining('model/chat_template.jinja') as string,
    });
  });
});

describe('the template of a model folder', () => {
  const load = (files: Record<string, unknown>) => loadTokenizer(nodeFileSystem, modelFolder('gpt2', files));
  const render = async (files: Record<string, unknown>) =>
    (await load(files)).renderChat(question, { addGenerationPrompt: false });
  const fromConfig = { chat_template: 'config {{ eos_token }}', eos_token: { content: '<|endoftext|>' } };

  it('comes from tokenizer_config.json, with the special tokens by name', async () => {
    expect(await render({ 'tokenizer_config.json': fromConfig })).toBe('config <|endoftext|>');
  });

  it('is the default one of a list', async () => {
    const list = [
      { name: 'tool_use', template: 'tools' },
      { name: 'default', template: 'plain' },
    ];
    expect(await render({ 'tokenizer_config.json': { chat_template: list } })).toBe('plain');
  });

  it('comes from chat_template.jinja before all', async () => {
    expect(await render({ 'tokenizer_config.json': fromConfig, 'chat_template.jinja': 'file' })).toBe('file');
  });

  it('is asked for where there is none', async () => {
    const tokenizer = await load({});
    expect(tokenizer.hasChatTemplate).toBe(false);
    expect(() => tokenizer.renderChat(question, { addGenerationPrompt: true })).toThrow(
      expect.objectContaining({
        code: 'UNSUPPORTED',
        hint: expect.stringContaining('chat_template.jinja') as string,
      }),
    );
  });
});

describe('strftime', () => {
  it('writes dates as C does in its own locale', () => {
    // python3 -c "import datetime; print(datetime.datetime(2026, 3, 9, 0, 5, 7).strftime('...'))"
    expect(strftime(new Date(2026, 2, 9, 0, 5, 7), '%A %a %d %B %b %m %Y %y %H:%M:%S %I %p 100%% %q')).toBe(
      'Monday Mon 09 March Mar 03 2026 26 00:05:07 12 AM 100% %q',
    );
  });
});
