import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ProgressEvent } from '../../../src/core/progress/progress-event.js';
import { CompletionCache } from '../../../src/core/providers/completion-cache.js';
import { openProvider } from '../../../src/core/providers/open-provider.js';
import type { CompletionRequest, Provider } from '../../../src/core/providers/provider.js';
import {
  runEmbeddings,
  runRequests,
  runScores,
  tryRequests,
} from '../../../src/core/providers/run-requests.js';
import { totalUsage } from '../../../src/core/providers/usage.js';
import { systemClock } from '../../../src/platform/clock.js';
import { nodeFileSystem } from '../../../src/platform/file-system.js';
import { everythingIn, FakeClock, failure, networkPorts } from './fake-ports.js';
import { answerWith, FakeService, type Reaction } from './fake-service.js';

const KEY = 'sk-test-4f9a8c7b6d5e4f3a2b1c';

let service: FakeService;
let provider: Provider;
let folder: string;
beforeAll(async () => {
  service = await FakeService.start();
  provider = await openProvider(`openai:m@${service.address}`, networkPorts({ OPENAI_API_KEY: KEY }));
});
afterAll(() => service.stop());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'genai-run-requests-'));
  return () => {
    rmSync(folder, { recursive: true });
  };
});

const request = (text: string): CompletionRequest => ({
  id: text,
  prompt: { kind: 'text', text },
  settings: { maxNewTokens: 4 },
});
const requests = (count: number): CompletionRequest[] =>
  Array.from({ length: count }, (_, index) => request(`prompt ${index}`));

/** Says the prompt back, after a moment. */
function echo(milliseconds = 0): Reaction {
  return (response, { body }) => {
    const choices = [{ text: `answer to ${String(body['prompt'])}`, finish_reason: 'stop' }];
    const usage = { prompt_tokens: 3, completion_tokens: 2 };
    setTimeout(() => answerWith({ choices, usage })(response, undefined!), milliseconds);
  };
}
const prompts = (): unknown[] => service.received.map(({ body }) => body['prompt']);
const cache = (): CompletionCache => new CompletionCache(nodeFileSystem, folder);
/** All that is in the cache's folder. */
const kept = (): string =>
  readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('');

describe('many requests', () => {
  it('are answered in order, with never more under way than allowed', async () => {
    // Eight wait for each other, and the last of them is answered first: order is not that of arrival.
    const waiting: (() => void)[] = [];
    service.play((response, received) => {
      waiting.push(() => echo()(response, received));
      if (waiting.length === 8) for (const answer of waiting.splice(0).reverse()) answer();
    });
    const events: ProgressEvent[] = [];
    const answers = await runRequests(provider, requests(200), {
      clock: systemClock,
      concurrency: 8,
      onProgress: (event) => events.push(event),
    });
    expect(answers.map(({ result }) => result.text)).toEqual(
      requests(200).map(({ id }) => `answer to ${id!}`),
    );
    expect(service.mostInFlight).toBe(8);
    expect(service.received).toHaveLength(200);
    expect(events.map(({ done }) => done)).toEqual(Array.from({ length: 201 }, (_, index) => index));
    expect(events.at(-1)).toMatchObject({ stage: 'complete', total: 200, unit: 'requests', fields: {} });
  });

  it('with equal ones ask once, unless answers are drawn', async () => {
    service.play(echo());
    const twice = [request('a'), request('b'), request('a')];
    const answers = await runRequests(provider, twice, { clock: systemClock, concurrency: 1 });
    expect(answers.map(({ result }) => result.text)).toEqual(['answer to a', 'answer to b', 'answer to a']);
    expect(prompts()).toEqual(['a', 'b']);

    service.play(echo());
    const drawn = twice.map((one) => ({ ...one, settings: { maxNewTokens: 4, temperature: 1 } }));
    const options = { clock: systemClock, concurrency: 1, cache: cache() };
    await runRequests(provider, drawn, options);
    expect(prompts()).toEqual(['a', 'b', 'a']);
    const again = await runRequests(provider, drawn, options);
    expect(again.every(({ isFromCache }) => isFromCache)).toBe(true);
    expect(service.received).toHaveLength(3);
  });

  it('cost what the prices make of their tokens', async () => {
    service.play(echo());
    const prices = { inputUsdPerMillion: 2, outputUsdPerMillion: 10 };
    const answers = await runRequests(provider, requests(3), { clock: systemClock, prices });
    // By hand: (3 × 2 + 2 × 10) / 10^6 each.
    expect(answers[0]!.result.costUsd).toBeCloseTo(26e-6, 12);
    const { costUsd, ...tokens } = totalUsage(answers.map(({ result }) => result));
    expect(costUsd).toBeCloseTo(78e-6, 12);
    expect(tokens).toEqual({ promptTokens: 9, completionTokens: 6 });
  });
});

