import { afterAll, describe, expect, it } from 'vitest';
import { beamSearch } from '../../../src/core/generation/beam-search.js';
import { generate } from '../../../src/core/generation/generate.js';
import type { LanguageModel } from '../../../src/core/generation/language-model.js';
import { GOLDEN, readJson } from '../../golden/golden.js';
import { cpuEngine, goldenFolder, loadGolden, spell, spellingTokenizer } from './models.js';

interface Case {
  model: string;
  prompt: number[];
  settings: {
    num_beams: number;
    max_new_tokens: number;
    eos_token_id?: number[];
    length_penalty?: number;
    early_stopping?: boolean;
    repetition_penalty?: number;
  };
  tokens: number[];
  score: number;
}

const { cases } = readJson<{ cases: Case[] }>(GOLDEN, 'beams.json');
const engine = cpuEngine();
const models = new Map<string, Promise<LanguageModel>>();
afterAll(() => engine.dispose());

function load(name: string): Promise<LanguageModel> {
  const model = models.get(name) ?? loadGolden(engine, goldenFolder(name));
  models.set(name, model);
  return model;
}

describe('beamSearch finds what transformers finds', () => {
  it.each(cases.map((golden) => [golden.model, JSON.stringify(golden.settings), golden] as const))(
    '%s %s',
    async (name, _settings, { prompt, settings, tokens, score }) => {
      const found = await beamSearch(await load(name), spellingTokenizer(settings.eos_token_id), prompt, {
        beams: settings.num_beams,
        maxNewTokens: settings.max_new_tokens,
        lengthPenalty: settings.length_penalty,
        earlyStopping: settings.early_stopping,
        repetitionPenalty: settings.repetition_penalty,
      });
      const hasEnd = settings.eos_token_id?.includes(tokens.at(-1)!) ?? false;
      expect(found.tokenIds).toEqual(tokens);
      expect(found.score).toBeCloseTo(score, 4);
      expect(found.text).toBe(spell(hasEnd ? tokens.slice(0, -1) : tokens));
      expect(found.finishReason).toBe(hasEnd ? 'stop' : 'length');
    },
  );
});

describe('a stop string of one token ends beams as an end token does', () => {
  const ended = cases.filter(({ settings }) => settings.eos_token_id !== undefined);
  it.each(ended.map((golden) => [golden.model, JSON.stringify(golden.settings), golden] as const))(
    '%s %s',
    async (name, _settings, { prompt, settings, tokens, score }) => {
      const stops = settings.eos_token_id!.map((id) => spell([id]));
      const found = await beamSearch(await load(name), spellingTokenizer(), prompt, {
        ...{ beams: settings.num_beams, maxNewTokens: settings.max_new_tokens, stop: stops },
        ...{ lengthPenalty: settings.length_penalty, earlyStopping: settings.early_stopping },
      });
      const hasEnd = settings.eos_token_id!.includes(tokens.at(-1)!);
      expect(found.tokenIds).toEqual(tokens);
      expect(found.score).toBeCloseTo(score, 4);
      expect(found.text).toBe(spell(hasEnd ? tokens.slice(0, -1) : tokens));
      expect(found.finishReason).toBe(hasEnd ? 'stop_string' : 'length');
    },
  );
});

describe('beamSearch', () => {
  it('goes on with the beams that are left where a stop string ends most', async () => {
    // Every token is spelt with ">", so that all beams end at once: what is found is the likeliest first token.
    const model = await load('gpt2');
    const [greedy] = await generate(model, spellingTokenizer(), [[1, 2, 3]], { maxNewTokens: 1 });
    const all = await beamSearch(model, spellingTokenizer(), [1, 2, 3], {
      beams: 3,
      maxNewTokens: 5,
      stop: ['>'],
    });
    expect(all).toMatchObject({ tokenIds: greedy!.tokenIds, finishReason: 'stop_string' });
    expect(all.text).toBe(spell(greedy!.tokenIds).slice(0, -1));
    // Only tokens whose number ends in 0 go on: fewer of the candidates than there are beams.
    const digits = Array.from({ length: 10 }, (_, digit) => `${digit}>`).slice(1);
    const some = await beamSearch(model, spellingTokenizer(), [1, 2, 3], {
      beams: 4,
      maxNewTokens: 4,
      stop: digits,
    });
    expect(some.tokenIds.slice(0, -1).every((id) => id % 10 === 0)).toBe(true);
  });

  it('stays within the context window', async () => {
    const model = await load('gpt2');
    const prompt = Array.from({ length: model.contextLength - 2 }, (_, index) => index % 40);
    const { completionTokens, finishReason } = await beamSearch(model, spellingTokenizer(), prompt, {
      beams: 2,
      maxNewTokens: 9,
    });
    expect([completionTokens, finishReason]).toEqual([2, 'length']);
  });

  it('leaves the model as it was for other texts', async () => {
    const model = await load('gpt2');
    const greedy = () => generate(model, spellingTokenizer(), [[1, 2, 3]], { maxNewTokens: 5 });
    const before = await greedy();
    await beamSearch(model, spellingTokenizer(), [3, 2, 1], { beams: 3, maxNewTokens: 5 });
    expect(await greedy()).toEqual(before);
  });

  it('refuses more beams than there are tokens for, and stops when told to', async () => {
    const model = await load('gpt2');
    const search = (beams: number, signal?: AbortSignal) =>
      beamSearch(model, spellingTokenizer([1]), [1], { beams, maxNewTokens: 3 }, { signal });
    await expect(search(40)).rejects.toThrow('40 beams need 80 candidates');
    await expect(search(2, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  });
});
