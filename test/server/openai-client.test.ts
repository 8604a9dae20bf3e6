/* eslint-disable @typescript-eslint/no-deprecated -- max_tokens and seed are what most programs still send. */
/** What the official client of OpenAI gets of this server, unchanged but for the address. */
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { byteTokenizer, END_TOKEN, fakeEmbedding, fakeLogits } from '../core/serving/fake-slot-model.js';
import { testServer, type TestServer } from './test-server.js';

let server: TestServer;
let client: OpenAI;
beforeAll(async () => {
  let seed = 0;
  server = await testServer({
    ...{ adapters: ['pirate', 'broken'], failing: ['broken'] },
    randomSeed: () => seed++,
  });
  client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'any', maxRetries: 0 });
});
afterAll(() => server.close());

/** The likeliest continuation by the fake model alone. */
function greedy(prompt: string, most: number): { text: string; reason: string; count: number } {
  const tokens = [...Buffer.from(prompt)];
  const start = tokens.length;
  for (;;) {
    const logits = fakeLogits(tokens);
    const token = logits.indexOf(Math.max(...logits));
    const text = byteTokenizer.decode(tokens.slice(start));
    if (token === END_TOKEN) return { text, reason: 'stop', count: tokens.length - start + 1 };
    tokens.push(token);
    if (tokens.length - start < most) continue;
    return { text: byteTokenizer.decode(tokens.slice(start)), reason: 'length', count: most };
  }
}

const messages = [{ role: 'user' as const, content: 'Who are you?' }];
const PROMPT = 'user: Who are you?\n';
const chat = { model: 'base', messages, temperature: 0, max_tokens: 30 };

describe('models', () => {
  it('lists the base model and the adapters', async () => {
    const names: string[] = [];
    for await (const { id } of client.models.list()) names.push(id);
    expect(names).toEqual(['base', 'pirate', 'broken']);
    expect((await client.models.retrieve('pirate')).id).toBe('pirate');
    await expect(client.models.retrieve('none')).rejects.toThrow(OpenAI.NotFoundError);
  });
});

