import { describe, expect, it } from 'vitest';
import { jsonSchemaGrammar } from '../../../src/core/generation/json-schema-grammar.js';
import { chooseToken } from '../../../src/core/generation/sampling.js';
import type { AnswerEvent, GenerationRequest } from '../../../src/core/serving/generation-request.js';
import { QueueFull } from '../../../src/core/serving/queue-full.js';
import { Scheduler } from '../../../src/core/serving/scheduler.js';
import { ServingStatistics } from '../../../src/core/serving/serving-statistics.js';
import { Turns } from '../../../src/core/serving/turns.js';
import { Random } from '../../../src/core/training/random.js';
import {
  byteTokenizer,
  END_TOKEN,
  FAKE_VOCABULARY,
  fakeEmbedding,
  fakeLogits,
  FakeSlotModel,
} from './fake-slot-model.js';

interface Setup {
  slots?: number;
  capacity?: number;
  largestRead?: number;
  queueLimit?: number;
}

function setup({ slots = 4, capacity = 200, largestRead = 8, queueLimit = 100 }: Setup = {}) {
  const model = new FakeSlotModel(slots, capacity, largestRead);
  const statistics = new ServingStatistics();
  const parts = { model, tokenizer: byteTokenizer, vocabulary: FAKE_VOCABULARY, turns: new Turns() };
  return { model, statistics, scheduler: new Scheduler({ ...parts, queueLimit, statistics }) };
}

function request(prompt: string, options: Partial<GenerationRequest> = {}): GenerationRequest {
  return {
    prompt: [...Buffer.from(prompt)],
    choices: 1,
    maxNewTokens: 12,
    sampling: { temperature: 0 },
    seed: 0,
    stop: [],
    logitBias: new Map(),
    presencePenalty: 0,
    frequencyPenalty: 0,
    likeliest: undefined,
    scorePrompt: false,
    grammar: undefined,
    ...options,
  };
}

/** Answers by choice, with how they ended. */
async function collect(
  events: AsyncIterable<AnswerEvent>,
): Promise<{ text: string; end: string | undefined }[]> {
  const answers: { text: string; end: string | undefined }[] = [];
  for await (const { choice, text, end } of events) {
    answers[choice] ??= { text: '', end: undefined };
    expect(answers[choice].end).toBeUndefined();
    answers[choice].text += text;
    answers[choice].end = end;
  }
  return answers;
}

/** The answer of the model alone, one token after the other: what every schedule must come to. */
function alone({ prompt, sampling, seed, maxNewTokens }: GenerationRequest, choice = 0) {
  const tokens = [...prompt];
  const random = new Random(seed, choice);
  for (;;) {
    const token = chooseToken(fakeLogits(tokens), new Set(tokens), sampling, random);
    const text = (): string => byteTokenizer.decode(tokens.slice(prompt.length));
    if (token === END_TOKEN) return { text: text(), end: 'stop' };
    tokens.push(token);
    if (tokens.length === prompt.length + maxNewTokens!) return { text: text(), end: 'length' };
  }
}

