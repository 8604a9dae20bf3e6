import { describe, expect, it } from 'vitest';
import { deriveTemplate } from '../../../../src/core/exports/ollama/derive-template.js';
import { executeChat } from '../../../../src/core/exports/ollama/execute-chat.js';
import { parseGoTemplate } from '../../../../src/core/exports/ollama/go-template.js';
import { readModelfile, writeModelfile } from '../../../../src/core/exports/ollama/modelfile.js';
import { CHAT_FORMATS, tokenizerOf } from './chat-formats.js';

const turn = (role: string, content: string): { role: string; content: string } => ({ role, content });

describe.each(Object.entries(CHAT_FORMATS))('the Go template of %s', (name, format) => {
  it('writes what the format documents, but for the token that llama.cpp adds itself', async () => {
    const { template, system, notes } = deriveTemplate(await tokenizerOf(format));
    const parsed = parseGoTemplate(template!);
    const messages = [
      ...(format.hasSystem ? [turn('system', 'S')] : []),
      ...[turn('user', 'one "two"'), turn('assistant', 'three\n\nfour'), turn('user', '{{ five }}')],
    ];
    const expected = format.documented('S', 'one "two"', 'three\n\nfour', '{{ five }}');
    const added = format.addsBegin ? format.begin! : '';
    expect(added + executeChat(parsed, messages, system)).toBe(expected);
    expect(notes.some((note) => note.includes('system prompts'))).toBe(!format.hasSystem);
    expect(notes.some((note) => note.includes('white space'))).toBe(format.jinja.includes('trim'));
  });

  it('has the strings that end an answer', async () => {
    expect(deriveTemplate(await tokenizerOf(format)).stop).toEqual(format.stop);
  });

  it('comes back out of the Modelfile that it is written into', async () => {
    const { template, system, stop } = deriveTemplate(await tokenizerOf(format));
    const parameters = [...stop.map((text) => ['stop', text] as const), ['num_ctx', '2048'] as const];
    const modelfile = { from: 'model.gguf', template, system, parameters };
    expect(readModelfile(writeModelfile(modelfile), name)).toEqual(modelfile);
  });
});

describe('deriveTemplate', () => {
  it('is written as people write it', async () => {
    expect(deriveTemplate(await tokenizerOf(CHAT_FORMATS['Phi 3']!)).template).toBe(
      '{{ range .Messages }}{{ if eq .Role "system" }}<|system|>\n{{ .Content }}<|end|>\n{{ else if eq .Role "user" }}<|user|>\n{{ .Content }}<|end|>\n{{ else if eq .Role "assistant" }}<|assistant|>\n{{ .Content }}<|end|>\n{{ end }}{{ end }}<|assistant|>\n',
    );
  });

  it('finds the default system prompt', async () => {
    const { system } = deriveTemplate(await tokenizerOf(CHAT_FORMATS['ChatML with a default']!));
    expect(system).toBe('Be helpful.');
  });

  const base = { specialTokens: ['</s>'], end: '</s>', addsBegin: false };
  it.each([
    ['repeats contents', `{% for m in messages %}{{ m['content'] + m['content'] }}{% endfor %}`],
    ['another order', `{% for m in messages | reverse %}{{ m['content'] }}{% endfor %}`],
    ['by what comes before or after', `{% for m in messages %}{{ loop.index ~ m['content'] }}{% endfor %}`],
    ['changes contents', `{% for m in messages %}{{ m['content'] | replace('"', "'") }}{% endfor %}`],
  ])('leaves the template out where it %s', async (what, jinja) => {
    const { template, notes } = deriveTemplate(await tokenizerOf({ ...base, jinja }));
    expect(template).toBeUndefined();
    expect(notes.join()).toContain(what);
  });

  it('leaves the template out where Ollama would begin a text that the chat template does not', async () => {
    const jinja = `{% for m in messages %}{{ m['role'] + ': ' + m['content'] + '\n' }}{% endfor %}`;
    const tokenizer = await tokenizerOf({
      ...{ jinja, specialTokens: ['<s>', '</s>'], begin: '<s>', end: '</s>', addsBegin: true },
    });
    const { template, notes } = deriveTemplate(tokenizer);
    expect(template).toBeUndefined();
    expect(notes.join()).toContain('does not begin with "<s>"');
  });
});
