import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ToolkitError } from '../../../src/core/errors/toolkit-error.js';
import { generate, type GenerationSettings } from '../../../src/core/generation/generate.js';
import type { LanguageModel } from '../../../src/core/generation/language-model.js';
import { readJson } from '../../golden/golden.js';
import { cpuEngine, goldenFolder, loadGolden, spell, spellingTokenizer, type GreedyCase } from './models.js';

const engine = cpuEngine();
afterAll(() => engine.dispose());

const folder = goldenFolder('mistral-sliding');
// Greedy continuation by transformers: 16 16 16 16 16 33 42 60 33 8 8 7 …
const { prompt, tokens } = readJson<GreedyCase>(folder, 'case.json').greedy;
let model: LanguageModel;
beforeAll(async () => {
  model = await loadGolden(engine, folder);
});

/** Continues the golden prompt and collects what is shown on the way. */
async function run(settings: Partial<GenerationSettings>, endOfSequenceIds: number[] = []) {
  const shown: string[] = [];
  const [completion] = await generate(
    model,
    spellingTokenizer(endOfSequenceIds),
    [prompt],
    { maxNewTokens: 32, ...settings },
    { onToken: ({ text }) => shown.push(text) },
  );
  expect(shown.join('')).toBe(completion!.text);
  return { ...completion!, shown };
}

