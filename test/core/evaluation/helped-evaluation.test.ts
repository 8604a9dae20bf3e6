/** Evaluations in which other models help to score, or rows are tried several times: values worked out by hand. */
import { describe, expect, it } from 'vitest';
import type { Row } from '../../../src/core/dataset-formats/row-format.js';
import { compareEvaluations } from '../../../src/core/evaluation/compare-evaluations.js';
import { metricOfId } from '../../../src/core/evaluation/metric-of-id.js';
import { withMetricOptions } from '../../../src/core/evaluation/metric-options.js';
import {
  runEvaluation,
  type Evaluation,
  type EvaluationInput,
} from '../../../src/core/evaluation/run-evaluation.js';
import { makeTask, type TaskInput } from '../../../src/core/evaluation/task.js';
import { taskMeasures } from '../../../src/core/evaluation/task-measures.js';
import { parsePromptTemplate } from '../../../src/core/prompts/prompt-template.js';
import type { Completion, Provider } from '../../../src/core/providers/provider.js';
import { FakeClock, failure } from '../providers/fake-ports.js';
import { fakeProvider } from './fake-provider.js';

const TASK: TaskInput = {
  task: 'capitals',
  kind: 'generation',
  prompt: { template: '{{country}}:' },
  target: 'capital',
  filters: [{ name: 'strip', steps: ['strip'] }],
};
const ROWS: readonly Row[] = [
  { country: 'France', capital: 'Paris' },
  { country: 'Italy', capital: 'Rome' },
  { country: 'Spain', capital: 'Madrid' },
];

async function run(
  task: Partial<TaskInput>,
  provider: Provider,
  input: Partial<EvaluationInput> = {},
): Promise<Evaluation> {
  return runEvaluation(
    {
      task: await makeTask({ ...TASK, ...task }, 'task.yaml'),
      ...{ rows: ROWS, dataset: { path: 'rows.jsonl', sha256: 'abc' }, provider, ...input },
    },
    {
      ...{ shotPool: [], shots: 0, seed: 7, slices: [], asChat: false, toolkitVersion: '1.2.3' },
      requests: { clock: new FakeClock() },
    },
  );
}

const valuesOf = ({ result }: Evaluation): Record<string, number> =>
  Object.fromEntries(result.metrics.map(({ metric, value }) => [metric, value]));

/** A provider that answers by prompt and seed. */
function drawing(
  answer: (prompt: string, seed: number | undefined, attempt: number | undefined) => Partial<Completion>,
  isWorthCaching = true,
): Provider {
  return {
    ...fakeProvider({}),
    isWorthCaching,
    complete: async ({ prompt, settings, attempt }) => ({
      ...{ text: '', finishReason: 'stop', promptTokens: 10, completionTokens: 2 },
      ...{ costUsd: null, latencySeconds: 0 },
      ...answer(prompt.kind === 'text' ? prompt.text : '', settings.seed, attempt),
    }),
  };
}

