import { describe, expect, it } from 'vitest';
import { compareModels } from '../../../src/lifecycle/select/compare.js';
import { showModel } from '../../../src/lifecycle/select/show.js';
import { temporaryProject } from './temporary-project.js';

const show = async (model: string) => showModel({ model }, (await temporaryProject()).ports);
const compare = async (...models: string[]) => compareModels({ models }, (await temporaryProject()).ports);

describe('a model', () => {
  it('is shown with its licence and what it takes', async () => {
    const model = await show('Llama 3.1 8B');
    expect(model).toMatchObject({
      id: 'llama-3.1-8b',
      available: true,
      instruction_repository: 'meta-llama/Llama-3.1-8B-Instruct',
      licence_terms: {
        id: 'llama3.1',
        commercial_use: 'conditions',
        source: expect.stringMatching(/^https:/),
      },
      serving_context: 4096,
      training_sequence: 2048,
    });
    const bytes = Object.fromEntries(model.serving.map(({ dtype, total_bytes }) => [dtype, total_bytes]));
    // At least the weights: 2 bytes of 8.03e9, 1 byte, half of one.
    expect(bytes['bf16']).toBeGreaterThan(16.06e9);
    expect(bytes['int8']).toBeGreaterThan(8.03e9);
    expect(bytes['int8']).toBeLessThan(bytes['bf16']!);
    expect(bytes['Q4_K_M']).toBeGreaterThan(4.6e9);
    const [full, lora, qlora] = model.training;
    // ZeRO (arXiv 1910.02054): 16 bytes of states for each parameter in mixed precision.
    expect(full!.total_bytes).toBeGreaterThan(16 * 8.03e9);
    expect(lora!.total_bytes).toBeGreaterThan(qlora!.total_bytes);
    expect(full!.fits_on!.names).toContain('H200 SXM');
  });

  it('that was never given out says so, with what stands in for it', async () => {
    expect(await show('GPT-3 175B')).toMatchObject({
      available: false,
      weights: 'closed',
      stands_in: ['bloom-176b', 'llama-3.1-405b'],
    });
  });

  it('has a context of its own where that is less', async () => {
    expect(await show('bert-base-uncased')).toMatchObject({ serving_context: 512, training_sequence: 512 });
  });

  it('that nobody knows is not found, with the nearest', async () => {
    await expect(show('lama-3.1-8b')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      hint: expect.stringContaining('llama-3.1-8b'),
    });
    await expect(show('')).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('a comparison', () => {
  it('names the fields in which models differ, and only these', async () => {
    const { models, differences } = await compare('llama-3.1-8b', 'meta-llama/Llama-3.1-70B');
    expect(models.map(({ id }) => id)).toEqual(['llama-3.1-8b', 'llama-3.1-70b']);
    expect(differences).toEqual(expect.arrayContaining(['parameters', 'serving', 'training']));
    for (const field of ['licence', 'context', 'kind', 'name', 'id'])
      expect(differences).not.toContain(field);
  });

  it.each([
    [['gpt2'], 'USAGE'],
    [Array.from({ length: 7 }, () => 'gpt2'), 'USAGE'],
    [['gpt2', 'GPT2'], 'USAGE'],
    [['gpt2', 'nothing-like-it'], 'NOT_FOUND'],
  ])('of %j is refused', async (names, code) => {
    await expect(compare(...names)).rejects.toMatchObject({ code });
  });
});
