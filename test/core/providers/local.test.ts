import { cpSync, mkdtempSync, rmSync, writeFileSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadWeights } from '../../../src/core/checkpoints/load-weights.js';
import type { Engine } from '../../../src/core/engine/engine.js';
import { embedTexts } from '../../../src/core/generation/embed-texts.js';
import { LanguageModel } from '../../../src/core/generation/language-model.js';
import { openModelSource } from '../../../src/core/generation/load-language-model.js';
import { openProvider } from '../../../src/core/providers/open-provider.js';
import type {
  CompletionRequest,
  CompletionSettings,
  Prompt,
  Provider,
} from '../../../src/core/providers/provider.js';
import { CompletionCache } from '../../../src/core/providers/completion-cache.js';
import {
  runEmbeddings,
  runRequests,
  runTextScores,
  textEmbedder,
} from '../../../src/core/providers/run-requests.js';
import { SequenceScorer } from '../../../src/core/scoring/sequence-scorer.js';
import { generateText } from '../../../src/lifecycle/generate/generate-text.js';
import { systemClock } from '../../../src/platform/clock.js';
import { nodeFileSystem } from '../../../src/platform/file-system.js';
import { compare } from '../../golden/golden.js';
import { cpuEngine } from '../generation/models.js';
import { failure, networkPorts } from './fake-ports.js';

const STARTER = fileURLToPath(new URL('../../../templates/starter-model', import.meta.url));

const ports = { ...networkPorts(), createEngine: async () => cpuEngine() };
let provider: Provider;
let engine: Engine;
beforeAll(async () => {
  provider = await openProvider(STARTER, ports);
  engine = cpuEngine();
});
afterAll(async () => {
  await provider.close();
  await engine.dispose();
});

const text = (prompt: string): Prompt => ({ kind: 'text', text: prompt });
const request = (prompt: string, settings: CompletionSettings = { maxNewTokens: 12 }): CompletionRequest => ({
  prompt: text(prompt),
  settings,
});

/** What `genai generate` gives. */
async function generated(prompt: string, settings: CompletionSettings, chat = false): Promise<string> {
  const result = await generateText(
    { model: STARTER, prompts: [prompt], chat, ...settings, stop: [...(settings.stop ?? [])] },
    { fileSystem: nodeFileSystem, createEngine: async () => cpuEngine(), now: () => 0 },
  );
  return result.completions[0]!.text;
}

describe('completions', () => {
  it('are those of genai generate: greedy, drawn, and of a conversation', async () => {
    const drawn = { maxNewTokens: 12, temperature: 0.8, seed: 5 };
    const chat: CompletionRequest = {
      prompt: { kind: 'chat', messages: [{ role: 'user', content: 'What is a fox?' }] },
      settings: { maxNewTokens: 12 },
    };
    const [greedy, sampled, answer] = await Promise.all([
      provider.complete(request('A fox is')),
      provider.complete(request('A fox is', drawn)),
      provider.complete(chat),
    ]);
    expect(greedy.text).toBe(await generated('A fox is', { maxNewTokens: 12 }));
    expect(sampled.text).toBe(await generated('A fox is', drawn));
    expect(answer.text).toBe(await generated('What is a fox?', { maxNewTokens: 12 }, true));
    expect(sampled.text).not.toBe(greedy.text);
    expect(greedy).toMatchObject({ finishReason: 'length', completionTokens: 12, costUsd: null });
    expect(greedy.promptTokens).toBe(provider.countTokens!(text('A fox is')));
  });

  it('are the same beside others, of which like ones are computed together', async () => {
    const prompts = [
      'A fox is',
      'The sun',
      'Water is',
      'A dog',
      'A tree has',
      'Snow',
      'Birds can',
      'A very small',
    ];
    const together = await runRequests(
      provider,
      prompts.map((prompt) => request(prompt)),
      { clock: systemClock },
    );
    const alone: string[] = [];
    for (const prompt of prompts) alone.push((await provider.complete(request(prompt))).text);
    expect(together.map(({ result }) => result.text)).toEqual(alone);
  });

  it('are refused where the prompt does not fit, by its name', async () => {
    const long = { ...request('word '.repeat(300)), id: 'row-3' };
    const { message, code } = await failure(provider.complete(long));
    expect(message).toMatch(
      /^the prompt of "row-3" has \d+ tokens; the model's context window is 256 tokens/,
    );
    expect(code).toBe('CONTEXT_OVERFLOW');
  });

  it('end when nobody waits for them any more, and others go on', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    const given = provider.complete(request('Once upon a time', { maxNewTokens: 200 }), stop.signal);
    const kept = provider.complete(request('A fox is'));
    setTimeout(() => stop.abort(reason), 30);
    await expect(given).rejects.toBe(reason);
    expect((await kept).completionTokens).toBe(12);
  });
});