describe('what passes', () => {
  it('is waited for: as long as asked, then longer and longer', async () => {
    service.play(
      answerWith({ error: { message: 'slow' } }, 429, { 'retry-after': '7' }),
      answerWith({ error: { message: 'oops' } }, 500),
      (response) => response.end('{"choices": ['),
      echo(),
    );
    const clock = new FakeClock();
    const events: ProgressEvent[] = [];
    const [answer] = await runRequests(provider, [request('a')], {
      clock,
      timeoutSeconds: null,
      onProgress: (event) => events.push(event),
    });
    expect(answer!.result.text).toBe('answer to a');
    expect(service.received).toHaveLength(4);
    // 0.5 s, doubled twice, of each at least half; the first besides the 7 s asked for.
    const own = [clock.pauses[0]! - 7000, ...clock.pauses.slice(1)];
    expect(own).toHaveLength(3);
    own.forEach((pause, index) => {
      expect(pause).toBeGreaterThanOrEqual(250 * 2 ** index);
      expect(pause).toBeLessThan(500 * 2 ** index);
    });
    expect(events.at(-1)!.fields).toEqual({ retries: 3 });
  });

  it('is given up after the retries, with the last fault', async () => {
    service.play(answerWith({ error: { message: `bad ${KEY}` } }, 503));
    const run = runRequests(provider, [request('a')], {
      clock: new FakeClock(),
      retries: 2,
      timeoutSeconds: null,
    });
    const error = await failure(run);
    expect(error.message).toBe(`${service.host} answered with status 503`);
    expect(everythingIn(error)).not.toContain(KEY);
    expect(service.received).toHaveLength(3);
  });

  it('is not waited for beyond reason', async () => {
    service.play(answerWith({}, 429, { 'retry-after': '3600' }));
    const clock = new FakeClock();
    const error = await failure(runRequests(provider, [request('a')], { clock, timeoutSeconds: null }));
    expect(error.message).toBe(`${service.host} answered with status 429, and wants a pause of 3600 s`);
    expect(clock.pauses).toEqual([]);
  });

  it('may be silence', async () => {
    service.play(() => undefined, echo());
    const [answer] = await runRequests(provider, [request('a')], {
      clock: systemClock,
      timeoutSeconds: 0.05,
    });
    expect(answer!.result.text).toBe('answer to a');

    service.play(() => undefined);
    const run = runRequests(provider, [request('a')], {
      clock: systemClock,
      timeoutSeconds: 0.05,
      retries: 0,
    });
    expect((await failure(run)).message).toBe('openai:m did not answer within 0.05 s');
  });

  it('does not come of a bad request', async () => {
    service.play(answerWith({ error: { message: 'no such option' } }, 400));
    const run = runRequests(provider, [request('a')], { clock: new FakeClock(), timeoutSeconds: null });
    expect((await failure(run)).message).toContain('status 400: "no such option"');
    expect(service.received).toHaveLength(1);
  });
});

