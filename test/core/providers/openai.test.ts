import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ProviderFault } from '../../../src/core/providers/provider-fault.js';
import { openProvider } from '../../../src/core/providers/open-provider.js';
import type { ProviderOptions } from '../../../src/core/providers/provider-ports.js';
import type { CompletionRequest, Provider } from '../../../src/core/providers/provider.js';
import { everythingIn, failure, networkPorts } from './fake-ports.js';
import { answerWith, FakeService } from './fake-service.js';

const KEY = 'sk-test-4f9a8c7b6d5e4f3a2b1c';

let service: FakeService;
beforeAll(async () => {
  service = await FakeService.start();
});
afterAll(() => service.stop());

function open(environment: Record<string, string> = { OPENAI_API_KEY: KEY }, options: ProviderOptions = {}) {
  return openProvider(`openai:test-model@${service.address}/v1/`, networkPorts(environment), options);
}

const question: CompletionRequest = {
  prompt: { kind: 'chat', messages: [{ role: 'user', content: 'Say hello.' }] },
  settings: { maxNewTokens: 7 },
};
const text: CompletionRequest = { prompt: { kind: 'text', text: 'Once' }, settings: { maxNewTokens: 7 } };

/** The documented answer of the chat endpoint, with what matters here. */
const chatAnswer = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hello!' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 },
};

describe('completions', () => {
  it('asks the chat endpoint for the answer of a conversation', async () => {
    service.play(answerWith(chatAnswer));
    const provider = await open();
    const { latencySeconds, ...completion } = await provider.complete(question);
    expect(completion).toEqual({
      text: 'Hello!',
      finishReason: 'stop',
      promptTokens: 12,
      completionTokens: 3,
      costUsd: null,
    });
    expect(latencySeconds).toBeGreaterThan(0);
    const [{ path, headers, body }] = service.received as [(typeof service.received)[0]];
    expect(path).toBe('/v1/chat/completions');
    expect(headers.authorization).toBe(`Bearer ${KEY}`);
    expect(body).toEqual({
      model: 'test-model',
      messages: [{ role: 'user', content: 'Say hello.' }],
      max_tokens: 7,
      // Greedy, where a server would draw at random by default.
      temperature: 0,
    });
  });

  it.each([
    [{ prompt_tokens: -5, completion_tokens: 1.5 }, null],
    [{ prompt_tokens: '12', completion_tokens: 3 }, 3],
    [[], null],
  ])('takes an answer whose usage cannot be true: %j', async (usage, completionTokens) => {
    service.play(answerWith({ ...chatAnswer, usage }));
    const completion = await (await open()).complete(question);
    expect(completion).toMatchObject({ text: 'Hello!', promptTokens: null, completionTokens });
  });

  it('asks the completions endpoint to go on from a text, with all settings', async () => {
    service.play(
      answerWith({
        choices: [{ text: ' upon', finish_reason: 'length' }],
        usage: { prompt_tokens: 1, completion_tokens: 1, cost: 0.25 },
      }),
    );
    const settings = {
      maxNewTokens: 9,
      topK: 5,
      topP: 0.9,
      minP: 0.1,
      repetitionPenalty: 1.2,
      stop: ['\n'],
      seed: 4,
    };
    const completion = await (await open()).complete({ ...text, settings });
    expect(completion).toMatchObject({ text: ' upon', finishReason: 'length', costUsd: 0.25 });
    expect(service.received[0]).toMatchObject({
      path: '/v1/completions',
      body: {
        model: 'test-model',
        prompt: 'Once',
        max_tokens: 9,
        temperature: 1,
        top_k: 5,
        top_p: 0.9,
        min_p: 0.1,
        repetition_penalty: 1.2,
        stop: ['\n'],
        seed: 4,
      },
    });
  });

  it('takes the key from the variable named, or sends none', async () => {
    service.play(answerWith(chatAnswer));
    await (await open({ OTHER: KEY }, { keyVariable: 'OTHER' })).complete(question);
    await (await open({})).complete(question);
    expect(service.received.map(({ headers }) => headers.authorization)).toEqual([
      `Bearer ${KEY}`,
      undefined,
    ]);
    expect((await failure(open({}, { keyVariable: 'OTHER' }))).message).toBe(
      'The environment variable OTHER holds no key',
    );
  });

  it('tells what it does not know', async () => {
    service.play(answerWith({ choices: [{ message: { content: null }, finish_reason: 'tool_calls' }] }));
    expect(await (await open()).complete(question)).toMatchObject({
      text: '',
      finishReason: 'unknown',
      promptTokens: null,
      completionTokens: null,
    });
  });

  it('has a fingerprint of model and address, without the key', async () => {
    const provider = await open();
    expect(provider.id).toBe('openai:test-model');
    expect(await provider.fingerprint()).toBe(`openai:test-model@${service.address}/v1`);
  });
});

