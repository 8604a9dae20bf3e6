import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ChatSession } from '../../../src/core/generation/chat-session.js';
import { generate } from '../../../src/core/generation/generate.js';
import { loadLanguageModel, openModelSource } from '../../../src/core/generation/load-language-model.js';
import type { TextModel } from '../../../src/core/generation/text-model.js';
import type { Tokenizer } from '../../../src/core/tokenizers/tokenizer.js';
import { nodeFileSystem } from '../../../src/platform/file-system.js';
import { cpuEngine } from './models.js';
import { writeTinyModel } from './tiny-model.js';

const engine = cpuEngine();
const folder = mkdtempSync(join(tmpdir(), 'genai-chat-session-'));
let model: TextModel;
let tokenizer: Tokenizer;
beforeAll(async () => {
  await writeTinyModel(folder);
  const source = await openModelSource(nodeFileSystem, { model: folder });
  model = await loadLanguageModel(nodeFileSystem, source, engine);
  ({ tokenizer } = source);
});
afterAll(async () => {
  await engine.dispose();
  rmSync(folder, { recursive: true });
});

const settings = { maxNewTokens: 8 };

/** What the model answers to a text that it reads from the start. */
async function answerTo(text: string): Promise<string> {
  const prompt = tokenizer.encode(text, { addSpecialTokens: false });
  const [completion] = await generate(model, tokenizer, [prompt], settings);
  return completion!.text;
}

describe('ChatSession', () => {
  it('answers as if every conversation were read anew, and reads only what is new', async () => {
    const session = new ChatSession(model, tokenizer, { ...settings, system: 'Be kind.' });
    const read: number[] = [];
    const prefill = model.prefill.bind(model);
    model.prefill = async (cache, texts, signal) => {
      const before = cache.rows[0]!.length;
      const shared = cache.rows[0]!.findIndex((token, index) => token !== texts[0]![index]);
      read.push(texts[0]!.length - (shared < 0 ? before : shared));
      return prefill(cache, texts, signal);
    };
    const first = await session.reply('Hello there, how are you today?');
    const second = await session.reply('And now?');
    model.prefill = prefill;

    // The starter model's template, written out.
    const opening = '<|system|>\nBe kind.\n<|user|>\nHello there, how are you today?\n<|assistant|>\n';
    expect(first.text).toBe(await answerTo(opening));
    const next = `${opening}${first.text}<|endoftext|><|user|>\nAnd now?\n<|assistant|>\n`;
    expect(second.text).toBe(await answerTo(next));
    expect(session.messages.map(({ role }) => role)).toEqual([
      'system',
      'user',
      'assistant',
      'user',
      'assistant',
    ]);
    expect(read[1]).toBeLessThan(read[0]!);

    session.reset();
    expect(session.messages).toEqual([{ role: 'system', content: 'Be kind.' }]);
    expect((await session.reply('Hello there, how are you today?')).text).toBe(first.text);
    session.dispose();
  });

  it('grows its cache as the conversation does, up to the context window', async () => {
    const session = new ChatSession(model, tokenizer, settings);
    const question = 'Tell me a story about a fox, a hen and a very long road.';
    let turns = 0;
    const overflow: unknown = await (async () => {
      for (;;) {
        await session.reply(question);
        turns++;
      }
    })().catch((error: unknown) => error);
    expect(overflow).toMatchObject({ code: 'CONTEXT_OVERFLOW' });
    expect((overflow as Error).message).toMatch(/^the conversation has \d+ tokens; .* 128 tokens/);
    expect(turns).toBeGreaterThan(1);
    // The conversation is as before, so that it can be shortened or left.
    expect(session.messages).toHaveLength(2 * turns);
    session.dispose();
  });

  it('keeps an answer that was cut off, and forgets a question that was not answered at all', async () => {
    const session = new ChatSession(model, tokenizer, settings);
    const stop = new AbortController();
    let tokens = 0;
    const onToken = () => {
      if (++tokens === 2) stop.abort();
    };
    const { text, finishReason } = await session.reply('Hello?', { signal: stop.signal, onToken });
    expect(finishReason).toBe('interrupted');
    expect(session.messages).toEqual([
      { role: 'user', content: 'Hello?' },
      { role: 'assistant', content: text },
    ]);
    await session.reply('Still there?', { signal: stop.signal });
    expect(session.messages).toHaveLength(2);
    session.dispose();
  });
});