describe('pass@k', () => {
  const passAtK = (options: Record<string, unknown>): Partial<TaskInput> => ({
    metrics: [{ metric: 'pass-at-k', ...options }],
    generation: { temperature: 0.8 },
  });

  it('draws as many samples as are asked for, each with a seed of its own, and is unbiased', async () => {
    const seeds: (number | undefined)[] = [];
    const right: Record<string, number> = { 'France:': 2, 'Italy:': 0, 'Spain:': 5 };
    const capital = (prompt: string) =>
      ROWS.find(({ country }) => `${String(country)}:` === prompt)!['capital'];
    const evaluation = await run(
      passAtK({ samples: 5, k: [1, 2, 5] }),
      drawing((prompt, seed, attempt) => {
        seeds.push(seed);
        return { text: attempt! < right[prompt]! ? ` ${String(capital(prompt))}\n` : 'elsewhere' };
      }),
    );
    expect(seeds).toHaveLength(15);
    // One seed for all rows would let chance fall alike in all of them.
    expect(new Set(seeds).size).toBe(15);
    // By hand, of 5 samples with 2, 0 and 5 right ones: pass@1 = (2/5 + 0 + 1)/3; of the C(5,2) = 10 pairs of the first
    // row C(3,2) = 3 hold no right one; of all five, one row has none.
    expect(valuesOf(evaluation)).toEqual({
      'pass@1': expect.closeTo(1.4 / 3, 12) as number,
      'pass@2': expect.closeTo(1.7 / 3, 12) as number,
      'pass@5': expect.closeTo(2 / 3, 12) as number,
    });
    const [first] = evaluation.samples;
    expect(first!.completions).toEqual([' Paris\n', ' Paris\n', 'elsewhere', 'elsewhere', 'elsewhere']);
    expect(first).toMatchObject({
      ...{ prediction: 'Paris', completion: ' Paris\n', prompt_tokens: 50, completion_tokens: 10 },
      scores: {
        'pass@1': expect.closeTo(0.4, 12) as number,
        'pass@2': expect.closeTo(0.7, 12) as number,
        'pass@5': 1,
      },
    });
    const [one] = evaluation.result.metrics;
    expect(one!.low).toBe(0);
    expect(one!.high).toBe(1);
    expect(metricOfId('pass@5')!.range).toEqual([0, 1]);
  });

  it('checks by what the task says', async () => {
    const text = '{"city": "Paris"}';
    const checked = async (check: string, target = 'capital') =>
      valuesOf(
        await run(
          { ...passAtK({ samples: 2, k: [2], check }), target },
          drawing((_, _seed, attempt) => ({ text: attempt === 0 ? 'no' : text })),
        ),
      )['pass@2'];
    expect(await checked('exact-match')).toBe(0);
    expect(await checked('contains')).toBeCloseTo(1 / 3, 12);
    expect(await checked('json-validity')).toBe(1);
    expect(await checked('json-schema-match', '{"type":"object","required":["city"]}')).toBe(1);
    expect(await checked('json-schema-match', '{"type":"object","required":["town"]}')).toBe(0);
    expect(await checked('recorded')).toBe(0);
  });

  it('counts outcomes that were recorded, whatever the programs say and at any temperature', async () => {
    const outcomes: Record<string, boolean[]> = {
      'France:': [true, false],
      'Italy:': [false, false],
      'Spain:': [true, true],
    };
    const evaluation = await run(
      { metrics: [{ metric: 'pass@k', samples: 2, k: [1], check: 'recorded' }] },
      drawing((prompt, _, attempt) => ({ passed: outcomes[prompt]![attempt!]! }), false),
    );
    // By hand: (1/2 + 0 + 1) / 3.
    expect(valuesOf(evaluation)).toEqual({ 'pass@1': 0.5 });
    expect(evaluation.samples[0]!.passed).toEqual([true, false]);
  });

  it('refuses what means nothing', async () => {
    const nobody = drawing(() => expect.fail('asked'));
    const refused = async (options: Record<string, unknown>, temperature: number) =>
      (await failure(run({ ...passAtK(options), generation: { temperature } }, nobody))).message;
    expect(await refused({ samples: 3 }, 0)).toMatch(
      /^task.yaml: pass@k of 3 samples needs a temperature above 0/,
    );
    expect(await refused({ samples: 3, k: [5] }, 1)).toMatch(/pass-at-k: k must not be larger than samples/);
    expect(await refused({ samples: 3, k: [1, 1] }, 1)).toMatch(/k names a number twice/);
    expect(await refused({ samples: 0 }, 1)).toMatch(/samples/);
    expect(await refused({ samples: 1e9 }, 1)).toMatch(/samples/);
    expect(await refused({ check: 'run it' }, 1)).toMatch(/check/);
    expect(await refused({ tries: 2 }, 1)).toMatch(/tries/);
    // One sample may be the likeliest answer.
    const greedy = await run(
      { ...passAtK({}), generation: { temperature: 0 } },
      drawing(() => ({ text: 'Rome' })),
    );
    expect(valuesOf(greedy)['pass@1']).toBeCloseTo(1 / 3, 12);
    expect(greedy.samples[0]!.completions).toBeUndefined();
  });
});

describe('similarity of embeddings', () => {
  const VECTORS: Record<string, number[]> = { Paris: [3, 4], Rome: [1, 0], Roma: [0, 2], Madrid: [1, 1] };
  const ANSWERS: Record<string, string> = { 'France:': 'Paris', 'Italy:': 'Roma', 'Spain:': ' ' };
  const embedder = (asked: string[]): Provider => ({
    ...fakeProvider({ complete: (prompt) => ANSWERS[prompt]! }),
    id: 'fake:vectors',
    async embed(texts) {
      asked.push(...texts);
      return {
        vectors: texts.map((text) => Float32Array.from(VECTORS[text]!)),
        ...{ promptTokens: null, costUsd: null },
      };
    },
  });

  it('is the cosine with the nearest target, of each different text asked once, and of none for a blank one', async () => {
    const asked: string[] = [];
    const task = { metrics: ['embedding_similarity'], target: 'capitals' };
    const evaluation = await run(task, fakeProvider({ complete: (prompt) => ANSWERS[prompt]! }), {
      embedder: embedder(asked),
      rows: ROWS.map((row) => ({ ...row, capitals: [row['capital'], 'Paris'] })),
    });
    // By hand: Paris with itself 1; Roma [0,2] with Rome [1,0] 0, with Paris [3,4] 4/5; a blank answer 0.
    expect(evaluation.samples.map(({ similarities }) => similarities!['strip'])).toEqual([
      1,
      expect.closeTo(0.8, 6),
      0,
    ]);
    expect(valuesOf(evaluation)['embedding-similarity']).toBeCloseTo(0.6, 6);
    expect(evaluation.samples[1]!.scores['embedding-similarity']).toBeCloseTo(0.8, 6);
    expect(asked).toEqual(['Madrid', 'Paris', 'Roma', 'Rome']);
    expect(evaluation.result.embedding_model).toEqual({ model: 'fake:vectors', model_fingerprint: 'fake' });
  });

  it('is by the model itself where no other is named, and refuses vectors that do not go together', async () => {
    const own = await run({ metrics: ['embedding-similarity'] }, embedder([]));
    expect(own.result.embedding_model!.model).toBe('fake:vectors');
    const uneven: Provider = {
      ...embedder([]),
      embed: async ([text]) => ({
        vectors: [new Float32Array(text === 'Rome' ? 3 : 2)],
        ...{ promptTokens: null, costUsd: null },
      }),
    };
    expect(await failure(run({ metrics: ['embedding-similarity'] }, uneven))).toMatchObject({
      code: 'NETWORK',
    });
    const none = fakeProvider({ complete: (prompt) => ANSWERS[prompt]! });
    expect(await failure(run({ metrics: ['embedding-similarity'] }, none))).toMatchObject({
      code: 'UNSUPPORTED',
    });
  });
});

