import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  runEvaluation,
  type Evaluation,
  type EvaluationOptions,
} from '../../../src/core/evaluation/run-evaluation.js';
import { makeTask, type TaskInput } from '../../../src/core/evaluation/task.js';
import type { Row } from '../../../src/core/dataset-formats/row-format.js';
import type { Provider } from '../../../src/core/providers/provider.js';
import { FakeClock } from '../providers/fake-ports.js';
import { fakeProvider } from './fake-provider.js';

async function run(
  input: TaskInput,
  rows: readonly Row[],
  provider: Provider,
  options: Partial<EvaluationOptions> = {},
): Promise<Evaluation> {
  return runEvaluation(
    {
      task: await makeTask(input, 'task.yaml'),
      rows,
      dataset: { path: 'rows.jsonl', sha256: 'abc' },
      provider,
    },
    {
      ...{ shotPool: [], shots: 0, seed: 0, slices: [], asChat: false },
      requests: { clock: new FakeClock() },
      toolkitVersion: '1.2.3',
      ...options,
    },
  );
}

const valuesOf = ({ result }: Evaluation): Record<string, number> =>
  Object.fromEntries(result.metrics.map(({ metric, value }) => [metric, value]));

const SUMS: readonly Row[] = [
  { a: 1, b: 1, sum: '2', size: 'small' },
  { a: 20, b: 22, sum: '42', size: 'large' },
  { a: 300, b: 4, sum: '304', size: 'large' },
  { a: 2, b: 3, sum: '5', size: 'small' },
];
const SUM_TASK: TaskInput = {
  task: 'sums',
  kind: 'generation',
  prompt: { template: '{{a}} + {{b}} =' },
  target: 'sum',
  metrics: ['exact-match'],
};

describe('generation', () => {
  const answers: Readonly<Record<string, string>> = {
    '1 + 1 =': 'It is 2.',
    '20 + 22 =': 'It is 42.',
    '300 + 4 =': 'It is 34 or 304.',
    '2 + 3 =': 'no idea',
  };
  const task: TaskInput = {
    ...SUM_TASK,
    filters: [
      { name: 'first', steps: [{ regex: '(\\d+)' }] },
      { name: 'last', steps: [{ regex: '(\\d+)', match: -1 }] },
    ],
  };

  it('scores what the filters find, each for itself, and divides by slices', async () => {
    const asked: string[] = [];
    const evaluation = await run(
      task,
      SUMS,
      fakeProvider({ complete: (prompt) => answers[prompt]! }, asked),
      {
        slices: ['size'],
      },
    );
    // By hand: the first number is right in rows 1 and 2; the last one in row 3 as well.
    expect(valuesOf(evaluation)).toEqual({ 'exact-match': 0.5, 'exact-match/last': 0.75 });
    expect(evaluation.samples.map(({ prediction }) => prediction)).toEqual(['2', '42', '34', '[invalid]']);
    expect(evaluation.samples.map(({ scores }) => scores)).toEqual([
      { 'exact-match': 1, 'exact-match/last': 1 },
      { 'exact-match': 1, 'exact-match/last': 1 },
      { 'exact-match': 0, 'exact-match/last': 1 },
      { 'exact-match': 0, 'exact-match/last': 0 },
    ]);
    expect(
      evaluation.result.slices.map(({ value, rows, metrics }) => [
        value,
        rows,
        metrics.map((one) => one.value),
      ]),
    ).toEqual([
      ['large', 2, [0.5, 1]],
      ['small', 2, [0.5, 0.5]],
    ]);
    // The longest first, whatever their order in the dataset.
    expect(asked).toEqual(['20 + 22 =', '300 + 4 =', '1 + 1 =', '2 + 3 =']);
    const { usage, dataset } = evaluation.result;
    expect(usage).toMatchObject({ prompt_tokens: 40, completion_tokens: 8, cost_usd: 2, cached_rows: 0 });
    expect(dataset).toEqual({ path: 'rows.jsonl', sha256: 'abc', rows: 4 });
  });

  it('knows a row by the SHA-256 of its content', async () => {
    const { samples } = await run(task, SUMS.slice(0, 1), fakeProvider({ complete: () => '2' }));
    const content = '{"a":1,"b":1,"size":"small","sum":"2"}';
    expect(samples[0]!.row_hash).toBe(createHash('sha256').update(content).digest('hex'));
  });

  it('has no interval for one row, and one that holds the value for several', async () => {
    const provider = fakeProvider({ complete: (prompt) => answers[prompt]! });
    const { result: one } = await run(task, SUMS.slice(0, 1), provider);
    expect(one.metrics[0]).toMatchObject({ value: 1, low: null, high: null });
    const { low, high } = (await run(task, SUMS, provider)).result.metrics[0]!;
    // Of 4 rows with 2 right, a sample has none or all right with a probability of 1/16 each, so 95 % reach both ends.
    expect([low, high]).toEqual([0, 1]);
  });

  it('puts plain prompts as a turn of the user when asked to', async () => {
    const asked: string[] = [];
    await run(SUM_TASK, SUMS.slice(0, 1), fakeProvider({ complete: () => '2' }, asked), { asChat: true });
    expect(asked).toEqual(['[{"role":"user","content":"1 + 1 ="}]']);
  });

  it('refuses metrics that its answers cannot be measured by', async () => {
    const provider = fakeProvider({ complete: () => '2' });
    await expect(run({ ...SUM_TASK, metrics: ['perplexity'] }, SUMS, provider)).rejects.toMatchObject({
      code: 'USAGE',
      message: 'task.yaml: a task of kind generation cannot be measured by perplexity',
    });
    await expect(run({ ...SUM_TASK, metrics: ['exact-mach'] }, SUMS, provider)).rejects.toMatchObject({
      code: 'USAGE',
      hint: 'Did you mean exact-match?',
    });
    await expect(run(SUM_TASK, SUMS, provider, { slices: ['sise'] })).rejects.toMatchObject({
      code: 'BAD_DATASET',
      message: expect.stringContaining('no column "sise"') as string,
    });
  });
});

