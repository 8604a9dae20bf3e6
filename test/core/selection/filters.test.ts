import { describe, expect, it } from 'vitest';
import { filterModels, knowsLanguage } from '../../../src/core/selection/filters.js';
import { followsInstructions, instructionRepository } from '../../../src/core/selection/selectable-model.js';
import { changedModel, modelOf, MODELS } from './selectable-models.js';

const idsOf = (filters: Parameters<typeof filterModels>[1]): string[] =>
  filterModels(MODELS, filters).kept.map(({ card }) => card.id);

describe('filters', () => {
  it('keep every model where there are none', () => {
    expect(idsOf({})).toHaveLength(MODELS.length);
  });

  it.each([
    [
      { arch: 'encoder' },
      ['bert-base-cased', 'bert-base-uncased', 'bert-large-uncased', 'roberta-base', 'roberta-large'],
    ],
    [{ arch: 'palm' }, ['palm-540b', 'palm-62b', 'palm-8b']],
    [{ family: 'Gemma 2', maxParameters: 3e9 }, ['gemma-2-2b']],
    [{ licence: 'qwen-research' }, ['qwen2.5-3b']],
    [
      { language: 'sw', maxParameters: 1e9 },
      ['bloom-560m', 'flan-t5-base', 'flan-t5-large', 'flan-t5-small', 'qwen2.5-0.5b', 'qwen3-0.6b'],
    ],
    [{ minParameters: 4e11, openWeights: true }, ['deepseek-v3']],
    [{ task: 'sentence-similarity', maxParameters: 1e8 }, ['t5-small']],
    [{ minContext: 131_072, instructionTuned: false }, []],
  ])('%j', (filters, ids) => {
    expect(idsOf(filters).sort()).toEqual(ids);
  });

  it('commercial keeps neither what forbids it nor what does not say', () => {
    const ids = idsOf({ licence: 'commercial' });
    expect(ids).toEqual(expect.arrayContaining(['llama-3.1-8b', 'gpt2', 'bloom-3b']));
    for (const id of ['llama-7b', 'opt-175b', 'qwen2.5-3b', 'gpt3-175b']) expect(ids).not.toContain(id);
  });

  it('a memory keeps what runs in it in some format', () => {
    const ids = idsOf({ capacityBytes: 8e9 });
    expect(ids).toContain('llama-3.1-8b');
    expect(ids).not.toContain('llama-2-13b');
  });

  it('tell what each of them does, counted here by hand', () => {
    const { kept, effects } = filterModels(['gpt2', 'bert-base-uncased', 'llama-7b'].map(modelOf), {
      arch: 'decoder',
      licence: 'commercial',
      maxParameters: 1e7,
    });
    expect(kept).toEqual([]);
    expect(effects).toEqual([
      { filter: 'maxParameters', excluded: 3, left_without: 1 },
      { filter: 'arch', excluded: 1, left_without: 0 },
      { filter: 'licence', excluded: 1, left_without: 0 },
    ]);
  });
});

describe('instructions', () => {
  it.each([
    ['llama-3.1-8b', 'meta-llama/Llama-3.1-8B-Instruct'],
    ['llama-2-7b', 'meta-llama/Llama-2-7b-chat-hf'],
    ['gemma-2-9b', 'google/gemma-2-9b-it'],
    ['bloom-3b', 'bigscience/bloomz-3b'],
    ['qwen3-8b', 'Qwen/Qwen3-8B'],
    ['flan-t5-base', 'google/flan-t5-base'],
    ['mistral-7b-v0.3', 'mistralai/Mistral-7B-Instruct-v0.3'],
    ['tinyllama-1.1b', 'TinyLlama/TinyLlama-1.1B-Chat-v1.0'],
    ['pythia-1b', undefined],
    ['gpt2', undefined],
    ['bert-base-uncased', undefined],
  ])('of %s are followed by %s', (id, repository) => {
    expect(instructionRepository(modelOf(id).card)).toBe(repository);
    expect(followsInstructions(modelOf(id).card)).toBe(repository !== undefined);
  });
});

it('languages are named, perhaps among those not named, or not there', () => {
  expect(knowsLanguage(modelOf('llama-3.1-8b'), 'de')).toBe('named');
  expect(knowsLanguage(modelOf('qwen3-8b'), 'is')).toBe('perhaps');
  expect(knowsLanguage(modelOf('gpt2'), 'de')).toBe('no');
  expect(knowsLanguage(changedModel('gpt2', { languages: [] }), 'de')).toBe('perhaps');
});