describe('Scheduler', () => {
  it('answers as the model alone does, whatever else runs and whoever leaves', async () => {
    for (let round = 0; round < 12; round++) {
      const random = new Random(round);
      const slots = 1 + random.integer(5);
      const { model, scheduler } = setup({ slots, largestRead: 1 + random.integer(9) });
      const beginnings = ['', 'You are a helpful ', 'You are a helpful assistant. Answer '];
      const runs = Array.from({ length: 20 }, async () => {
        const prompt = `${beginnings[random.integer(3)]!}${'x'.repeat(1 + random.integer(30))}${random.integer(9)}`;
        const wanted = request(prompt, {
          choices: 1 + random.integer(3),
          maxNewTokens: 1 + random.integer(30),
          sampling: random.integer(2) === 0 ? { temperature: 0 } : { temperature: 1, topP: 0.9 },
          seed: random.integer(1000),
        });
        const leavesAfter = random.integer(4) === 0 ? random.integer(8) : Infinity;
        for (let wait = random.integer(40); wait > 0; wait--) await new Promise(setImmediate);
        if (leavesAfter < Infinity) {
          let seen = 0;
          for await (const _event of scheduler.generate(wanted)) if (++seen > leavesAfter) break;
          return;
        }
        const expected = Array.from({ length: wanted.choices }, (_, choice) => alone(wanted, choice));
        expect(await collect(scheduler.generate(wanted))).toEqual(expected);
      });
      await Promise.all(runs);
      await scheduler.idle();
      expect([scheduler.activeCount, scheduler.waitingCount]).toEqual([0, 0]);
      expect(Math.max(...model.stepSizes)).toBeLessThanOrEqual(slots);
    }
  });

  it('continues all answers in one step', async () => {
    const { model, scheduler } = setup({ slots: 3 });
    const runs = ['a', 'b', 'c'].map((prompt) =>
      collect(
        scheduler.generate(request(prompt, { maxNewTokens: 10, logitBias: new Map([[END_TOKEN, -100]]) })),
      ),
    );
    await Promise.all(runs);
    // Short prompts are read in one round; each answer has nine tokens after its first.
    expect(model.stepSizes).toEqual(Array<number>(9).fill(3));
  });

  it('reads a long prompt in pieces, between which other answers go on', async () => {
    const { model, scheduler } = setup({ slots: 2, capacity: 400 });
    const order: string[] = [];
    const never = { maxNewTokens: 20, logitBias: new Map([[END_TOKEN, -100]]) };
    const watch = async (name: string, prompt: string): Promise<void> => {
      for await (const _event of scheduler.generate(request(prompt, never))) order.push(name);
    };
    const short = watch('short', 'hi');
    await Promise.all([short, watch('long', 'y'.repeat(80))]);
    // The long prompt takes ten rounds of 8 tokens; the short one's answer is under way all the time.
    expect(order.indexOf('long')).toBeGreaterThanOrEqual(9);
    expect(order.indexOf('long')).toBeLessThanOrEqual(12);
    expect(model.tokensRead).toBe(82);
  });

  it('reads what a slot holds only once: turns of a conversation, choices, common beginnings', async () => {
    const { model, scheduler, statistics } = setup({ slots: 4 });
    const system = 'S'.repeat(40);
    const [first] = await collect(scheduler.generate(request(`${system}one`)));
    expect(model.tokensRead).toBe(43);
    // The next turn goes on where the last answer ended, whose last token was never read.
    await collect(scheduler.generate(request(`${system}one${first!.text}two`)));
    expect(model.tokensRead).toBe(43 + (first!.end === 'length' ? 1 : 0) + 3);
    const before = model.tokensRead;
    // Three choices: the prompt is read once, two more times its last token.
    await collect(scheduler.generate(request('Z'.repeat(30), { choices: 3 })));
    expect(model.tokensRead - before).toBe(32);
    const after = model.tokensRead;
    await collect(scheduler.generate(request(`${system}another`)));
    expect(model.tokensRead - after).toBe(7);
    expect(statistics.reusedPrompts).toBe(4);
  });

  it('keeps the conversation of one when another shares only its beginning', async () => {
    const { model, scheduler } = setup({ slots: 2 });
    const conversation = `${'S'.repeat(10)}${'c'.repeat(60)}`;
    await collect(scheduler.generate(request(conversation)));
    await collect(scheduler.generate(request(`${'S'.repeat(10)}new`)));
    const before = model.tokensRead;
    await collect(scheduler.generate(request(`${conversation}!`)));
    expect(model.tokensRead - before).toBe(1);
  });

  it('lets so many wait and no more', async () => {
    const { scheduler } = setup({ slots: 1, queueLimit: 2 });
    const running = [1, 2, 3].map(() => collect(scheduler.generate(request('wait'))));
    const denied = (): unknown => scheduler.generate(request('too many'));
    expect(denied).toThrow(QueueFull);
    await Promise.all(running);
    expect(await collect(scheduler.generate(request('now')))).toEqual([alone(request('now'))]);
  });

  it('cancels at once, whether waiting or under way, and uses the slot for the next', async () => {
    const { model, scheduler } = setup({ slots: 1 });
    model.delay = 2;
    const long = { maxNewTokens: 150, logitBias: new Map([[END_TOKEN, -100]]) };
    const [running, waiting] = [new AbortController(), new AbortController()];
    const first = collect(scheduler.generate(request('first', long), running.signal));
    const second = collect(scheduler.generate(request('second', long), waiting.signal));
    const third = collect(scheduler.generate(request('third')));
    waiting.abort(new Error('gone'));
    await expect(second).rejects.toThrow('gone');
    running.abort(new Error('late'));
    await expect(first).rejects.toThrow('late');
    expect(await third).toEqual([alone(request('third'))]);
    expect(model.stepSizes.length).toBeLessThan(30);
  });

  it('gives a slot away once, though its client goes while the last piece of the prompt is read', async () => {
    for (const begin of ['answer', 'embedding'] as const) {
      const { model, scheduler } = setup({ slots: 2 });
      model.delay = 5;
      const client = new AbortController();
      const gone =
        begin === 'answer'
          ? collect(scheduler.generate(request('gone'), client.signal))
          : scheduler.embed([[1, 2]], client.signal);
      const refused = expect(gone).rejects.toThrow('gone');
      await new Promise(setImmediate);
      client.abort(new Error('gone'));
      const prompts = ['first', 'second', 'third'];
      const answers = await Promise.all(
        prompts.map((prompt) => collect(scheduler.generate(request(prompt)))),
      );
      await refused;
      expect(answers).toEqual(prompts.map((prompt) => [alone(request(prompt))]));
      expect(scheduler.activeCount).toBe(0);
      expect(Math.max(...model.stepSizes)).toBe(2);
    }
  });

  it('reports a failing computation to those it was for, and goes on', async () => {
    const { model, scheduler } = setup({ slots: 1 });
    const first = collect(scheduler.generate(request('first')));
    const second = collect(scheduler.generate(request('second')));
    model.failure = new Error('out of memory');
    await expect(first).rejects.toThrow('out of memory');
    expect(await second).toEqual([alone(request('second'))]);
  });

  it('refuses what does not fit, and fills the context to its end', async () => {
    const { scheduler } = setup({ capacity: 20 });
    expect(() => scheduler.generate(request('p'.repeat(20)))).toThrow('20 tokens');
    expect(() => scheduler.generate(request(''))).toThrow('empty');
    const full = { maxNewTokens: undefined, logitBias: new Map([[END_TOKEN, -100]]) };
    const [answer] = await collect(scheduler.generate(request('p'.repeat(15), full)));
    expect(answer).toMatchObject({ end: 'length' });
    expect(answer!.text).toHaveLength(5);
  });

  it('ends at stop strings, and shows nothing of them', async () => {
    const { scheduler } = setup();
    const { text } = alone(request('stop here', { maxNewTokens: 30 }));
    const stop = text.slice(6, 9);
    const [answer] = await collect(
      scheduler.generate(request('stop here', { maxNewTokens: 30, stop: [stop] })),
    );
    expect(answer).toEqual({ text: text.slice(0, text.indexOf(stop)), end: 'stop' });
  });

  it('tells log-probabilities of answer and prompt', async () => {
    const { scheduler } = setup();
    const wanted = request('score', { likeliest: 2, scorePrompt: true, maxNewTokens: 3 });
    const events: AnswerEvent[] = [];
    for await (const event of scheduler.generate(wanted)) events.push(event);
    const tokens = [...wanted.prompt];
    const logProbability = (position: number, token: number): number => {
      const logits = [...fakeLogits(tokens.slice(0, position))];
      return Math.log(Math.exp(logits[token]!) / logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
    };
    const { promptScores } = events[0]!;
    expect(promptScores!.map(({ token }) => token)).toEqual(tokens.slice(1));
    for (const [index, score] of promptScores!.entries()) {
      expect(score.logProbability).toBeCloseTo(logProbability(index + 1, score.token), 5);
    }
    for (const { score } of events) {
      expect(score!.logProbability).toBeCloseTo(logProbability(tokens.length, score!.token), 5);
      const sorted = [...fakeLogits(tokens)]
        .map((logit, token) => ({ logit, token }))
        .sort((a, b) => b.logit - a.logit);
      expect(score!.likeliest.map(({ token }) => token)).toEqual(
        sorted.slice(0, 2).map(({ token }) => token),
      );
      tokens.push(score!.token);
    }
    expect(events.slice(1).every((event) => event.promptScores === undefined)).toBe(true);
  });

  it('obeys logit bias and penalties', async () => {
    const { scheduler } = setup();
    const only = new Map([[0x41, 100]]);
    const [biased] = await collect(scheduler.generate(request('x', { logitBias: only, maxNewTokens: 4 })));
    expect(biased!.text).toBe('AAAA');
    // Scores of printable characters lie less than 4 apart: a penalty of 2 for each of two forbids a third.
    const bias = new Map([
      [0x41, 50],
      [0x42, 49],
    ]);
    const penalized = request('x', { logitBias: bias, frequencyPenalty: 2, maxNewTokens: 20 });
    const [mixed] = await collect(scheduler.generate(penalized));
    expect(new Set(mixed!.text.split(/(?=.)/))).toEqual(new Set(['A', 'B']));
    const count = mixed!.text.replaceAll('B', '').length;
    expect(count).toBeGreaterThanOrEqual(8);
    expect(count).toBeLessThanOrEqual(12);
  });

  it('writes JSON of a schema when asked for it', async () => {
    const { scheduler } = setup({ capacity: 2000 });
    const grammar = jsonSchemaGrammar({
      type: 'object',
      properties: { kind: { enum: ['cat', 'dog'] }, old: { type: 'boolean' } },
      required: ['kind', 'old'],
    });
    for (let seed = 0; seed < 10; seed++) {
      const wanted = request('give me', {
        grammar,
        seed,
        sampling: { temperature: 1 },
        maxNewTokens: undefined,
      });
      const [answer] = await collect(scheduler.generate(wanted));
      const value = JSON.parse(answer!.text);
      expect(Object.keys(value)).toEqual(['kind', 'old']);
      expect(['cat', 'dog']).toContain(value.kind);
      expect(typeof value.old).toBe('boolean');
      expect(answer!.end).toBe('stop');
    }
  });

  it('embeds texts among the answers', async () => {
    const { scheduler } = setup({ slots: 2 });
    const answer = collect(scheduler.generate(request('meanwhile')));
    const texts = [[1, 2, 3], [4, 4], Array<number>(200).fill(7)];
    expect(await scheduler.embed(texts)).toEqual(texts.map(fakeEmbedding));
    expect(await answer).toEqual([alone(request('meanwhile'))]);
    await expect(scheduler.embed([[1], Array<number>(201).fill(7)])).rejects.toThrow('text 2 has 201 tokens');
  });
});