describe('failures', () => {
  /** Refuses one prompt. */
  const refuse =
    (prompt: string, status: number): Reaction =>
    (response, received) => {
      if (received.body['prompt'] === prompt)
        answerWith({ error: { message: 'no' } }, status)(response, received);
      else echo()(response, received);
    };

  it('end the run, with what was answered kept', async () => {
    service.play(refuse('prompt 3', 400));
    const options = { clock: systemClock, concurrency: 2, cache: cache() };
    expect((await failure(runRequests(provider, requests(20), options))).message).toContain('status 400');
    expect(service.received.length).toBeLessThan(7);
    const done = prompts().filter((prompt) => prompt !== 'prompt 3');

    service.play(echo());
    await runRequests(provider, requests(20), { ...options, cache: cache() });
    expect([...done, ...prompts()].sort()).toEqual(
      requests(20)
        .map(({ id }) => id)
        .sort(),
    );
  });

  it('may stand in the places of requests that are at fault', async () => {
    service.play(refuse('prompt 1', 400));
    const outcomes = await tryRequests(provider, requests(3), { clock: systemClock });
    expect(
      outcomes.map((outcome) => ('error' in outcome ? outcome.error.message : outcome.result.text)),
    ).toEqual([
      'answer to prompt 0',
      `${service.host} answered with status 400: "no", to the prompt of "prompt 1"`,
      'answer to prompt 2',
    ]);
    service.play(refuse('prompt 1', 401));
    expect((await failure(tryRequests(provider, requests(3), { clock: systemClock }))).message).toContain(
      '401',
    );
  });
});

describe('a run that is stopped', () => {
  it('goes on where it was, and repeats nothing', async () => {
    service.play(echo(2));
    const stop = new AbortController();
    const reason = new Error('Ctrl-C');
    const options = { clock: systemClock, concurrency: 8 };
    const first = runRequests(provider, requests(100), {
      ...options,
      cache: cache(),
      signal: stop.signal,
      onProgress: ({ done }) => {
        if (done === 40) stop.abort(reason);
      },
    });
    await expect(first).rejects.toBe(reason);
    const lines = kept().trimEnd().split('\n');
    expect(lines.length).toBeGreaterThanOrEqual(40);
    expect(lines.length).toBeLessThan(60);

    service.play(echo());
    const events: ProgressEvent[] = [];
    const answers = await runRequests(provider, requests(100), {
      ...options,
      cache: cache(),
      onProgress: (event) => events.push(event),
    });
    expect(service.received).toHaveLength(100 - lines.length);
    expect(answers.map(({ result }) => result.text)).toEqual(
      requests(100).map(({ id }) => `answer to ${id!}`),
    );
    expect(answers.filter(({ isFromCache }) => isFromCache)).toHaveLength(lines.length);
    expect(events[0]).toMatchObject({
      done: lines.length,
      total: 100,
      fields: { 'from cache': lines.length },
    });
  });
});

