import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ollamaAddress } from '../../../src/core/providers/ollama.js';
import { openProvider } from '../../../src/core/providers/open-provider.js';
import { failure, networkPorts } from './fake-ports.js';
import { answerWith, FakeService } from './fake-service.js';

let service: FakeService;
beforeAll(async () => {
  service = await FakeService.start();
});
afterAll(() => service.stop());

const open = (contextLength?: number) =>
  openProvider('ollama:llama3.2:1b', networkPorts({ OLLAMA_HOST: service.host }), { contextLength });
const figures = { done: true, done_reason: 'stop', prompt_eval_count: 26, eval_count: 298 };

describe('Ollama', () => {
  it('answers conversations, with all of its own defaults switched off', async () => {
    service.play(
      answerWith({ model: 'llama3.2', message: { role: 'assistant', content: 'Hi' }, ...figures }),
    );
    const messages = [{ role: 'user', content: 'Hello' }];
    const provider = await open(8192);
    const completion = await provider.complete({
      prompt: { kind: 'chat', messages },
      settings: { maxNewTokens: 5 },
    });
    expect(completion).toMatchObject({
      text: 'Hi',
      finishReason: 'stop',
      promptTokens: 26,
      completionTokens: 298,
    });
    expect(service.received[0]).toMatchObject({
      path: '/api/chat',
      body: {
        model: 'llama3.2:1b',
        messages,
        stream: false,
        truncate: false,
        shift: false,
        options: {
          num_predict: 5,
          temperature: 0,
          top_k: 0,
          top_p: 1,
          min_p: 0,
          repeat_penalty: 1,
          num_ctx: 8192,
        },
      },
    });
    expect(provider.contextLength).toBe(8192);
  });

  it('goes on from texts as they are', async () => {
    service.play(answerWith({ response: ' upon', done_reason: 'length' }));
    const settings = { maxNewTokens: 5, temperature: 0.5, topK: 3, seed: 1, stop: ['.'] };
    const completion = await (await open()).complete({ prompt: { kind: 'text', text: 'Once' }, settings });
    expect(completion).toMatchObject({ text: ' upon', finishReason: 'length', promptTokens: null });
    expect(service.received[0]).toMatchObject({
      path: '/api/generate',
      body: { prompt: 'Once', raw: true, options: { temperature: 0.5, top_k: 3, seed: 1, stop: ['.'] } },
    });
  });

  it('turns texts into vectors', async () => {
    service.play(
      answerWith({
        embeddings: [
          [1, 2],
          [3, 4],
        ],
        prompt_eval_count: 8,
      }),
    );
    const provider = await open();
    const { vectors } = await provider.embed!(['a', 'b']);
    expect(vectors).toEqual([Float32Array.of(1, 2), Float32Array.of(3, 4)]);
    expect((await failure(provider.embed!(['a']))).message).toContain('it has 2 vectors for 1 texts');
  });

  it('says how to get a model that is not there', async () => {
    service.play(answerWith({ error: "model 'llama3.2:1b' not found" }, 404));
    const request = { prompt: { kind: 'text', text: 'x' }, settings: { maxNewTokens: 1 } } as const;
    const { message, hint, code } = await failure((await open()).complete(request));
    expect(message).toBe(`${service.host} answered with status 404: "model 'llama3.2:1b' not found"`);
    expect(hint).toContain('ollama pull');
    expect(code).toBe('NOT_FOUND');
  });

  // The forms of the variable and their meaning are those of Ollama's envconfig.Host.
  it.each([
    [undefined, 'http://127.0.0.1:11434'],
    ['', 'http://127.0.0.1:11434'],
    ['0.0.0.0', 'http://127.0.0.1:11434'],
    [':8080', 'http://127.0.0.1:8080'],
    ['gpu-box', 'http://gpu-box:11434'],
    ['gpu-box:80', 'http://gpu-box'],
    ['[::1]:1234', 'http://[::1]:1234'],
    ['https://ollama.example.com/', 'https://ollama.example.com'],
  ])('takes OLLAMA_HOST=%s for %s', (host, address) => {
    expect(ollamaAddress(host)).toBe(address);
  });

  it('refuses an address with a password, without repeating it', () => {
    for (const host of ['http://me:hunter2@box', 'me:hunter2@box', 'a b']) {
      const refuse = () => ollamaAddress(host);
      expect(refuse).toThrow(/^OLLAMA_HOST: is not the address of a service$/);
    }
  });
});