describe('generate', () => {
  it('continues greedily, as transformers does, unless told otherwise', async () => {
    const { tokenIds, text, finishReason, promptTokens, completionTokens } = await run({});
    expect(tokenIds).toEqual(tokens);
    expect(text).toBe(spell(tokens));
    expect({ finishReason, promptTokens, completionTokens }).toEqual({
      finishReason: 'length',
      promptTokens: 6,
      completionTokens: 32,
    });
  });

  it('shows every token as it comes', async () => {
    expect((await run({ maxNewTokens: 6 })).shown).toEqual(['<16>', '<16>', '<16>', '<16>', '<16>', '<33>']);
  });

  it('stops at an end token, which has no text', async () => {
    const { tokenIds, text, finishReason } = await run({}, [60, 42]);
    expect(tokenIds).toEqual([16, 16, 16, 16, 16, 33, 42]);
    expect(text).toBe('<16><16><16><16><16><33>');
    expect(finishReason).toBe('stop');
  });

  it('never shows a stop string, even when two tokens share it', async () => {
    const { tokenIds, text, finishReason, shown } = await run({ stop: ['3><42', 'never'] });
    expect(tokenIds).toEqual([16, 16, 16, 16, 16, 33, 42]);
    expect(text).toBe('<16><16><16><16><16><3');
    expect(shown).toEqual(['<16>', '<16>', '<16>', '<16>', '<16>', '<3', '']);
    expect(finishReason).toBe('stop_string');
  });

  it('shows at the end what only began like a stop string', async () => {
    const { text, finishReason } = await run({ maxNewTokens: 6, stop: ['<33>!'] });
    expect(text).toBe('<16><16><16><16><16><33>');
    expect(finishReason).toBe('length');
  });

  it('takes the text of a special token as that token', async () => {
    const special = { ...spellingTokenizer([42]), endOfSequenceIds: [] };
    const [completion] = await generate(model, special, [prompt], { maxNewTokens: 32, stop: ['<42>'] });
    expect(completion!.tokenIds.at(-1)).toBe(42);
    expect(completion!.finishReason).toBe('stop_string');
  });

  it('stops at the end of the context window', async () => {
    const { contextLength } = model;
    const long = Array.from({ length: contextLength - 3 }, (_, index) => index % 50);
    const [completion] = await generate(model, spellingTokenizer(), [long], { maxNewTokens: 100 });
    expect(completion!.finishReason).toBe('length');
    expect(completion!.completionTokens).toBe(3);
  });

  it('refuses prompts that cannot be continued before it generates anything', async () => {
    const failure = async (bad: number[], others: number[][] = []): Promise<ToolkitError> => {
      const onToken = () => expect.fail('something was generated');
      const settings = { maxNewTokens: 4, batchSize: 1 };
      const error: unknown = await generate(model, spellingTokenizer(), [...others, bad], settings, {
        onToken,
      }).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(ToolkitError);
      return error as ToolkitError;
    };
    const tooLong = await failure(new Array<number>(70).fill(1));
    expect(tooLong.code).toBe('CONTEXT_OVERFLOW');
    expect(tooLong.message).toBe(
      "the prompt has 70 tokens; the model's context window is 64 tokens, its answer included",
    );
    expect(tooLong.hint).toContain('at least 7 tokens');
    expect((await failure(new Array<number>(64).fill(1))).hint).toContain('at least 1 token,');
    expect((await failure([], [prompt])).message).toBe('prompt 2 is empty');
    expect((await failure([61])).message).toContain('token 61');
  });

  it('answers every prompt of a batch as if it were alone', async () => {
    const prompts = [
      prompt,
      [1],
      readJson<GreedyCase>(folder, 'case.json').input_ids[0]!,
      [5, 4, 3, 2, 1, 0, 9, 8, 7],
    ];
    // Rows end at different steps: one by its end token, one at the end of the window, others by the limit.
    const tokenizer = spellingTokenizer([42]);
    const long = Array.from({ length: 50 }, (_, index) => index % 7);
    const settings = { maxNewTokens: 20 };
    const together = await generate(model, tokenizer, [...prompts, long], settings);
    const alone = [];
    for (const single of [...prompts, long])
      alone.push(...(await generate(model, tokenizer, [single], settings)));
    expect(together).toEqual(alone);
    expect(new Set(together.map(({ completionTokens }) => completionTokens)).size).toBeGreaterThan(2);
  });

  it('draws the same from the same seed, whatever the batch size', async () => {
    const draw = (seed: number, batchSize: number) =>
      generate(model, spellingTokenizer(), [prompt, prompt, prompt], {
        maxNewTokens: 12,
        temperature: 1,
        seed,
        batchSize,
      });
    const drawn = await draw(7, 3);
    expect(await draw(7, 2)).toEqual(drawn);
    expect(await draw(8, 3)).not.toEqual(drawn);
    expect(drawn[0]!.text).not.toBe(drawn[1]!.text);
  });

  it('keeps what it has when it is interrupted', async () => {
    const stop = new AbortController();
    let count = 0;
    const onToken = () => {
      if (++count === 3) stop.abort();
    };
    const [completion] = await generate(
      model,
      spellingTokenizer(),
      [prompt],
      { maxNewTokens: 32 },
      { signal: stop.signal, onToken },
    );
    expect(completion).toMatchObject({
      text: '<16><16><16>',
      finishReason: 'interrupted',
      completionTokens: 3,
    });
    const [nothing] = await generate(
      model,
      spellingTokenizer(),
      [prompt],
      { maxNewTokens: 32 },
      { signal: stop.signal },
    );
    expect(nothing).toMatchObject({ text: '', finishReason: 'interrupted', completionTokens: 0 });
  });

  it('holds a character back until all its bytes have come', async () => {
    // Ids as bytes: 16 begins the two bytes of "é" and 33 ends them. Four beginnings come to nothing.
    const bytes = new Map([
      [16, 0xc3],
      [33, 0xa9],
    ]);
    const tokenizer = {
      ...spellingTokenizer(),
      decode: (ids: readonly number[]) =>
        new TextDecoder().decode(Uint8Array.from(ids, (id) => bytes.get(id) ?? 0x2e)),
    };
    const shown: string[] = [];
    const onToken = ({ text }: { text: string }) => shown.push(text);
    await generate(model, tokenizer, [prompt], { maxNewTokens: 6 }, { onToken });
    expect(shown).toEqual(['', '', '', '', '', '\uFFFD\uFFFD\uFFFD\uFFFDé']);
    const [broken] = await generate(model, tokenizer, [prompt], { maxNewTokens: 1 });
    expect(broken!.text).toBe('\uFFFD');
  });
});