describe('faults', () => {
  async function faultOf(
    reaction: Parameters<FakeService['play']>[0],
    request = question,
  ): Promise<ProviderFault> {
    service.play(reaction);
    const fault = await failure((await open()).complete(request));
    expect(fault).toBeInstanceOf(ProviderFault);
    // Whatever goes wrong, the key is nowhere.
    expect(everythingIn(fault)).not.toContain(KEY.slice(3, 12));
    expect(fault.cause).toBeUndefined();
    return fault as ProviderFault;
  }

  it('tells host and status, and repeats what a server says of a bad request', async () => {
    const fault = await faultOf(
      answerWith({ error: { message: "'temperature' must be 1\u001b[2J", code: 'unsupported_value' } }, 400),
    );
    expect(fault.message).toBe(
      `${service.host} answered with status 400: "'temperature' must be 1\\u001b[2J"`,
    );
    expect(fault).toMatchObject({ code: 'NETWORK', mayPass: false, concernsAll: false });
  });

  it.each([
    ['the key', `Incorrect API key provided: ${KEY}`],
    ['a part of the key', `Incorrect API key provided: ********${KEY.slice(-8)}`],
    ['another key', 'use sk-live-0123456789abcdef instead'],
    ['a header', 'got header Authorization: Bearer abc'],
  ])('does not repeat %s', async (_what, message) => {
    const { message: told } = await faultOf(answerWith({ error: { message } }, 400));
    expect(told).toBe(`${service.host} answered with status 400`);
  });

  it('says which variable holds the key that is refused', async () => {
    const fault = await faultOf(answerWith({ error: { message: 'no such key' } }, 401));
    expect(fault.message).toBe(`${service.host} answered with status 401`);
    expect(fault.hint).toContain('OPENAI_API_KEY');
    expect(fault).toMatchObject({ mayPass: false, concernsAll: true });
  });

  it.each([
    ['of seconds', { 'retry-after': '7' }, 7],
    ['of milliseconds', { 'retry-after-ms': '250', 'retry-after': '1' }, 0.25],
    ['of no kind', { 'retry-after': 'soon' }, undefined],
  ])('knows a wish for a pause %s', async (_what, headers, seconds) => {
    const fault = await faultOf(answerWith({ error: { message: 'slow down' } }, 429, headers));
    expect(fault).toMatchObject({ mayPass: true, concernsAll: false, retryAfterSeconds: seconds });
  });

  it('does not wait for an account that has nothing left', async () => {
    const fault = await faultOf(answerWith({ error: { message: 'x', code: 'insufficient_quota' } }, 429));
    expect(fault).toMatchObject({ mayPass: false, concernsAll: true });
  });

  it('knows prompts that are too long', async () => {
    const openAi = { error: { message: 'too long', code: 'context_length_exceeded' } };
    const vllm = {
      object: 'error',
      message: "This model's maximum context length is 2048 tokens.",
      code: 400,
    };
    for (const body of [openAi, vllm]) {
      expect(await faultOf(answerWith(body, 400))).toMatchObject({
        code: 'CONTEXT_OVERFLOW',
        mayPass: false,
      });
    }
  });

  it.each([
    ['is cut off', '{"choices": [{"mess', true, 'it is not JSON'],
    ['is a page', '<html>Bad gateway</html>', true, 'it is not JSON'],
    ['has no choices', '{"choices": []}', false, 'choices is not as it should be'],
    ['has another form', '[1]', false, 'its form is not as it should be'],
    [
      'has a number for a text',
      '{"choices":[{"message":{"content":5}}]}',
      false,
      'choices.0.message.content is',
    ],
    [
      'repeats the key',
      JSON.stringify({ choices: [{ message: { content: KEY } }] }),
      false,
      'it repeats the access key',
    ],
    [
      'spells the key in escapes',
      `{"choices":[{"message":{"content":"${KEY.replace(/./g, (one) => `\\u00${one.charCodeAt(0).toString(16)}`)}"}}]}`,
      false,
      'it repeats the access key',
    ],
    [
      'tells of an error under the status of success',
      '{"error":{"message":"The model is overloaded","code":502}}',
      true,
      'it tells of an error: "The model is overloaded"',
    ],
  ])('refuses an answer that %s', async (_what, body, mayPass, why) => {
    const fault = await faultOf((response) => response.end(body));
    expect(fault.message).toContain(
      `${service.host} gave an answer that cannot be used (status 200): ${why}`,
    );
    expect(fault.mayPass).toBe(mayPass);
  });

  it('knows a broken connection, which may pass, from one that is refused', async () => {
    const broken = await faultOf((response) => {
      response.writeHead(200, { 'content-length': '1000' }).write('{"choi');
      setTimeout(() => response.destroy(), 10);
    });
    expect(broken.message).toMatch(/cannot be reached: the connection broke/);
    expect(broken).toMatchObject({ mayPass: true, concernsAll: false });

    const gone = await FakeService.start();
    const spec = `openai:m@${gone.address}`;
    await gone.stop();
    const provider = await openProvider(spec, networkPorts({ OPENAI_API_KEY: KEY }));
    const refused = (await failure(provider.complete(question))) as ProviderFault;
    expect(refused.message).toMatch(/the connection was refused \(ECONNREFUSED\)$/);
    expect(refused).toMatchObject({ mayPass: false, concernsAll: true });
    expect(everythingIn(refused)).not.toContain(KEY);
  });

  it('does not carry the key to another address', async () => {
    const elsewhere = await FakeService.start();
    elsewhere.play(answerWith(chatAnswer));
    const fault = await faultOf((response) => {
      response.writeHead(307, { location: `${elsewhere.address}/v1/chat/completions` }).end();
    });
    expect(fault.message).toBe(`${service.host} answered with status 307`);
    expect(elsewhere.received).toEqual([]);
    await elsewhere.stop();
  });

  it('stops when it is told to', async () => {
    service.play(() => undefined);
    const stop = new AbortController();
    const reason = new Error('enough');
    const asked = (await open()).complete(question, stop.signal);
    setTimeout(() => stop.abort(reason), 20);
    await expect(asked).rejects.toBe(reason);
  });
});