describe('a judge', () => {
  const template = () =>
    parsePromptTemplate(
      '---\nname: j\nkind: chat\nvariables: {mark: m, question: q, references: r, response: a, rubric: {description: x, default: y}}\n---\n# user\n{{mark}}{{question}}{{references|first}}{{rubric}}={{response}}',
      'j.md',
    );
  const answering = fakeProvider({ complete: (prompt) => `city of ${prompt}` });
  const judged = async (replies: Record<string, string>) => {
    const provider = fakeProvider({
      complete: (prompt) => replies[/city of (\w+)/.exec(prompt)![1]!]!,
    });
    return run({ metrics: [{ metric: 'judge', model: 'x' }] }, answering, {
      judge: { provider, template: await template(), rubric: undefined },
    });
  };

  it('gives a mean over what could be read, and the share of what could not', async () => {
    const evaluation = await judged({ France: 'Good. [[4]]', Italy: 'Bad. [[1]]', Spain: 'Hm.' });
    expect(valuesOf(evaluation)).toEqual({
      judge: 2.5,
      'judge/judge_unreadable': expect.closeTo(1 / 3, 12) as number,
    });
    expect(evaluation.samples.map(({ scores }) => scores)).toEqual([{ judge: 4 }, { judge: 1 }, {}]);
    expect(evaluation.result.judge).toMatchObject({ model: 'fake:model', unreadable: 1 });
    const nothing = await judged({ France: '', Italy: '[[0]]', Spain: '[[9]]' });
    expect(nothing.result.metrics[0]).toMatchObject({ metric: 'judge', value: NaN, low: null, high: null });
  });

  it('is compared only on rows that both have a rating of, where rows are compared', async () => {
    const [a, b] = [
      await judged({ France: '[[4]]', Italy: '[[2]]', Spain: '?' }),
      await judged({ France: '[[5]]', Italy: '[[2]]', Spain: '[[1]]' }),
    ];
    const { definition } = await makeTask({ ...TASK, metrics: ['judge'] }, 'task.yaml');
    const named = (name: string, { result, samples }: Evaluation) => ({ name, result, samples, definition });
    const [metric] = compareEvaluations(named('a', a), named('b', b), { worstRows: 2, seed: 0 }).metrics;
    // By hand: 6/2 and 8/3; the effect is not told, as one side lacks a row.
    expect(metric).toMatchObject({ a: 3, b: expect.closeTo(8 / 3, 12) as number, effect_size: null });
  });
});

describe('options of metrics', () => {
  it('are given before what the task says, and the usual ones after', () => {
    const metrics = ['exact-match', { metric: 'judge', rubric: 'r' }, 'pass@k'];
    expect(
      withMetricOptions(
        metrics,
        { judge: { model: undefined }, 'pass-at-k': { samples: 3 } },
        { judge: { model: 'usual', rubric: 'other' } },
      ),
    ).toEqual([
      'exact-match',
      { metric: 'judge', model: 'usual', rubric: 'r' },
      { metric: 'pass@k', samples: 3 },
    ]);
    expect(withMetricOptions([{ metric: 'judge', model: 'own' }], { judge: { model: 'given' } })).toEqual([
      { metric: 'judge', model: 'given' },
    ]);
  });

  it('are refused where the metric does not take them', async () => {
    const measures = async (metrics: TaskInput['metrics'], kind: Partial<TaskInput> = {}) => {
      const { definition } = await makeTask({ ...TASK, ...kind, metrics }, 'task.yaml');
      return taskMeasures(definition, 'task.yaml');
    };
    await expect(measures([{ metric: 'judge', modle: 'x' }])).rejects.toThrow(/metric judge.*modle/);
    await expect(measures([{ metric: 'exact-match', model: 'x' }])).rejects.toThrow(/does not take "model"/);
    expect(await failure(measures(['judge-win-rate']))).toMatchObject({
      hint: expect.stringContaining('evaluate compare A B --judge') as string,
    });
    await expect(measures(['judge'], { kind: 'perplexity', filters: [] })).rejects.toThrow(
      /perplexity cannot be measured by judge/,
    );
    await expect(measures(['judge', { metric: 'judge', model: 'x' }])).rejects.toThrow(
      /judge is asked for in two ways/,
    );
  });
});