describe('examples', () => {
  const pool: readonly Row[] = [
    ...SUMS,
    { a: 7, b: 1, sum: '8' },
    { a: 6, b: 3, sum: '9' },
    { a: 5, b: 5, sum: '10' },
  ];

  it('never ask what a measured row asks, and are the same for the same seed', async () => {
    const prompts = async (seed: number): Promise<string[]> => {
      const asked: string[] = [];
      const provider = fakeProvider({ complete: () => '' }, asked);
      await run(SUM_TASK, SUMS, provider, { shotPool: pool, shots: 2, seed });
      return asked;
    };
    const [first, again, other] = [await prompts(1), await prompts(1), await prompts(3)];
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    for (const prompt of [...first, ...other]) {
      const questions = prompt.match(/\d+ \+ \d+ =/g)!;
      expect(questions).toHaveLength(3);
      for (const question of questions.slice(0, 2))
        expect(['7 + 1 =', '6 + 3 =', '5 + 5 =']).toContain(question);
    }
  });

  it('are fewer where the context has no room, which is told', async () => {
    const asked: string[] = [];
    // A question is 4 words, an example 5; with 8 for the answer there is room for one example.
    const provider = fakeProvider({ complete: () => '', contextLength: 17 }, asked);
    const task = { ...SUM_TASK, generation: { max_new_tokens: 8 } };
    const evaluation = await run(task, SUMS, provider, { shotPool: pool, shots: 3 });
    for (const prompt of asked) expect(prompt.match(/=/g)).toHaveLength(2);
    expect(evaluation.rowsWithFewerShots).toBe(4);
  });

  it('are refused where there are too few', async () => {
    const provider = fakeProvider({ complete: () => '' });
    await expect(run(SUM_TASK, SUMS, provider, { shotPool: SUMS, shots: 1 })).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('4 are among the rows that are measured on') as string,
    });
  });

  it('equal the row where the task says so', async () => {
    const asked: string[] = [];
    const task = { ...SUM_TASK, shots: { matching: ['size'], strategy: 'first' } };
    const sized = [
      ...pool.slice(4).map((row) => ({ ...row, size: 'small' })),
      { a: 900, b: 90, sum: '990', size: 'large' },
    ];
    await run(task, SUMS, fakeProvider({ complete: () => '' }, asked), { shotPool: sized, shots: 1 });
    expect(asked.find((prompt) => prompt.includes('20 + 22'))).toMatch(/^900 \+ 90 = 990/);
    expect(asked.find((prompt) => prompt.includes('2 + 3'))).toMatch(/^7 \+ 1 = 8/);
  });
});