describe('likelihoods', () => {
  it('are those of SequenceScorer over the tokens of prompt and continuation', async () => {
    const { model, tokenizer } = await openModelSource(nodeFileSystem, { model: STARTER });
    const scorer = await SequenceScorer.create(
      engine,
      model,
      await loadWeights(nodeFileSystem, STARTER, model),
    );
    const continuations = [' animal', ' a kind of tree.'];
    const encode = (part: string) => tokenizer.encode(part, { addSpecialTokens: false });
    const losses = await scorer.score(
      continuations.map((continuation) => {
        const [before, all] = [encode('A fox is an'), encode(`A fox is an${continuation}`)];
        // The words' tokens do not reach over the space, so that the whole's begin with the prompt's.
        expect(all.slice(0, before.length)).toEqual(before);
        return { tokenIds: all, supervised: all.map((_, index) => (index >= before.length ? 1 : 0)) };
      }),
    );
    await scorer.dispose();
    const scores = await provider.scoreContinuations!({ prompt: text('A fox is an'), continuations });
    expect(scores.map(({ logLikelihood }) => logLikelihood)).toEqual([
      expect.closeTo(-losses[0]!, 5),
      expect.closeTo(-losses[1]!, 5),
    ]);
    expect(scores.map(({ tokens }) => tokens)).toEqual(continuations.map((part) => encode(part).length));
    expect(scores.map(({ bytes }) => bytes)).toEqual([7, 16]);
    expect(scores.map(({ isGreedy }) => isGreedy)).toEqual([null, null]);
  });

  it('may hold the end of the text, which the distribution after the continuation tells too', async () => {
    const tokenizer = JSON.parse(readFileSync(join(STARTER, 'tokenizer.json'), 'utf8')) as {
      added_tokens: { id: number; content: string }[];
    };
    const { eos_token: end } = JSON.parse(readFileSync(join(STARTER, 'tokenizer_config.json'), 'utf8')) as {
      eos_token: string;
    };
    const { id } = tokenizer.added_tokens.find(({ content }) => content === end)!;
    const asked = { prompt: text('A fox is an'), continuations: [' animal.'] };
    const [alone] = await provider.scoreContinuations!(asked);
    const [closed] = await provider.scoreContinuations!({ ...asked, withEnd: true });
    const { logits } = await provider.nextTokenDistribution!(text('A fox is an animal.'));
    const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
    const ending = logits[id]! - Math.log(total);
    expect(ending).toBeLessThan(-0.01);
    expect(closed!.logLikelihood).toBeCloseTo(alone!.logLikelihood + ending, 3);
    expect(closed!.tokens).toBe(alone!.tokens! + 1);
  });

  it('do not depend on which side of the boundary a space stands', async () => {
    const ask = async (prompt: string, continuation: string) =>
      (await provider.scoreContinuations!({ prompt: text(prompt), continuations: [continuation] }))[0]!;
    const [before, behind] = [await ask('A fox is an ', 'animal'), await ask('A fox is an', ' animal')];
    expect(before.logLikelihood).toBe(behind.logLikelihood);
  });

  it('tell what greedy decoding would say', async () => {
    const { text: greedy } = await provider.complete(request('A fox is', { maxNewTokens: 6 }));
    const scores = await provider.scoreContinuations!({
      prompt: text('A fox is'),
      continuations: [greedy, ' zebra'],
      withGreedy: true,
    });
    expect(scores.map(({ isGreedy }) => isGreedy)).toEqual([true, false]);
  });

  it('of whole texts are run and kept like any other', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'genai-local-'));
    const texts = [{ text: 'A fox is an animal.' }, { text: 'Water is wet.' }];
    const ask = () =>
      runTextScores(provider, texts, {
        clock: systemClock,
        cache: new CompletionCache(nodeFileSystem, folder),
      });
    const [first, second] = [await ask(), await ask()];
    expect(first.map(({ result }) => result)).toEqual([
      await provider.scoreText!(texts[0]!),
      await provider.scoreText!(texts[1]!),
    ]);
    expect(second).toEqual(first.map(({ result }) => ({ result, isFromCache: true })));
    rmSync(folder, { recursive: true });
  });

  it('need a continuation', async () => {
    const asked = provider.scoreContinuations!({ id: 'q1', prompt: text('A'), continuations: [''] });
    expect((await failure(asked)).message).toBe('the prompt of "q1": a continuation is empty');
  });
});

