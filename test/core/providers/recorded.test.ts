import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openProvider } from '../../../src/core/providers/open-provider.js';
import type { CompletionRequest, Prompt, Provider } from '../../../src/core/providers/provider.js';
import { CompletionCache } from '../../../src/core/providers/completion-cache.js';
import { runRequests } from '../../../src/core/providers/run-requests.js';
import { systemClock } from '../../../src/platform/clock.js';
import { nodeFileSystem } from '../../../src/platform/file-system.js';
import { failure, networkPorts } from './fake-ports.js';

const folder = mkdtempSync(join(tmpdir(), 'genai-recorded-'));
const path = join(folder, 'outputs.jsonl');
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function open(content: string): Promise<Provider> {
  writeFileSync(path, content);
  return openProvider(`recorded:${path}`, networkPorts());
}

const lines = (...rows: unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
const textPrompt = (text: string): Prompt => ({ kind: 'text', text });
const request = (prompt: string, id?: string): CompletionRequest => ({
  id,
  prompt: textPrompt(prompt),
  settings: { maxNewTokens: 1 },
});

describe('simple rows', () => {
  it('are found by id, or else by prompt', async () => {
    const provider = await open(
      lines(
        { id: 7, completion: 'seven', prompt_tokens: 3, completion_tokens: 1, finish_reason: 'length' },
        { prompt: 'Hello', completion: 'Hi' },
        {
          messages: [
            { role: 'system', content: 'S' },
            { role: 'user', content: 'U' },
          ],
          completion: 'A',
        },
      ),
    );
    expect(await provider.complete(request('anything', '7'))).toEqual({
      text: 'seven',
      finishReason: 'length',
      promptTokens: 3,
      completionTokens: 1,
      costUsd: null,
      latencySeconds: null,
    });
    expect((await provider.complete(request('Hello', 'unknown'))).text).toBe('Hi');
    const chat = (messages: { role: string; content: string }[]) =>
      provider.complete({ prompt: { kind: 'chat', messages }, settings: { maxNewTokens: 1 } });
    expect((await chat([{ role: 'user', content: 'Hello' }])).text).toBe('Hi');
    expect(
      (
        await chat([
          { role: 'system', content: 'S' },
          { role: 'user', content: 'U' },
        ])
      ).text,
    ).toBe('A');
  });

  it('that are missing are named', async () => {
    const provider = await open(lines({ id: 'a', completion: 'x' }));
    const { message, code } = await failure(provider.complete(request('p', 'b\u001b[2J')));
    expect(message).toBe(`${path}: has no output for id "b\\u001b[2J"`);
    expect(code).toBe('BAD_DATASET');
    expect((await failure(provider.complete(request('What?')))).message).toBe(
      `${path}: has no output for the prompt "What?"`,
    );
  });

  it('may begin with a byte order mark, end in CRLF and have blank lines between', async () => {
    const provider = await open('\uFEFF{"id":"a","completion":"x"}\r\n\r\n  \n{"id":"b","completion":""}');
    expect((await provider.complete(request('', 'a'))).text).toBe('x');
    expect((await provider.complete(request('', 'b'))).text).toBe('');
  });

  it.each([
    ['cut off', '{"id": "a", "comple', 'invalid JSON at character 20'],
    ['a list', '["a"]', 'is a list, not a JSON object'],
    ['without a completion', '{"id": "a"}', 'completion: '],
    ['with a number for a completion', '{"id": "a", "completion": 3}', 'completion: '],
    ['with nothing to find it by', '{"completion": "x"}', 'has neither id nor prompt'],
    ['with a negative count', '{"id": "a", "completion": "x", "prompt_tokens": -1}', 'prompt_tokens: '],
  ])('%s are refused with their line', async (_what, line, problem) => {
    const { message, code } = await failure(open(`${lines({ id: 'ok', completion: 'x' })}${line}\n`));
    expect(message).toContain(`${path}:2: ${problem}`);
    expect(code).toBe('BAD_DATASET');
  });

  it('that contradict each other are refused, unless ids tell them apart', async () => {
    const twice = open(lines({ id: 'a', completion: 'x' }, { id: 'a', completion: 'y' }));
    expect((await failure(twice)).message).toBe(`${path}:2: has another output for id "a" than line 1`);
    const prompts = open(lines({ prompt: 'p', completion: 'x' }, { prompt: 'p', completion: 'y' }));
    expect((await failure(prompts)).message).toBe(
      `${path}:2: has another output for the prompt "p" than line 1`,
    );

    const provider = await open(
      lines({ id: 'a', prompt: 'p', completion: 'x' }, { id: 'b', prompt: 'p', completion: 'y' }),
    );
    expect((await provider.complete(request('p', 'b'))).text).toBe('y');
    expect((await failure(provider.complete(request('p')))).message).toContain(
      'has several outputs for the prompt "p"',
    );
  });
});

describe('many rows', () => {
  it('are told apart by their ids alone', async () => {
    const provider = await open(lines({ id: 'a', completion: 'x' }, { id: 'b', completion: 'y' }));
    const cache = new CompletionCache(nodeFileSystem, join(folder, 'cache'));
    const requests = ['b', 'a', 'b'].map((id) => request('the same prompt', id));
    const answers = await runRequests(provider, requests, { clock: systemClock, cache });
    expect(answers.map(({ result }) => result.text)).toEqual(['y', 'x', 'y']);
    expect(existsSync(cache.folder)).toBe(false);
  });
});

describe('samples of lm-evaluation-harness', () => {
  const common = { doc: { question: 'q' }, target: '4', filter: 'strict-match', doc_hash: 'x' };

  it('are answers, logged once for each filter', async () => {
    const generated = { ...common, doc_id: 0, resps: [['The answer is 4.']], filtered_resps: ['4'] };
    const provider = await open(
      lines(
        { ...generated, arguments: { gen_args_0: { arg_0: 'Q: 2+2?', arg_1: { until: ['\n'] } } } },
        {
          ...generated,
          arguments: { gen_args_0: { arg_0: 'Q: 2+2?' } },
          filter: 'flexible',
          filtered_resps: ['5'],
        },
        { ...common, doc_id: 1, resps: [['older']], arguments: [['Q: 3+3?', { until: ['\n'] }]] },
        {
          ...common,
          doc_id: 2,
          resps: [['chat']],
          arguments: { gen_args_0: { arg_0: ['[{"role": "user", "content": "Hi"}]'] } },
        },
      ),
    );
    expect((await provider.complete(request('', '0'))).text).toBe('The answer is 4.');
    expect((await provider.complete(request('Q: 2+2?'))).text).toBe('The answer is 4.');
    expect((await provider.complete(request('Q: 3+3?'))).text).toBe('older');
    expect((await provider.complete(request('Hi'))).text).toBe('chat');
  });

  it('are likelihoods of continuations, with numbers as texts', async () => {
    const provider = await open(
      lines({
        ...common,
        doc_id: 5,
        arguments: {
          gen_args_0: { arg_0: 'Sky is', arg_1: ' blue' },
          gen_args_1: { arg_0: 'Sky is', arg_1: ' green' },
        },
        resps: [[['-1.5', 'True']], [[-4.25, false]]],
      }),
    );
    const ask = (prompt: string, ...continuations: string[]) =>
      provider.scoreContinuations!({ id: '5', prompt: textPrompt(prompt), continuations });
    expect(await ask('Sky is', ' green', ' blue')).toEqual([
      { logLikelihood: -4.25, isGreedy: false, tokens: null, bytes: 6 },
      { logLikelihood: -1.5, isGreedy: true, tokens: null, bytes: 5 },
    ]);
    expect(await ask('Sky is ', 'blue')).toMatchObject([{ logLikelihood: -1.5 }]);
    expect((await failure(ask('Sky is', ' red'))).message).toContain('no score of the continuation " red"');
    expect((await failure(provider.complete(request('x', '5')))).message).toContain(
      'scores of continuations',
    );
  });

  it('with several answers, or of another form, are refused', async () => {
    const argument = { gen_args_0: { arg_0: 'p', arg_1: {} } };
    const several = lines({ ...common, doc_id: 0, arguments: argument, resps: [['a', 'b']] });
    expect((await failure(open(several))).message).toContain(':1: holds several answers');
    const odd = lines({ ...common, doc_id: 0, arguments: argument, resps: [[{}]] });
    expect((await failure(open(odd))).message).toContain(':1: resps.0: is neither');
    const fewer = lines({
      ...common,
      doc_id: 0,
      arguments: argument,
      resps: [[['-1', 'True']], [['-2', 'False']]],
    });
    expect((await failure(open(fewer))).message).toContain('has 1 arguments, but 2 answers');
  });
});

describe('tries with outcomes', () => {
  it('answer one prompt in their order, each as often as it was recorded', async () => {
    const provider = await open(
      lines(
        { prompt: 'Write f', completion: 'def f(): pass', passed: false },
        { prompt: 'Write f', passed: true },
        { prompt: 'Write g', passed: false },
        { id: 'h', passed: true },
      ),
    );
    const at = (prompt: string, attempt: number, id?: string) =>
      provider.complete({ ...request(prompt, id), attempt });
    expect(await at('Write f', 0)).toMatchObject({ text: 'def f(): pass', passed: false });
    expect(await at('Write f', 1)).toMatchObject({ text: '', passed: true });
    expect((await at('', 0, 'h')).passed).toBe(true);
    const error = await failure(at('Write g', 1));
    expect(error).toMatchObject({ code: 'BAD_DATASET' });
    expect(error.message).toContain('has 1 of the 2 or more tries');
  });

  it('are not mixed with outputs of which no outcome is known', async () => {
    const mixed = lines({ prompt: 'p', completion: 'a', passed: true }, { prompt: 'p', completion: 'b' });
    expect((await failure(open(mixed))).message).toContain('has another output');
    expect((await failure(open(lines({ prompt: 'p' })))).message).toContain('completion: is missing');
  });
});