describe('the cache', () => {
  const run = (texts: string[], changes: Partial<CompletionRequest> = {}) =>
    runRequests(
      provider,
      texts.map((text) => ({ ...request(text), ...changes })),
      { clock: systemClock, concurrency: 1, cache: cache() },
    );
  const fileOf = (): string => join(folder, readdirSync(folder)[0]!);

  it('holds neither key nor prompt', async () => {
    service.play(echo());
    await runRequests(provider, [request('very private')], { clock: systemClock, cache: cache() });
    // The answer of this service repeats the prompt; nothing else does.
    const [line] = kept().trimEnd().split('\n');
    expect(Object.keys(JSON.parse(line!) as object)).toEqual(['key', 'value']);
    expect(line!.match(/very private/g)).toHaveLength(1);
    expect(kept()).not.toContain(KEY.slice(3, 12));
  });

  it('tells all apart that matters, and nothing else', async () => {
    service.play(echo());
    await run(['a']);
    const same = [{}, { id: 'other' }, { settings: { maxNewTokens: 4, seed: 3, temperature: 0, stop: [] } }];
    for (const changes of same) expect((await run(['a'], changes))[0]!.isFromCache).toBe(true);
    const others: Partial<CompletionRequest>[] = [
      { prompt: { kind: 'text', text: 'a ' } },
      { settings: { maxNewTokens: 5 } },
      { settings: { maxNewTokens: 4, stop: ['\n'] } },
      { settings: { maxNewTokens: 4, repetitionPenalty: 1.1 } },
      ...[{ temperature: 1 }, { temperature: 0.9 }, { topK: 3 }, { topP: 0.5 }, { minP: 0.1 }].map(
        (sampling) => ({
          settings: { maxNewTokens: 4, ...sampling },
        }),
      ),
      { settings: { maxNewTokens: 4, temperature: 1, seed: 1 } },
      { settings: { maxNewTokens: 4, temperature: 1, seed: 2 } },
    ];
    for (const changes of others) expect((await run(['a'], changes))[0]!.isFromCache).toBe(false);
    for (const changes of others) expect((await run(['a'], changes))[0]!.isFromCache).toBe(true);
    const elsewhere = await openProvider(`openai:m2@${service.address}`, networkPorts());
    const options = { clock: systemClock, cache: cache() };
    expect((await runRequests(elsewhere, [request('a')], options))[0]!.isFromCache).toBe(false);
  });

  it('drops a line that was cut off, and begins a new one after it', async () => {
    service.play(echo());
    await run(['a', 'b']);
    truncateSync(fileOf(), statSync(fileOf()).size - 20);
    service.play(echo());
    await run(['c', 'a', 'b']);
    expect(prompts()).toEqual(['c', 'b']);
    service.play(echo());
    await run(['a', 'b', 'c']);
    expect(prompts()).toEqual([]);
  });

  it('asks again for what is not as it should be', async () => {
    service.play(echo());
    await run(['a']);
    const { key } = JSON.parse(kept()) as { key: string };
    for (const value of [{ text: 5 }, null, 'x', { text: 'x', finishReason: 'odd' }]) {
      appendFileSync(fileOf(), `${JSON.stringify({ key, value })}\n`);
      service.play(echo());
      const [answer] = await run(['a']);
      expect(answer).toMatchObject({ isFromCache: false, result: { text: 'answer to a' } });
    }
    appendFileSync(fileOf(), Buffer.from([0xff, 0xfe, 0x0a, 0x5b, 0x0a]));
    expect((await run(['a']))[0]!.isFromCache).toBe(true);
  });
});

describe('scores and vectors', () => {
  it('are run and kept alike', async () => {
    service.play((response, received) => {
      if (received.path === '/embeddings') {
        answerWith({ data: [{ index: 0, embedding: [0.5, 2] }] })(response, received);
      } else {
        const logprobs = { tokens: ['A', ' b', '.'], token_logprobs: [null, -2, -1] };
        answerWith({ choices: [{ logprobs }] })(response, received);
      }
    });
    const options = { clock: systemClock, cache: cache() };
    const scored = [{ prompt: { kind: 'text', text: 'A' }, continuations: [' b'] } as const];
    for (const isFromCache of [false, true]) {
      expect(await runScores(provider, scored, options)).toEqual([
        { result: [{ logLikelihood: -2, tokens: 1, bytes: 2, isGreedy: null }], isFromCache },
      ]);
      expect(await runEmbeddings(provider, ['x'], options)).toEqual([
        { result: Float32Array.of(0.5, 2), isFromCache },
      ]);
      options.cache = cache();
    }
    expect(service.received).toHaveLength(2);
  });

  it('need a provider that has them', async () => {
    const ollama = await openProvider('ollama:m', networkPorts());
    const run = runScores(ollama, [{ prompt: { kind: 'text', text: 'A' }, continuations: ['b'] }], {
      clock: systemClock,
    });
    expect(await failure(run)).toMatchObject({
      message: 'ollama:m cannot tell how likely a given text is',
      code: 'UNSUPPORTED',
    });
  });
});