describe('the next token', () => {
  it('has a distribution in which the greedy one is likeliest and likelihoods agree', async () => {
    const { logits, tokenText, promptTokenIds } = await provider.nextTokenDistribution!(text('A fox is'));
    expect(promptTokenIds.length).toBe(provider.countTokens!(text('A fox is')));
    const likeliest = logits.indexOf(Math.max(...logits));
    expect(tokenText(likeliest)).toBe(
      (await provider.complete(request('A fox is', { maxNewTokens: 1 }))).text,
    );
    const total = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
    const [score] = await provider.scoreContinuations!({
      prompt: text('A fox is'),
      continuations: [tokenText(likeliest)],
    });
    expect(logits[likeliest]! - Math.log(total)).toBeCloseTo(score!.logLikelihood, 4);
  });
});

describe('the fingerprint', () => {
  it('goes with what the files hold, not with where they are', async () => {
    const copy = mkdtempSync(join(tmpdir(), 'genai-local-'));
    cpSync(STARTER, copy, { recursive: true });
    const of = async (folder: string) => (await openProvider(folder, ports)).fingerprint();
    const own = await provider.fingerprint();
    expect(own).toMatch(/^local:[0-9a-f]{64}$/);
    expect(await of(copy)).toBe(own);
    const path = join(copy, 'tokenizer_config.json');
    const config = JSON.parse(readFileSync(path, 'utf8')) as { chat_template: string };
    config.chat_template = `${config.chat_template} `;
    writeFileSync(path, JSON.stringify(config));
    expect(await of(copy)).not.toBe(own);
    rmSync(copy, { recursive: true });
  });
});

describe('embeddings', () => {
  it('are the mean of the final hidden states, kept in a cache, and refuse what is too long', async () => {
    const texts = ['A fox is an animal.', 'The sun', 'A fox is an animal.'];
    const { vectors, promptTokens } = await provider.embed!(texts);
    expect(promptTokens).toBe(
      texts.reduce((sum, each) => sum + provider.countTokens!({ kind: 'text', text: each }), 0),
    );
    // What the model computes of the text by itself; the golden test holds that to transformers.
    const { model, tokenizer } = await openModelSource(nodeFileSystem, { model: STARTER });
    const weights = await loadWeights(nodeFileSystem, STARTER, model);
    const alone = await LanguageModel.create(engine, model, weights);
    const [expected] = await embedTexts(alone, [tokenizer.encode(texts[0]!)]);
    expect(compare(vectors[0]!, expected!).difference).toBeLessThan(2e-6);
    expect(vectors[2]).toEqual(vectors[0]);
    await alone.dispose();

    const folder = mkdtempSync(join(tmpdir(), 'genai-embeddings-'));
    const run = () =>
      runEmbeddings(provider, texts, {
        clock: systemClock,
        cache: new CompletionCache(nodeFileSystem, folder),
      });
    const [first, again] = [await run(), await run()];
    expect(first.map(({ isFromCache }) => isFromCache)).toEqual([false, false, false]);
    expect(again).toEqual(first.map(({ result }) => ({ result, isFromCache: true })));
    const embed = textEmbedder(provider, { clock: systemClock });
    expect(compare((await embed([texts[1]!]))[0]!, vectors[1]!).difference).toBeLessThan(2e-6);
    rmSync(folder, { recursive: true });

    const long = 'fox '.repeat(400);
    const [outcome, other] = await Promise.allSettled([provider.embed!([long]), provider.embed!(['A fox'])]);
    expect(outcome).toMatchObject({ reason: { code: 'CONTEXT_OVERFLOW' } });
    expect(other.status).toBe('fulfilled');
  });
});