describe('chat completions', () => {
  it('answers with usage and the reason for the end', async () => {
    const { choices, usage, object, model, _request_id: id } = await client.chat.completions.create(chat);
    const { text, reason, count } = greedy(PROMPT, 30);
    expect(choices).toEqual([
      {
        index: 0,
        message: { role: 'assistant', content: text, refusal: null },
        logprobs: null,
        finish_reason: reason,
      },
    ]);
    expect(usage).toEqual({
      prompt_tokens: PROMPT.length,
      completion_tokens: count,
      total_tokens: PROMPT.length + count,
    });
    expect([object, model]).toEqual(['chat.completion', 'base']);
    expect(id).toMatch(/^req_/);
  });

  it('streams what it would answer', async () => {
    const whole = await client.chat.completions.create({ ...chat, n: 2, seed: 5, temperature: 1 });
    const stream = await client.chat.completions.create({
      ...chat,
      ...{ n: 2, seed: 5, temperature: 1 },
      stream: true,
      stream_options: { include_usage: true },
    });
    const texts = ['', ''];
    const reasons: (string | null)[] = [];
    let chunks = 0;
    let usage: unknown;
    for await (const chunk of stream) {
      chunks++;
      for (const { index, delta, finish_reason: reason } of chunk.choices) {
        texts[index] = `${texts[index]!}${delta.content ?? ''}`;
        if (reason !== null) reasons[index] = reason;
      }
      usage = chunk.usage ?? usage;
    }
    expect(texts).toEqual(whole.choices.map(({ message }) => message.content));
    expect(reasons).toEqual(whole.choices.map(({ finish_reason: reason }) => reason));
    expect(usage).toEqual(whole.usage);
    expect(chunks).toBeGreaterThan(10);
    expect(new Set(texts).size).toBe(2);
  });

  it('gives the helper of the client a whole answer', async () => {
    const runner = client.chat.completions.stream(chat);
    expect(await runner.finalContent()).toBe(greedy(PROMPT, 30).text);
  });

  it('draws equal answers from equal seeds, whatever else runs', async () => {
    const ask = async (seed: number) =>
      (await client.chat.completions.create({ ...chat, temperature: 1, seed })).choices[0]!.message.content;
    const [first, ...others] = await Promise.all([ask(1), ask(2), ask(1), ask(3), ask(4)]);
    expect(others[1]).toBe(first);
    expect(others[0]).not.toBe(first);
    expect(await ask(1)).toBe(first);
  });

  it('stops where it is told to', async () => {
    const content = ['one', 'two', 'three', 'four', 'five'].find(
      (words) => greedy(`user: ${words}\n`, 30).reason === 'length',
    )!;
    const { text } = greedy(`user: ${content}\n`, 30);
    const stop = text.slice(5, 8);
    const { choices } = await client.chat.completions.create({
      ...chat,
      messages: [{ role: 'user', content }],
      stop: [stop, 'never to be seen'],
    });
    expect(choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { content: text.slice(0, text.indexOf(stop)) },
    });
  });

  it('tells log-probabilities', async () => {
    const { choices } = await client.chat.completions.create({ ...chat, logprobs: true, top_logprobs: 3 });
    const { content } = choices[0]!.logprobs!;
    expect(content!.map(({ token }) => token).join('')).toBe(choices[0]!.message.content);
    const logits = [...fakeLogits([...Buffer.from(PROMPT)])];
    const total = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
    expect(content![0]!.logprob).toBeCloseTo(Math.max(...logits) - total, 4);
    expect(content![0]!.top_logprobs).toHaveLength(3);
    expect(content![0]!.top_logprobs[0]!.bytes).toEqual(content![0]!.bytes);
  });

  it('writes JSON', async () => {
    const schema = {
      type: 'object',
      properties: { animal: { enum: ['cat', 'dog'] }, legs: { type: 'array', items: { type: 'boolean' } } },
      required: ['animal', 'legs'],
      additionalProperties: false,
    };
    const { choices } = await client.chat.completions.create({
      ...chat,
      ...{ max_tokens: 400, temperature: 1, seed: 3 },
      logit_bias: { [']'.charCodeAt(0)]: 3 },
      response_format: { type: 'json_schema', json_schema: { name: 'animal', schema, strict: true } },
    });
    const value = JSON.parse(choices[0]!.message.content!);
    expect(['cat', 'dog']).toContain(value.animal);
    expect(value.legs.every((leg: unknown) => typeof leg === 'boolean')).toBe(true);
    const any = await client.chat.completions.create({
      ...chat,
      max_tokens: 400,
      logit_bias: { [']'.charCodeAt(0)]: 20, ['}'.charCodeAt(0)]: 20, ['"'.charCodeAt(0)]: 10 },
      response_format: { type: 'json_object' },
    });
    expect(typeof JSON.parse(any.choices[0]!.message.content!)).toBe('object');
  });

  it('takes content in parts, and developer messages as system messages', async () => {
    const { choices } = await client.chat.completions.create({
      ...chat,
      messages: [
        { role: 'developer', content: 'Be brief.' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Who ' },
            { type: 'text', text: 'are you?' },
          ],
        },
      ],
    });
    expect(choices[0]!.message.content).toBe(greedy(`system: Be brief.\n${PROMPT}`, 30).text);
  });

  it('answers with an adapter that is loaded for the first request', async () => {
    expect(server.slotModels.has('pirate')).toBe(false);
    await client.chat.completions.create({ ...chat, model: 'pirate' });
    expect(server.slotModels.has('pirate')).toBe(true);
  });
});

