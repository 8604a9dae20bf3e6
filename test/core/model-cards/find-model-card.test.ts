import { describe, expect, it, vi } from 'vitest';
import { CARDS } from '../../../src/core/model-cards/cards.js';
import { findModelCard, loadModelCards, modelCardIds } from '../../../src/core/model-cards/index.js';

const CARDS_MODULE = '../../../src/core/model-cards/cards.js';

describe('findModelCard', () => {
  it.each([
    ['llama-3.1-8b', 'llama-3.1-8b'],
    ['LLAMA-3.1-8B', 'llama-3.1-8b'],
    ['Llama 3.1 8B', 'llama-3.1-8b'],
    ['llama_3.1_8b', 'llama-3.1-8b'],
    [' meta-llama/Llama-3.1-8B ', 'llama-3.1-8b'],
    ['META-LLAMA/llama-3.1-8b', 'llama-3.1-8b'],
    ['meta-llama/Llama-3.1-8B-Instruct', 'llama-3.1-8b'],
    ['meta-llama/Meta-Llama-3-8B', 'llama-3-8b'],
    ['meta-llama/Llama-2-7b-hf', 'llama-2-7b'],
    ['openai-community/gpt2', 'gpt2'],
    ['GPT-2 1.5B', 'gpt2-xl'],
    ['GPT-3 125M', 'gpt3-small'],
    ['LLaMA 65.2B', 'llama-65b'],
    ['bigscience/bloom', 'bloom-176b'],
    ['bigscience/bloomz-560m', 'bloom-560m'],
    ['Jurassic-1 Jumbo', 'j1-jumbo'],
    ['deepseek-ai/DeepSeek-R1', 'deepseek-v3'],
    ['DeepSeek V3.1', 'deepseek-v3'],
    ['llama-3.3-70b', 'llama-3.1-70b'],
    ['Llama-3.3-70B-Instruct', 'llama-3.1-70b'],
    ['gemma-3-4b-it', 'gemma-3-4b'],
  ])('finds %s', async (name, id) => {
    expect((await findModelCard(name))?.id).toBe(id);
  });

  it.each([
    ['a name no card has', 'llama-9'],
    ['nothing', ''],
    ["another owner's repository of the same name", 'somebody/gpt2'],
    ['a size that two models of a family have', 'BERT 110M'],
    ['a name every object has', 'constructor'],
  ])('finds none for %s', async (_, name) => {
    expect(await findModelCard(name)).toBeUndefined();
  });

  it('reads one file for an id, and no other', async () => {
    const read: string[] = [];
    const watched = Object.entries(CARDS).map(([id, load]) => [id, () => (read.push(id), load())]);
    vi.resetModules();
    vi.doMock(CARDS_MODULE, () => ({ CARDS: Object.fromEntries(watched) as typeof CARDS }));
    const fresh = await import('../../../src/core/model-cards/find-model-card.js');
    expect((await fresh.findModelCard('Qwen/Qwen3-8B'))?.name).toBe('Qwen3 8B');
    expect(read).toEqual(['qwen3-8b']);
    vi.doUnmock(CARDS_MODULE);
  });
});

describe('figures typed from the published sources', () => {
  it('of Llama 3.1 405B (arXiv 2407.21783 Table 3; safetensors total of the checkpoint)', async () => {
    const card = (await findModelCard('llama-3.1-405b'))!;
    expect(card.config).toMatchObject({
      num_hidden_layers: 126,
      hidden_size: 16_384,
      intermediate_size: 53_248,
      num_attention_heads: 128,
      num_key_value_heads: 8,
      vocab_size: 128_256,
    });
    expect(card.parameters).toBe(405_853_388_800);
    expect(card.trainingTokens).toBe(15.6e12);
    expect(card.languages).toHaveLength(8);
  });

  it('of DeepSeek-V3 (arXiv 2412.19437: 671B in all, 37B active, 14.8T tokens)', async () => {
    const card = (await findModelCard('deepseek-v3'))!;
    expect(Math.round(card.parameters / 1e9)).toBe(671);
    expect(card.activeParameters).toBe(37e9);
    expect(card.trainingTokens).toBe(14.8e12);
  });

  it('of BloombergGPT (arXiv 2303.17564: 50,558,868,480 parameters, 569B tokens)', async () => {
    const card = (await findModelCard('BloombergGPT 50B'))!;
    expect(card.parameters).toBe(50_558_868_480);
    expect(card.trainingTokens).toBe(569e9);
    expect(card.weights).toBe('closed');
  });

  it('of Qwen3 0.6B, whose checkpoint stores its tied output matrix again: 151,936 × 1,024 more', async () => {
    const card = (await findModelCard('qwen3-0.6b'))!;
    expect(card.storedParameters!.count - card.parameters).toBe(151_936 * 1_024);
  });

  it('of Gemma 3, whose checkpoints add one vision encoder and a projection to the text model', async () => {
    // Published safetensors totals; the encoder is the same in all three, the projection is 1152·(hidden + 1).
    for (const [id, total, hidden] of [
      ['gemma-3-4b', 4_300_079_472, 2560],
      ['gemma-3-12b', 12_187_325_040, 3840],
      ['gemma-3-27b', 27_432_406_640, 5376],
    ] as const) {
      const card = (await findModelCard(id))!;
      expect(card.storedParameters!.count).toBe(total);
      expect(total - card.parameters - 1152 * (hidden + 1)).toBe(416_866_032);
    }
  });

  it('lists every card once, sorted', async () => {
    const ids = modelCardIds();
    expect(ids).toEqual([...new Set(ids)].sort());
    expect((await loadModelCards()).map(({ id }) => id)).toEqual(ids);
  });
});
