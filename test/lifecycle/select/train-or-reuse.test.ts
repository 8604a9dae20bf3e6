import { describe, expect, it } from 'vitest';
import { trainOrReuse, type TrainOrReuseOptions } from '../../../src/lifecycle/select/train-or-reuse.js';
import { temporaryProject } from './temporary-project.js';

const weigh = async (options: Partial<TrainOrReuseOptions>) =>
  trainOrReuse(
    { model: 'llama-3.1-8b', task: 'summarization', gpu: 'A100', ...options },
    (await temporaryProject()).ports,
  );
const LAW = { domain: 'law', unusualVocabulary: true };

describe('which way to take first', () => {
  it.each<[string, Partial<TrainOrReuseOptions>, string]>([
    ['everyday text: an existing model, prompted', {}, 'prompting'],
    [
      'many examples of labels: adapters',
      { task: 'sentiment', examples: 5000, model: 'bert-base-uncased' },
      'lora',
    ],
    [
      'text of a field as in the four domains of arXiv 2004.10964',
      { ...LAW, domainTokens: '3B' },
      'continued',
    ],
    [
      'text of a field as BloombergGPT had (363B tokens)',
      { ...LAW, domainTokens: '400B', gpus: 64 },
      'from-scratch',
    ],
  ])('%s', async (_, options, way) => {
    const { recommended, reasons, ruled_out: ruledOut } = await weigh(options);
    expect(recommended).toBe(way);
    expect(ruledOut).toEqual([]);
    expect(reasons.length).toBeGreaterThan(0);
    for (const { text, source } of reasons) expect([text, source].join('')).toMatch(/\S/);
  });

  it('is a cheaper one where the money or the memory does not suffice, and says so', async () => {
    const rich = { ...LAW, domainTokens: '400B', gpus: 64, price: 2 };
    // 165B tokens from scratch are some 19,000 hours of an A100 (6ND at 40 % of its peak); 400B are more.
    const poor = await weigh({ ...rich, budget: 5000 });
    expect(poor.recommended).toBe('prompting');
    expect(poor.ruled_out).toEqual([
      { way: 'from-scratch', reason: 'costs more than the budget' },
      { way: 'continued', reason: 'costs more than the budget' },
    ]);
    expect(poor.ways.map(({ within_budget: within }) => within)).toEqual([true, true, true, false, false]);
    const small = await weigh({ ...LAW, domainTokens: '3B', gpu: 'T4', gpus: 1 });
    expect(small.ruled_out).toEqual([{ way: 'continued', reason: 'does not fit into 1 × T4' }]);
  });
});

it('BloombergGPT as published, and here: 6ND over 40 % of the peak of an A100, and some per cent of attention', async () => {
  const { reference } = await weigh({});
  expect(reference).toMatchObject({
    parameters: 50_558_868_480,
    tokens: 569e9,
    domain_tokens: 363e9,
    general_tokens: 345e9,
    published_gpu_hours: 512 * 53 * 24,
  });
  const hours = (6 * 50_558_868_480 * 569e9) / (312e12 * 0.4) / 3600;
  expect(reference.gpu_hours_here / hours).toBeGreaterThan(1);
  expect(reference.gpu_hours_here / hours).toBeLessThan(1.1);
});

it('a bare size stands for a usual model of that size', async () => {
  const { parameters, model } = await weigh({ model: '7B' });
  expect(model).toBe('7B');
  expect(parameters).toBe(7e9);
});

it.each<[Partial<TrainOrReuseOptions>, string]>([
  [{ model: 'lama-3.1-8b' }, 'NOT_FOUND'],
  [{ model: '-7B' }, 'USAGE'],
  [{ task: 'singing' }, 'USAGE'],
  [{ task: undefined }, 'USAGE'],
  [{ gpu: 'nothing' }, 'USAGE'],
  [{ price: -1 }, 'USAGE'],
  [{ utilisation: 1.5 }, 'USAGE'],
  [{ domainTokens: 'many' }, 'USAGE'],
  [{ budget: 0 }, 'USAGE'],
  [{ gpus: 0 }, 'USAGE'],
  [{ scope: '/nonexistent/scope.yaml' }, 'NOT_FOUND'],
])('refuses %j', async (options, code) => {
  await expect(weigh(options)).rejects.toMatchObject({ code });
});