describe('completions', () => {
  it('continues texts and tokens, several at once', async () => {
    const prompt = ['one', 'two', 'three', 'four', 'five', 'six'];
    const { choices, usage } = await client.completions.create({ model: 'base', prompt, temperature: 0 });
    expect(choices.map(({ text }) => text)).toEqual(prompt.map((text) => greedy(text, 16).text));
    expect(choices.map(({ index }) => index)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(usage!.prompt_tokens).toBe(prompt.join('').length);
    const ids = await client.completions.create({
      model: 'base',
      prompt: [...Buffer.from('one')],
      temperature: 0,
    });
    expect(ids.choices[0]!.text).toBe(choices[0]!.text);
  });

  it('draws an answer of its own for each of several prompts, unless told a seed', async () => {
    const prompt = ['same', 'same', 'same'];
    const { choices } = await client.completions.create({ model: 'base', prompt });
    expect(new Set(choices.map(({ text }) => text)).size).toBe(3);
    const seeded = await client.completions.create({ model: 'base', prompt, seed: 1 });
    expect(new Set(seeded.choices.map(({ text }) => text)).size).toBe(1);
  });

  it('streams', async () => {
    const stream = await client.completions.create({
      ...{ model: 'base', prompt: 'one', temperature: 0, echo: true },
      stream: true,
    });
    let text = '';
    for await (const chunk of stream) text += chunk.choices[0]!.text;
    expect(text).toBe(`one${greedy('one', 16).text}`);
  });

  it('scores a prompt, as evaluations ask for it', async () => {
    const { choices } = await client.completions.create({
      ...{ model: 'base', prompt: 'abc', echo: true, logprobs: 1, max_tokens: 1, temperature: 0 },
    });
    const {
      tokens,
      token_logprobs: scores,
      top_logprobs: likeliest,
      text_offset: offsets,
    } = choices[0]!.logprobs!;
    expect(tokens!.slice(0, 3)).toEqual(['a', 'b', 'c']);
    expect(offsets).toEqual([0, 1, 2, 3]);
    expect([scores![0], likeliest![0]]).toEqual([null, null]);
    const logits = [...fakeLogits([0x61, 0x62])];
    const total = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
    expect(scores![2]).toBeCloseTo(logits[0x63]! - total, 4);
    expect(Object.values(likeliest![2]!)[0]).toBeCloseTo(Math.max(...logits) - total, 4);
  });
});

describe('parts of characters', () => {
  it('are told apart by their bytes, and take their place in the text once they are whole', async () => {
    const euro = [0xe2, 0x82, 0xac];
    const { choices } = await client.completions.create({
      ...{
        model: 'base',
        prompt: [0x61, ...euro, 0x62],
        echo: true,
        logprobs: 5,
        max_tokens: 1,
        temperature: 0,
      },
      logit_bias: { 0xe2: 100 },
    });
    const { tokens, text_offset: offsets, top_logprobs: likeliest } = choices[0]!.logprobs!;
    expect(tokens).toEqual(['a', 'bytes:\\xe2', 'bytes:\\x82', 'bytes:\\xac', 'b', 'bytes:\\xe2']);
    expect(offsets!.slice(0, 5)).toEqual([0, 1, 1, 1, 2]);
    for (const likely of likeliest!.slice(1)) expect(Object.keys(likely)).toHaveLength(5);
  });
});

describe('embeddings', () => {
  it('are of length 1, whichever way they travel', async () => {
    const input = ['hello', 'worlds'];
    const { data, usage } = await client.embeddings.create({ model: 'base', input });
    const plain = await client.embeddings.create({ model: 'base', input, encoding_format: 'float' });
    for (const [index, text] of input.entries()) {
      const mean = fakeEmbedding([...Buffer.from(text)]);
      const length = Math.hypot(...mean);
      for (const [place, value] of mean.entries()) {
        expect(data[index]!.embedding[place]).toBeCloseTo(value / length, 6);
        expect(plain.data[index]!.embedding[place]).toBeCloseTo(value / length, 6);
      }
    }
    expect(usage.prompt_tokens).toBe(11);
  });
});

describe('errors', () => {
  const refused = async (body: object): Promise<InstanceType<typeof OpenAI.APIError>> => {
    const error: unknown = await client.chat.completions.create({ ...chat, ...body } as never).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(OpenAI.APIError);
    return error as InstanceType<typeof OpenAI.APIError>;
  };
  it.each([
    [{ model: 'gpt-4' }, 404, 'model_not_found', 'model'],
    [{ temperature: 9 }, 400, null, 'temperature'],
    [{ messages: [] }, 400, null, 'messages'],
    [{ max_tokens: 0 }, 400, null, 'max_tokens'],
    [{ stop: '' }, 400, null, 'stop'],
    [{ tools: [] }, 400, 'unknown_parameter', 'tools'],
    [{ top_logprobs: 2 }, 400, null, 'top_logprobs'],
    [{ logit_bias: { 257: 1 } }, 400, null, 'logit_bias'],
    [{ repetition_penalty: 1e-40 }, 400, null, 'repetition_penalty'],
    [{ stop: 'x'.repeat(1001) }, 400, null, 'stop'],
    [
      { messages: [...messages, { role: 'assistant', content: '', tool_calls: [{ id: 'a' }] }] },
      ...([400, null, 'messages.1.tool_calls'] as const),
    ],
    [{ messages: [{ role: 'user', content: 'x'.repeat(600) }] }, 400, 'context_length_exceeded', null],
    [
      { response_format: { type: 'json_schema', json_schema: { schema: { type: 'object', oneOf: [] } } } },
      400,
      null,
      null,
    ],
  ])('%j', async (body, status, code, param) => {
    const error = await refused(body);
    expect([error.status, error.code, error.param ?? null]).toEqual([status, code, param]);
    expect(error.type).toBe('invalid_request_error');
  });

  it('is told in few words, however much is wrong', async () => {
    const bodies = [
      { messages: Array(30_000).fill(1) },
      { messages: Array(1000).fill(1) },
      { messages: [{ role: 'user', content: Array(30_000).fill(1) }] },
      { logit_bias: Object.fromEntries(Array.from({ length: 9000 }, (_, id) => [id, 1])) },
      Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`key${index}`, 1])),
      { model: 'x'.repeat(90_000) },
    ];
    for (const body of bodies) {
      const { status, message } = await refused(body);
      expect([400, 404]).toContain(status);
      expect(message.length).toBeLessThan(1000);
    }
  });

  it('is none where a field says nothing, or an answer is sent back as it came', async () => {
    const first = await client.chat.completions.create(chat);
    const turns = [...messages, first.choices[0]!.message, { role: 'user' as const, content: 'Why?' }];
    const next = await client.chat.completions.create({
      ...{ ...chat, messages: turns, tools: null, suffix: null },
    } as never);
    const text = `${PROMPT}assistant: ${first.choices[0]!.message.content!}\nuser: Why?\n`;
    expect(next).toMatchObject({ choices: [{ message: { content: greedy(text, 30).text } }] });
  });

  it('is the client’s where it names tokens that there are not', async () => {
    const [model, tokens] = ['base', [65, 1_000_000]];
    await expect(client.completions.create({ model, prompt: tokens })).rejects.toMatchObject({
      ...{ status: 400, param: 'prompt' },
    });
    await expect(client.embeddings.create({ model, input: tokens })).rejects.toMatchObject({
      ...{ status: 400, param: 'input' },
    });
  });

  it('tells nothing of what is wrong inside', async () => {
    const error = await refused({ model: 'broken' });
    expect(error.status).toBe(500);
    expect(error.message).not.toContain('secret');
    const entry = server.entries.find(({ status }) => status === 500);
    expect(entry!['error']).toContain('/secret/folder/broken is damaged');
  });
});
