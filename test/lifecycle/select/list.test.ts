import { describe, expect, it } from 'vitest';
import { listModels, type ListModelsOptions } from '../../../src/lifecycle/select/list.js';
import { temporaryProject } from './temporary-project.js';

const list = async (options: ListModelsOptions) => listModels(options, (await temporaryProject()).ports);
const idsOf = async (options: ListModelsOptions) => (await list(options)).models.map(({ id }) => id);

describe('filters', () => {
  it('combine', async () => {
    const options = { arch: 'decoder', licence: 'commercial', language: 'German', instructionTuned: true };
    const ids = await idsOf({ ...options, gpu: 'T4', minContext: 100_000 });
    expect(ids).toEqual(expect.arrayContaining(['llama-3.2-3b', 'qwen2.5-7b']));
    // Too large; too short; not in German; and a cache of 13 GB at 100,000 tokens (32 layers of 2 × 8 × 128 values).
    for (const id of ['llama-3.1-70b', 'qwen3-8b', 'gemma-3-1b', 'phi-4-mini']) expect(ids).not.toContain(id);
  });

  it('take names as people write them', async () => {
    expect(await idsOf({ family: 'qwen3' })).toEqual(await idsOf({ family: 'Qwen3' }));
    expect(await idsOf({ task: 'sentiment' })).toEqual(await idsOf({ task: 'text-classification' }));
    expect(await idsOf({ language: 'de' })).toEqual(await idsOf({ language: 'german' }));
    expect((await idsOf({ family: 'qwen3' })).length).toBe(7);
  });

  it('say in which format a model fits', async () => {
    const { models } = await list({ fits: '16GB', family: 'Llama 3.1' });
    expect(models).toMatchObject([{ id: 'llama-3.1-8b', fits_in: { dtype: 'int8' } }]);
    expect((await list({ family: 'Llama 3.1' })).models[0]!.fits_in).toBeNull();
  });

  it('say which removed most where nothing is left', async () => {
    const { models, filters, total } = await list({ arch: 'encoder', licence: 'gemma', gpu: 'T4' });
    expect(models).toEqual([]);
    expect(filters[0]).toEqual({ filter: '--arch', excluded: total - 5, left_without: expect.any(Number) });
    expect(filters.map(({ filter }) => filter).sort()).toEqual(['--arch', '--gpu', '--licence']);
  });
});

describe('order', () => {
  it.each(['parameters', 'context', 'released', 'name', 'tokens'] as const)('by %s', async (sort) => {
    const up = (await list({ arch: 'encoder', sort })).models;
    const down = (await list({ arch: 'encoder', sort, reverse: true })).models;
    expect(down).toEqual([...up].reverse());
    const keys = up.map((model) =>
      sort === 'name' ? model.id : sort === 'tokens' ? (model.training_tokens ?? 0) : model[sort],
    );
    expect(keys).toEqual([...keys].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)));
  });

  it('puts versions in the order of their numbers', async () => {
    expect(await idsOf({ family: 'Gemma 3', sort: 'name' })).toEqual([
      'gemma-3-1b',
      'gemma-3-4b',
      'gemma-3-12b',
      'gemma-3-27b',
    ]);
  });
});

describe('what is wrong', () => {
  it.each<[ListModelsOptions, RegExp, RegExp]>([
    [{ task: 'translatoin' }, /^--task: /, /translation/],
    [{ family: 'Qwne3' }, /^--family: /, /Qwen3/],
    [{ arch: 'encodr' }, /^--arch: /, /encoder/],
    [{ licence: 'comercial' }, /^--licence: /, /commercial/],
    [{ language: 'Germann' }, /^--language: /, /\S/],
    [{ fits: 'lots' }, /lots/, /24GB/],
    [{ gpu: 'A10O' }, /A10O/, /a100/],
    [{ fits: '24GB', gpu: 'T4' }, /--fits, --gpu/, /\S/],
    [{ maxParams: '-7B' }, /-7B/, /7B/],
    [{ maxParams: 'seven' }, /^--max-params: /, /7B/],
    [{ minParams: '7B', maxParams: '1B' }, /--min-params/, /\S/],
    [{ minContext: 0 }, /^--min-context: /, /\S/],
  ])('is said with what would be right: %j', async (options, message, hint) => {
    await expect(list(options)).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    });
  });
});