describe('choices', () => {
  const task: TaskInput = {
    task: 'animals',
    kind: 'multiple_choice',
    prompt: { template: 'question' },
    choices: 'choices',
    target: 'answer',
  };
  const rows: readonly Row[] = [
    { question: 'It barks:', choices: ['dog', 'hippopotamus'], answer: 0 },
    { question: 'It swims:', choices: ['dog', 'hippopotamus'], answer: 1 },
  ];

  it('are counted by likelihood, and by likelihood for its length', async () => {
    // By hand: -6 and -12: the dog is likelier; per character -6/3 = -2 and -12/12 = -1: the hippopotamus is.
    const provider = fakeProvider({ score: (_, continuation) => (continuation === ' dog' ? -6 : -12) });
    const evaluation = await run(task, rows, provider);
    expect(valuesOf(evaluation)).toEqual({ acc: 0.5, acc_norm: 0.5 });
    expect(
      evaluation.samples.map(({ prediction, scores, targets }) => ({ prediction, scores, targets })),
    ).toEqual([
      { prediction: 'dog', scores: { acc: 1, acc_norm: 0 }, targets: ['dog'] },
      { prediction: 'dog', scores: { acc: 0, acc_norm: 1 }, targets: ['hippopotamus'] },
    ]);
    expect(evaluation.samples[0]!.choices).toEqual([
      { text: 'dog', log_likelihood: -6 },
      { text: 'hippopotamus', log_likelihood: -12 },
    ]);
  });

  it('that say the same are told apart by their places', async () => {
    // As lm-evaluation-harness has it: of equal likelihoods the first is chosen, and the second is the right one; of the
    // probability of both the right one has half.
    const provider = fakeProvider({ score: (_, continuation) => (continuation === ' cod' ? -1 : -9) });
    const metrics = ['acc', 'acc_norm', 'probability_mass'];
    const row = { question: 'It swims:', choices: ['cod', 'cod'], answer: 1 };
    const { samples } = await run({ ...task, metrics }, [row], provider);
    expect(samples[0]).toMatchObject({
      target_indices: [1],
      scores: { acc: 0, acc_norm: 0, probability_mass: 0.5 },
    });
  });

  it('may stand within the prompt', async () => {
    const asked: string[] = [];
    const contexts = ['The dog', 'The fish'];
    const within: TaskInput = {
      ...{ task: 'within', kind: 'multiple_choice', contexts: 'contexts', right_context: 'right' },
      ...{ target: 'end', metrics: ['acc'] },
    };
    const provider = fakeProvider({ score: (prompt) => (prompt === 'The dog' ? -1 : -2) }, asked);
    const evaluation = await run(within, [{ contexts, right: 0, end: 'barks.' }], provider);
    expect(asked.sort()).toEqual(contexts);
    expect(evaluation.samples[0]).toMatchObject({
      prediction: 'The dog',
      scores: { acc: 1 },
      completion_tokens: 2,
    });
  });

  it('of a classification have probabilities', async () => {
    const labelled: TaskInput = {
      ...{
        task: 'labels',
        kind: 'classification',
        prompt: { template: 'text' },
        labels: ['no', 'yes'],
        target: 'label',
      },
      metrics: ['accuracy', 'expected-calibration-error'],
    };
    // P(yes) = 3/4 in both rows, and yes is right in one: by hand accuracy 1/2, calibration error |3/4 - 1/2|.
    const provider = fakeProvider({
      score: (_, continuation) => (continuation === ' yes' ? Math.log(0.3) : Math.log(0.1)),
    });
    const evaluation = await run(
      labelled,
      [
        { text: 'a', label: 'yes' },
        { text: 'b', label: 0 },
      ],
      provider,
    );
    expect(valuesOf(evaluation)['accuracy']).toBe(0.5);
    expect(valuesOf(evaluation)['expected-calibration-error']).toBeCloseTo(0.25, 12);
    expect(evaluation.samples.map(({ scores }) => scores)).toEqual([{ accuracy: 1 }, { accuracy: 0 }]);
  });
});

describe('perplexity', () => {
  it('is over all texts together, by tokens, words and bytes', async () => {
    const task: TaskInput = { task: 'texts', kind: 'perplexity', target: 'text' };
    // By hand: 10 bits in 8 tokens, 5 words and 20 bytes, as in the examples of the metrics.
    const likelihoods: Readonly<Record<string, { logLikelihood: number; tokens: number }>> = {
      'abcd éa': { logLikelihood: -4 * Math.LN2, tokens: 2 },
      'a b cdefghij': { logLikelihood: -6 * Math.LN2, tokens: 6 },
    };
    const provider = fakeProvider({ scoreText: (text) => likelihoods[text]! });
    const evaluation = await run(
      task,
      Object.keys(likelihoods).map((text) => ({ text })),
      provider,
    );
    const values = valuesOf(evaluation);
    expect(values['perplexity']).toBeCloseTo(2 ** (10 / 8), 12);
    // len(re.split(r'\s+', 'a\x85b\x1fc\ufeffd')) is 3 in Python.
    const spaced = await run(
      task,
      [{ text: 'a\x85b\x1fc\ufeffd' }],
      fakeProvider({ scoreText: () => ({ logLikelihood: -3 * Math.LN2, tokens: 1 }) }),
    );
    expect(valuesOf(spaced)['word-perplexity']).toBeCloseTo(2, 12);
    expect(values['word-perplexity']).toBeCloseTo(2 ** (10 / 5), 12);
    expect(values['bits-per-byte']).toBeCloseTo(10 / 20, 12);
    expect(evaluation.samples[0]!.scores['perplexity']).toBeCloseTo(4, 12);
  });
});