describe('likelihoods', () => {
  /** The tokens of `Q: 2+2? A: four` and one generated, as vLLM echoes them for a model with a begin token. */
  const echo = {
    choices: [
      {
        text: 'Q: 2+2? A: four.',
        logprobs: {
          tokens: ['<s>', 'Q', ':', ' 2', '+', '2', '?', ' A', ':', ' fo', 'ur', '.'],
          token_logprobs: [null, -3, -1, -2, -2, -2, -1, -1, -0.5, -0.25, -0.125, -0.01],
          top_logprobs: [
            null,
            ...[-3, -1, -2, -2, -2, -1, -1, -0.5].map((value) => ({ x: value })),
            { ' fo': -0.25, ' si': -2 },
            { ur: -0.125 },
            { '.': -0.01 },
          ],
        },
      },
    ],
    usage: { prompt_tokens: 11, completion_tokens: 1 },
  };
  const ask = async (provider: Provider, prompt: string, continuation: string) =>
    provider.scoreContinuations!({
      prompt: { kind: 'text', text: prompt },
      continuations: [continuation],
      withGreedy: true,
    });

  it('adds up what the server says of the tokens of the continuation', async () => {
    service.play(answerWith(echo));
    const [score] = await ask(await open(), 'Q: 2+2? A:', ' four');
    // By hand: -0.25 - 0.125, both the likeliest in their places.
    expect(score).toEqual({ logLikelihood: -0.375, tokens: 2, bytes: 5, isGreedy: true });
    expect(service.received[0]).toMatchObject({
      path: '/v1/completions',
      body: { prompt: 'Q: 2+2? A: four', echo: true, logprobs: 1, max_tokens: 1 },
    });
  });

  it('counts a space before the continuation to it, and leaves out one token without usage', async () => {
    const less = structuredClone(echo) as {
      choices: { logprobs: { top_logprobs: unknown[] } }[];
      usage?: unknown;
    };
    delete less.usage;
    less.choices[0]!.logprobs.top_logprobs[10] = { ur: -0.125, ll: -0.1 };
    service.play(answerWith(less));
    const [score] = await ask(await open(), 'Q: 2+2? A: ', 'four');
    expect(score).toEqual({ logLikelihood: -0.375, tokens: 2, bytes: 4, isGreedy: false });
  });

  it('refuses tokens that do not spell the text, and a prompt of nothing', async () => {
    service.play(answerWith(echo));
    const provider = await open();
    expect((await failure(ask(provider, 'Q: 2+2? A:', ' five'))).message).toContain(
      'its tokens do not spell the text',
    );
    const bare = { tokens: ['four', '.'], token_logprobs: [null, -1], top_logprobs: [null, {}] };
    service.play(answerWith({ choices: [{ logprobs: bare }] }));
    expect((await failure(ask(provider, '', 'four'))).message).toContain('give a prompt before');
  });

  it('says that chat endpoints tell none', async () => {
    const provider = await open();
    const asked = provider.scoreContinuations!({ prompt: question.prompt, continuations: ['a'] });
    expect((await failure(asked)).code).toBe('UNSUPPORTED');
  });
});

describe('vectors', () => {
  it('are put in order', async () => {
    const data = [
      { index: 1, embedding: [3, 4] },
      { index: 0, embedding: [1, 2] },
    ];
    service.play(answerWith({ data, usage: { prompt_tokens: 6 } }));
    const provider = await open();
    const { vectors, promptTokens } = await provider.embed!(['a', 'b']);
    expect(vectors).toEqual([Float32Array.of(1, 2), Float32Array.of(3, 4)]);
    expect(promptTokens).toBe(6);
    expect((await failure(provider.embed!(['a', 'b', 'c']))).message).toContain('it lacks the vectors');
  });
});
